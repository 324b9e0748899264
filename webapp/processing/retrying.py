"""What was tried in vain is tried again, because a person says so: what waits for its next try at
once, what waits for a person as if that person had mended it."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Select, Table, select, update

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


@dataclass
class CameOf:
    """How many rows by what came of them, and the refused ones by why."""

    counts: Counter[str] = field(default_factory=Counter)
    why: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: str, why: str = "") -> None:
        self.counts[outcome] += 1
        if why:
            self.why[why] += 1


class GivenUp(NamedTuple):
    """How work of a kind goes on that waits for a person. `load`: the rows by their ids, locked;
    `go_on` raises Refusal."""

    load: Callable[[Sequence[int]], Mapping[int, Any]]
    go_on: Callable[[Any, FailingWork, dt.datetime], object]


def try_again(works: Sequence[FailingWork], now: dt.datetime) -> CameOf:
    """How many are tried, were so already, and are refused."""
    came = CameOf()
    alike = defaultdict(list)
    for work in works:
        alike[work.kind, work.step].append(work)
    for (kind, step), group in alike.items():
        hurried = _hurry(kind, step, [work.row_id for work in group], now)
        came.counts[TRIED] += len(hurried)
        left = [work for work in group if work.row_id not in hurried]
        waiting = [work for work in left if work.is_given_up and kind in GIVEN_UP]
        came.counts[SAME] += len(left) - len(waiting)
        if waiting:
            _go_on(GIVEN_UP[kind], waiting, now, came)
    return came


def _hurry(kind: str, step: str, row_ids: list[int], now: dt.datetime) -> set[int]:
    """Rows that wait for their next try; those that a worker holds are left alone."""
    model = models_by_kind()[kind]
    table: Table = model.__table__
    waiting = (table.c.status == step) & table.c.lease.is_(None) & (table.c.due_at > now)
    hurry = update(table).where(table.c.id.in_(row_ids), waiting).values(due_at=now)
    hurried = set(db.session.scalars(hurry.returning(table.c.id)))
    if hurried:
        note_hurried(kind, step, hurried)
        notices_of(db.session).ring(model.queues[step])
    return hurried


def note_hurried(kind: str, step: str, row_ids: Collection[int] | Select[Any]) -> None:
    """A person had them tried sooner."""
    of_these = (FailingWork.kind == kind) & FailingWork.row_id.in_(row_ids)
    hurried = update(FailingWork).where(of_these, FailingWork.step == step)
    db.session.execute(hurried.values(is_hurried=True))


def _go_on(known: GivenUp, works: list[FailingWork], now: dt.datetime, came: CameOf) -> None:
    rows = known.load([work.row_id for work in works])
    for work in works:
        row = rows.get(work.row_id)
        if row is None:
            came.add(SAME)
        else:
            come_to(came, TRIED, partial(known.go_on, row, work, now))


def come_to(came: CameOf, outcome: str, act: Callable[[], object]) -> None:
    """Does it to one row, and leaves the others as they are where it is refused."""
    try:
        with db.session.begin_nested():
            act()
            db.session.flush()
        came.add(outcome)
    except Refusal as refusal:
        came.add(REFUSED, str(refusal)[:300])


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
