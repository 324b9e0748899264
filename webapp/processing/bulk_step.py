"""Bulk acts: one act done to order after order. What one refuses is undone and told of it alone,
and keeps back no other."""

import datetime as dt
from collections import Counter
from contextlib import AbstractContextManager

from flask_babel import force_locale

from webapp.audit.tracking import acting_as
from webapp.bulk.models import BulkAct, BulkOutcome, BulkRow
from webapp.bulk.queries import next_rows
from webapp.platform.database import db
from webapp.platform.errors import NotFound, Refusal
from webapp.platform.sliced import SliceStatus
from webapp.processing.bulk_acts import ACTS, MISSING, Act, ActTerms
from webapp.processing.slicing import SerialStep

# Orders of one transaction: others who write wait no longer than for these.
CHUNK = 25


class BulkStep(SerialStep[BulkAct, None, None]):
    model = BulkAct
    status = SliceStatus.PENDING

    def acting(self, rows: list[BulkAct]) -> AbstractContextManager[None]:
        return acting_as(rows[0].asked_by)

    def write_row(self, row: BulkAct, shared: None, now: dt.datetime) -> None:
        act, rows, terms = ACTS[row.act], next_rows(row, CHUNK), ActTerms(row.params, now)
        targets = act.load([each.sale_id for each in rows])
        with force_locale(row.locale):
            for each in rows:
                each.outcome, each.words = _do(act, targets.get(each.sale_id), each, terms)
        counted = Counter(row.result) + Counter(str(each.outcome) for each in rows)
        row.result = dict(counted)
        left = row.total - rows[-1].place if rows else 0
        row.go_on(left, len(rows), now)


def _do(act: Act, target: object, row: BulkRow, terms: ActTerms) -> tuple[BulkOutcome, str]:
    try:
        with db.session.begin_nested():
            if target is None:
                raise NotFound(MISSING[act.load])
            changed = act.do(target, row, terms)
    except Refusal as refusal:
        return BulkOutcome.REFUSED, str(refusal)[:300]
    return (BulkOutcome.DONE if changed else BulkOutcome.SAME), ""
