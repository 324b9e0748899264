"""Tries are written down, and what they leave waiting is weighed, in the transaction that writes
what came of them: both are there, or neither.

What waits for a cause is summed up in the cause's row. Whoever changes a `FailingWork` locks the
causes that are concerned first, by their id and as the last of all rows, and adds to their sums
exactly by how much the rows changed.
"""

import datetime as dt
import os
import socket
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from webapp.attempts.models import Attempt, AttemptOutcome, CauseState, FailingWork, FailureCause
from webapp.attempts.reasons import Reason
from webapp.platform.database import db

# Looks at a row that come to nothing new, and slices of its work, are one attempt for so long.
ONE_LOOK = dt.timedelta(hours=1)
# The totals of orders, by their ids.
Totals = Callable[[Collection[int]], dict[int, Decimal]]
_ATTEMPTS = Attempt.__table__
_WRITE = insert(_ATTEMPTS)


class TriedBatch(NamedTuple):
    """Rows that were tried together. `waited_ms`: for how long the oldest of them had been due."""

    kind: str
    step: str
    queue: str
    began_at: dt.datetime
    ended_at: dt.datetime
    waited_ms: int
    took_ms: int
    rows: int


class Tried(NamedTuple):
    """What a try at a row came to. `goes_on`: the row owes the same step still; `stays`: what was
    given up waits for a person; `since`: from when on it is tried in vain."""

    row_id: int
    sale_id: int | None
    outcome: AttemptOutcome
    goes_on: bool = False
    stays: bool = False
    reason: Reason | None = None
    since: dt.datetime | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for its cause from now on."""
        is_over = self.outcome is AttemptOutcome.GIVEN_UP and not self.stays
        return self.reason is not None and not is_over


class Weight(NamedTuple):
    waiting: int
    orders: int
    amount: Decimal


def record(batch: TriedBatch, tries: Sequence[Tried], totals: Totals) -> None:
    """Writes down what came of a batch, whose rows the caller holds."""
    standing = _standing(batch, tries)
    done = AttemptOutcome.DONE
    plain = [each for each in tries if each.outcome is done and each.row_id not in standing]
    if plain:
        _write(batch, _not_seen_just_now(batch, plain))
    if len(plain) < len(tries):
        others = [each for each in tries if each.outcome is not done or each.row_id in standing]
        _weigh(batch, others, set(standing.values()), totals)


_STANDING = select(FailingWork.row_id, FailingWork.cause_id).where(
    FailingWork.kind == bindparam("kind"),
    FailingWork.step == bindparam("step"),
    FailingWork.row_id.in_(bindparam("ids", expanding=True)),
)


def _standing(batch: TriedBatch, tries: Sequence[Tried]) -> dict[int, int]:
    """The cause for which each row waits that was tried in vain before."""
    of_these = {"kind": batch.kind, "step": batch.step, "ids": [each.row_id for each in tries]}
    return dict(db.session.execute(_STANDING, of_these).all())


def _values(batch: TriedBatch, each: Tried) -> dict[str, Any]:
    return {
        "kind": batch.kind,
        "row_id": each.row_id,
        "step": batch.step,
        "queue": batch.queue,
        "sale_id": each.sale_id,
        "outcome": each.outcome,
        "times": 1,
        "began_at": batch.began_at,
        "ended_at": batch.ended_at,
        "waited_ms": batch.waited_ms,
        "took_ms": batch.took_ms,
        "batch": batch.rows,
        "worker": _worker(),
        "error": each.reason.error if each.reason else "",
    }


def _write(batch: TriedBatch, tries: Sequence[Tried]) -> None:
    if tries:
        values = [_values(batch, each) for each in tries]
        db.session.connection().execute(_WRITE, values)


def _worker() -> str:
    return f"{socket.gethostname()[:28]}-{os.getpid()}"


# -- looks and slices -----------------------------------------------------------------------------


def _not_seen_just_now(batch: TriedBatch, tries: list[Tried]) -> list[Tried]:
    """The others than those whose last attempt was a look or a slice too, a moment ago: that one
    goes on."""
    looked = [each.row_id for each in tries if each.goes_on]
    if not looked:
        return tries
    of_these = (Attempt.kind == batch.kind) & Attempt.row_id.in_(looked)
    last = select(func.max(Attempt.id)).where(of_these).group_by(Attempt.row_id)
    query = select(Attempt.row_id, Attempt.id).where(
        Attempt.id.in_(last),
        Attempt.step == batch.step,
        Attempt.outcome == AttemptOutcome.DONE,
        Attempt.began_at > batch.began_at - ONE_LOOK,
    )
    known = dict(db.session.execute(query).all())
    _repeat(batch, known.values())
    return [each for each in tries if each.row_id not in known]


def _repeat(batch: TriedBatch, attempt_ids: Iterable[int]) -> None:
    """The same came of it as the time before."""
    columns = _ATTEMPTS.c
    again = {
        "times": columns.times + 1,
        "ended_at": batch.ended_at,
        "took_ms": batch.took_ms,
        "waited_ms": batch.waited_ms,
        "batch": batch.rows,
        "worker": _worker(),
    }
    ids = sorted(attempt_ids)
    if ids:
        db.session.execute(update(_ATTEMPTS).where(columns.id.in_(ids)).values(again))


# -- what waits, and for what ---------------------------------------------------------------------


def _weigh(batch: TriedBatch, tries: list[Tried], before: set[int], totals: Totals) -> None:
    """`before`: ids of the causes for which these rows waited."""
    reasons = {
        each.reason.fingerprint(batch.kind, batch.step): each.reason
        for each in tries
        if each.reason
    }
    known = _causes_of(batch, reasons)
    causes = lock_causes({*before, *known.values()})
    cause_of = {
        each.row_id: causes[known[each.reason.fingerprint(batch.kind, batch.step)]]
        for each in tries
        if each.reason
    }
    # Under the locks: what the sweeper dropped meanwhile is seen.
    ids = [each.row_id for each in tries]
    works = {
        work.row_id: work
        for work in db.session.scalars(
            select(FailingWork)
            .where(FailingWork.kind == batch.kind, FailingWork.step == batch.step)
            .where(FailingWork.row_id.in_(ids))
        )
    }
    sale_ids = {each.sale_id for each in tries if each.sale_id is not None}
    weighing = Weighing(causes, works.values(), sale_ids, totals)
    attempts = _attempts_of(batch, tries, cause_of, works)
    for each in tries:
        work, cause = works.get(each.row_id), cause_of.get(each.row_id)
        if work and not each.is_waiting:
            weighing.drop(work)
            # Also where a person is only asked something now: nothing fails any more.
            if each.reason is None and not (work.is_given_up or work.is_hurried):
                causes[work.cause_id].healed += 1
        elif cause and each.is_waiting:
            if work is None:
                work = FailingWork(kind=batch.kind, row_id=each.row_id, step=batch.step)
                work.sale_id, work.since = each.sale_id, each.since or batch.began_at
                work.counts_order, work.amount = False, Decimal(0)
                db.session.add(work)
            weighing.put(work, cause)
            work.attempt_id = attempts[each.row_id]
            work.is_given_up, work.is_hurried = each.outcome is AttemptOutcome.GIVEN_UP, False
    weighing.settle()
    _tell(batch, Counter(cause.id for cause in cause_of.values()), causes, reasons)


def _tell(
    batch: TriedBatch,
    failed: Counter[int],
    causes: dict[int, FailureCause],
    reasons: dict[str, Reason],
) -> None:
    """What is known of the causes: how often, and as it was said last. One that a person thought
    cured has come again."""
    for cause_id, times in failed.items():
        cause = causes[cause_id]
        reason = reasons[cause.fingerprint]
        cause.count += times
        cause.last_at = max(cause.last_at, batch.ended_at)
        cause.error, cause.place, cause.trace = reason.error, reason.place, reason.trace
        if is_pressing_again(cause, batch.ended_at):
            cause.state = CauseState.OPEN


def is_pressing_again(cause: FailureCause, now: dt.datetime) -> bool:
    """Whether what failed just now is more than was resolved or ignored."""
    if cause.state is CauseState.IGNORED:
        is_over = cause.ignored_until is not None and cause.ignored_until <= now
        return is_over or (cause.ignored_below is not None and cause.count >= cause.ignored_below)
    return cause.state is CauseState.RESOLVED


def _attempts_of(
    batch: TriedBatch,
    tries: list[Tried],
    cause_of: dict[int, FailureCause],
    works: dict[int, FailingWork],
) -> dict[int, int]:
    """Ids of the attempts, by the row's id. What failed as it did before is the same one again."""
    again, new = {}, []
    for each in tries:
        work, cause = works.get(each.row_id), cause_of.get(each.row_id)
        was_given_up = each.outcome is AttemptOutcome.GIVEN_UP
        if work and cause and (work.cause_id, work.is_given_up) == (cause.id, was_given_up):
            again[each.row_id] = work.attempt_id
        else:
            cause_id = {"cause_id": cause.id if cause else None}
            new.append(_values(batch, each) | cause_id)
    _repeat(batch, again.values())
    if new:
        writes = insert(_ATTEMPTS).returning(_ATTEMPTS.c.id, sort_by_parameter_order=True)
        ids = db.session.connection().execute(writes, new).scalars().all()
        again |= {values["row_id"]: new_id for values, new_id in zip(new, ids, strict=True)}
    return again


