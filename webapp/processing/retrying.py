"""What was tried in vain is tried again, because a person says so: what waits for its next try at
once, what waits for a person as if that person had mended it."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Table, select, update

from webapp.attempts.models import FailingWork
from webapp.fulfilment.labels.models import Label
from webapp.invoices.queries import invoices_to_decide
from webapp.messages.models import Message
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.platform.notices import notices_of
from webapp.platform.owed import models_by_kind
from webapp.processing import attention
from webapp.rules.models import Effect
from webapp.sales.models import Sale
from webapp.sales.queries import sales_to_change

TRIED, SAME, REFUSED = "tried", "same", "refused"


class GivenUp(NamedTuple):
    """How work of a kind goes on that waits for a person. `load`: the rows by their ids, locked;
    `go_on` raises Refusal."""

    load: Callable[[Sequence[int]], Mapping[int, Any]]
    go_on: Callable[[Any, FailingWork, dt.datetime], object]


def try_again(works: Sequence[FailingWork], now: dt.datetime) -> Counter[str]:
    """How many are tried, were so already, and are refused."""
    counts: Counter[str] = Counter()
    alike = defaultdict(list)
    for work in works:
        alike[work.kind, work.step].append(work)
    for (kind, step), group in alike.items():
        hurried = _hurry(kind, step, [work.row_id for work in group], now)
        counts[TRIED] += len(hurried)
        left = [work for work in group if work.row_id not in hurried]
        waiting = [work for work in left if work.is_given_up and kind in GIVEN_UP]
        counts[SAME] += len(left) - len(waiting)
        counts.update(_go_on(GIVEN_UP[kind], waiting, now) if waiting else ())
    return counts


def _hurry(kind: str, step: str, row_ids: list[int], now: dt.datetime) -> set[int]:
    """Rows that wait for their next try; those that a worker holds are left alone."""
    model = models_by_kind()[kind]
    table: Table = model.__table__
    waiting = (table.c.status == step) & table.c.lease.is_(None) & (table.c.due_at > now)
    hurry = update(table).where(table.c.id.in_(row_ids), waiting).values(due_at=now)
    hurried = set(db.session.scalars(hurry.returning(table.c.id)))
    if hurried:
        notices_of(db.session).ring(model.queues[step])
    return hurried


def _go_on(known: GivenUp, works: list[FailingWork], now: dt.datetime) -> list[str]:
    rows = known.load([work.row_id for work in works])
    return [_one_goes_on(known, rows.get(work.row_id), work, now) for work in works]


def _one_goes_on(known: GivenUp, row: Any, work: FailingWork, now: dt.datetime) -> str:
    if row is None:
        return SAME
    try:
        with db.session.begin_nested():
            known.go_on(row, work, now)
            db.session.flush()
    except Refusal:
        return REFUSED
    return TRIED


def _effects(ids: Sequence[int]) -> dict[int, Effect]:
    found = list(db.session.scalars(select(Effect).where(Effect.id.in_(ids))))
    sales_to_change([effect.sale_id for effect in found])
    return {effect.id: effect for effect in found}


def _retry_effect(effect: Effect, _work: FailingWork, _now: dt.datetime) -> None:
    attention.retry_effect(db.session.get_one(Sale, effect.sale_id), effect.id)


def _locked(model: Any) -> Callable[[Sequence[int]], dict[int, Any]]:
    def load(ids: Sequence[int]) -> dict[int, Any]:
        query = select(model).where(model.id.in_(ids)).order_by(model.id)
        locked = query.with_for_update(of=model).execution_options(populate_existing=True)
        return {row.id: row for row in db.session.scalars(locked)}

    return load


def _resume(sale: Sale, work: FailingWork, _now: dt.datetime) -> None:
    if str(sale.waiting_step) == work.step:
        attention.resume(sale)


GIVEN_UP = {
    "sale": GivenUp(sales_to_change, _resume),
    "invoice": GivenUp(invoices_to_decide, lambda row, _work, _now: attention.resume_note(row)),
    "effect": GivenUp(_effects, _retry_effect),
    "message": GivenUp(_locked(Message), lambda row, _work, now: row.send_again(now)),
    "label": GivenUp(_locked(Label), lambda row, _work, now: row.try_again(now)),
}