def _causes_of(batch: TriedBatch, reasons: dict[str, Reason]) -> dict[str, int]:
    """Ids by fingerprint; those that are new are written first, in one order everywhere."""
    if not reasons:
        return {}
    query = select(FailureCause.fingerprint, FailureCause.id).where(
        FailureCause.fingerprint.in_(list(reasons))
    )
    known = dict(db.session.execute(query).all())
    missing = sorted(reasons.keys() - known.keys())
    if not missing:
        return known
    dialect = sqlite if db.session.get_bind().dialect.name == "sqlite" else postgresql
    new = dialect.insert(FailureCause).on_conflict_do_nothing(index_elements=["fingerprint"])
    alike = {
        "queue": batch.queue,
        "kind": batch.kind,
        "step": batch.step,
        "error": "",
        "first_at": batch.ended_at,
        "last_at": batch.ended_at,
    }
    db.session.execute(new, [alike | {"fingerprint": each} for each in missing])
    return dict(db.session.execute(query).all())


def lock_causes(ids: Collection[int]) -> dict[int, FailureCause]:
    """By their ids, in whose order they are locked."""
    query: Select[FailureCause] = (
        select(FailureCause)
        .where(FailureCause.id.in_(ids))
        .order_by(FailureCause.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {cause.id: cause for cause in db.session.scalars(query)}


class Weighing:
    """Changes of what waits for some causes, which are locked: put and dropped first, then settled.
    An order counts once for a cause, with one of its rows."""

    def __init__(
        self,
        causes: dict[int, FailureCause],
        works: Iterable[FailingWork],
        sale_ids: Collection[int],
        totals: Totals,
    ):
        self._causes, self._totals = causes, totals
        self._works = {(work.kind, work.row_id, work.step): work for work in works}
        if sale_ids:
            query = select(FailingWork).where(FailingWork.sale_id.in_(sale_ids))
            for work in db.session.scalars(query.where(FailingWork.cause_id.in_(causes))):
                self._works[work.kind, work.row_id, work.step] = work
        self._before = self._sums()
        # What an order was counted with that none of its rows counts now.
        self._freed: dict[tuple[int, int], Decimal] = {}

    def drop(self, work: FailingWork) -> None:
        self._release(work)
        del self._works[work.kind, work.row_id, work.step]
        db.session.delete(work)

    def put(self, work: FailingWork, cause: FailureCause) -> None:
        if work.cause_id == cause.id:
            return
        self._release(work)
        work.cause_id = cause.id
        self._works[work.kind, work.row_id, work.step] = work

    def _release(self, work: FailingWork) -> None:
        if work.counts_order and work.sale_id is not None:
            self._freed[work.cause_id, work.sale_id] = work.amount
        work.counts_order, work.amount = False, Decimal(0)

    def settle(self) -> None:
        """Each order counts again with one of its rows, and the causes by what changed."""
        counted = {
            (work.cause_id, work.sale_id) for work in self._works.values() if work.counts_order
        }
        first: dict[tuple[int, int], FailingWork] = {}
        for work in self._works.values():
            if work.sale_id is not None and (work.cause_id, work.sale_id) not in counted:
                first.setdefault((work.cause_id, work.sale_id), work)
        unknown = {sale_id for cause_id, sale_id in first.keys() - self._freed.keys()}
        totals = self._totals(unknown) if unknown else {}
        for (cause_id, sale_id), work in first.items():
            freed = self._freed.get((cause_id, sale_id))
            work.counts_order = True
            work.amount = totals.get(sale_id, Decimal(0)) if freed is None else freed
        after = self._sums()
        for cause_id, cause in self._causes.items():
            old, new = self._before[cause_id], after[cause_id]
            cause.waiting += new.waiting - old.waiting
            cause.orders += new.orders - old.orders
            cause.amount += new.amount - old.amount

    def _sums(self) -> dict[int, Weight]:
        """Of the rows at hand alone."""
        found: dict[int, list[FailingWork]] = {cause_id: [] for cause_id in self._causes}
        for work in self._works.values():
            found[work.cause_id].append(work)
        return {
            cause_id: Weight(
                len(works),
                sum(work.counts_order for work in works),
                sum((work.amount for work in works), Decimal(0)),
            )
            for cause_id, works in found.items()
        }
