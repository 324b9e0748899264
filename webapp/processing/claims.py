"""Claim and advance: the one loop that every kind of background work goes through.

A step's rows are claimed in batches with a lease and a token; outside calls are made with no
transaction open; the results are written in one transaction that only touches rows still bearing
the token. So a step may run twice, at once or after a kill, and the second run changes nothing.

A lease that is over and was never given back is a worker's that died, killed from outside or by one
of the rows it held. Nobody can tell which, so none of them is blamed: such rows are taken once more
in small groups, then one at a time, and only one that was alone each time is given to a person. A
death that is noticed ends the leases of the dead (`end_leases`).
"""

import datetime as dt
import enum
import functools
import logging
import random
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    Update,
    bindparam,
    false,
    literal_column,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.sql.dml import ReturningUpdate

from webapp.attempts.reasons import error_words
from webapp.attempts.recording import Tried, TriedBatch, record
from webapp.audit.writing import write_all
from webapp.platform.clock import database_now
from webapp.platform.columns import UtcDateTime
from webapp.platform.database import db, rows_changed
from webapp.platform.living import expect_result, my_name
from webapp.platform.notices import notices_of
from webapp.platform.owed import ENDS_PROCESS, Owed
from webapp.platform.transactions import only_reading
from webapp.processing.outcomes import totals_of, tried
from webapp.processing.pausing import is_resting

log = logging.getLogger(__name__)
# Attempts that failed; then a person is asked.
MAX_ATTEMPTS = 8
# Attempts at a row alone that ended with their worker: a shop may be restarted some times in a row.
MOST_ALONE = 4
# Rows of a batch whose worker died that are tried together once more.
GROUP = 10
# Rows that wait for the outside world and are due at once after a batch that found it back; so many
# times as many are looked at.
HURRIED, LOOKED_AT = 200, 4
# A lease's token names its worker, "5d41402a-bc4b2a76b971"; that of what a dead worker left tells
# so, "again-5d41402a-…", and of a row alone how many times that was so: "alone2-5d41402a-…".
_ALONE = re.compile(r"alone([0-9]+)-")
# The moment by which a row is judged to be due. Statements of each turn are built once.
_NOW = bindparam("now", type_=UtcDateTime)
# A look asks in eighty places for the moment, which is filled in once, and for one row.
_ONE, _NONE = literal_column("1", Integer), literal_column("0", Integer)
_CLOCK = select(select(_NOW.label("now")).cte("clock").c.now).scalar_subquery()
_MILLISECOND = dt.timedelta(milliseconds=1)
# The model whose rows owe the step, what the outside world answered for a batch, and what a batch's
# rows share while they are written.
Row = TypeVar("Row", bound=Owed)
Answers = TypeVar("Answers")
Shared = TypeVar("Shared")


class EndsProcess(Exception):
    """The row ended every process that was at it."""

    def __str__(self) -> str:
        return ENDS_PROCESS


class NotYet(Exception):
    """The house is not so that the work can be done: no fault of the program. The message is a
    code."""


class Look(NamedTuple):
    """Since when rows of a step are due that nobody has held, and such that a dead worker has left;
    nothing where there are none."""

    fresh: dt.datetime | None
    left_behind: dt.datetime | None


class Clock(NamedTuple):
    """The database's clock, and this process's when that was read."""

    read: float
    now: dt.datetime


class Course(NamedTuple):
    """Of a batch that is at work: since when by this process's clock, and since when its oldest row
    had been due."""

    began: float
    due_since: dt.datetime | None


class Turn(NamedTuple):
    """How many rows were taken, and whether the next ones should be taken at once rather than when
    it is rung for them."""

    taken: int
    goes_on: bool


class Step(Generic[Row, Answers, Shared]):
    """One kind of work. Subclasses say which rows owe it and what is done with them."""

    model: type[Row]
    status: ClassVar[enum.StrEnum]
    batch = 50
    lease_seconds = 15
    # None where a row can never be given up.
    most_alone: int | None = MOST_ALONE
    # Whether all that waits for the outside world waits for the same of it: once a row that waited
    # is done, the others need not wait for their own next try.
    returns_together = False
    # Whether a later step of the same queue ends what this one begins.
    is_stage = False
    # What is loaded with the rows: for the external call, and for writing.
    external_load: ClassVar[tuple[ExecutableOption, ...]] = ()
    write_load: ClassVar[tuple[ExecutableOption, ...]] = ()

    def call_external(self, rows: list[Row]) -> Answers:
        """Calls the outside world for these rows (detached, to be read only). No transaction is
        open. A step that needs none does not override it, and its rows are read once."""
        raise NotImplementedError

    def lock_before(self, ids: Sequence[int]) -> None:
        """Locks what others lock before these rows, so that nobody waits in a circle."""

    def load_shared(self, rows: list[Row], answers: Answers) -> Shared:
        """Reads once, inside the writing transaction, what the whole batch shares."""
        return cast(Shared, answers)

    def write_row(self, row: Row, shared: Shared, now: dt.datetime) -> None:
        """Writes the result of one row and its next state. Inside the transaction."""
        raise NotImplementedError

    def write_batch(self, shared: Shared, now: dt.datetime) -> None:
        """Writes once for the whole batch, after its rows, in their transaction."""

    def tried_beside(self, shared: Shared) -> Sequence[tuple[Owed, Exception]]:
        """Rows of other steps that were tried in vain with the batch, and what was raised."""
        return ()

    def acting(self, rows: list[Row]) -> AbstractContextManager[None]:
        """As whom the rows are written, where a person asked for it; else as the worker."""
        return nullcontext()

    def give_up(self, row: Row, error: str) -> None:
        """The last attempt failed: leaves the row with a person, with a reason in words."""
        raise NotImplementedError

    def tries_left(self, row: Row) -> int:
        """How many attempts are left when the one at hand fails."""
        return MAX_ATTEMPTS - row.attempts

    def claim_values(self) -> dict[str, ColumnElement[Any]]:
        """What else a claim writes: SQL over the row as the one before has left it."""
        return {}

    # -- the loop ---------------------------------------------------------------------------------

    def run(self) -> int:
        """One turn; the number of rows taken, 0 when nothing is owed."""
        return self.turn(*look_at((self,))).taken

    def turn(self, look: Look) -> Turn:
        """Works on one batch, then for as long on what dead workers left behind: neither kind waits
        until the other is through."""
        fresh, left_behind = look
        began = time.monotonic()
        batch = self._claim_batch() if fresh else None
        if batch:
            self._advance(*batch, fresh)
        taken = len(batch[1]) if batch else 0
        again = self._take_up(time.monotonic() - began, left_behind) if left_behind else 0
        return Turn(taken + again, taken == self.batch or again > 0)

    def _take_up(self, seconds: float, due_since: dt.datetime) -> int:
        """At least a group, and no further one after so many seconds; the number of rows."""
        end, taken = time.monotonic() + seconds, 0
        while claimed := self._claim_left_behind():
            self._advance(*claimed, due_since)
            taken += len(claimed[1])
            if time.monotonic() > end:
                break
        return taken

    def end_leases(self, worker: str) -> int:
        """What a dead worker held is due at once, as when its lease is over. The number of
        rows."""
        columns, now = self.model.__table__.c, database_now(db.session)
        leased = (columns.status == self.status) & (columns.due_at > now)
        held = leased & columns.lease.contains(f"{worker}-")
        return rows_changed(update(self.model.__table__).where(held).values(due_at=now))

    @functools.cached_property
    def looks(self) -> list[ScalarSelect[dt.datetime | None]]:
        """The parts of a `Look` in SQL."""
        lease = self.model.lease
        first = select(self.model.due_at).where(self.is_owed(_CLOCK)).order_by(self.model.due_at)
        kinds = (lease.is_(None), lease.is_not(None))
        return [first.where(kind).limit(_ONE).offset(_NONE).scalar_subquery() for kind in kinds]

    def is_owed(self, now: ColumnElement[dt.datetime]) -> ColumnElement[bool]:
        """The SQL condition: rows of this step that are due."""
        return self.owes(self.model) & (self.model.due_at <= now)

    def owes(self, model: type[Row]) -> ColumnElement[bool]:
        """The state, written out: SQLite would plan the statement anew for each one filled in,
        where an index is of some states alone."""
        return model.status == literal_column(f"'{self.status}'")

    def _claim_batch(self) -> tuple[str, list[int]] | None:
        token = _new_token()
        ids = db.session.scalars(self._claims, self._lease(token)).all()
        db.session.commit()
        return (token, sorted(ids)) if ids else None

    @functools.cached_property
    def _claims(self) -> ReturningUpdate[int]:
        due = self._due(self.model.id).where(self.model.lease.is_(None)).limit(self.batch)
        table = self.model.__table__
        claim = self._leases().where(table.c.id.in_(due.scalar_subquery()))
        return claim.values(attempts=table.c.attempts + 1).returning(table.c.id)

    def _claim_left_behind(self) -> tuple[str, list[int]] | None:
        """A group out of batches, or a row that was in such a group, alone. The attempt that nobody
        finished is not counted: this one takes its place."""
        now = {"now": database_now(db.session)}
        rows = db.session.execute(self._left_behind, now).all()
        if not rows:
            db.session.rollback()
            return None
        first, ids = rows[0], [row.id for row in rows if _was_in_batch(row.lease)]
        if _was_in_batch(first.lease) and len(ids) > 1:
            token = f"again-{_new_token()}"
        else:
            token, ids = f"alone{_times_alone(first.lease) + 1}-{_new_token()}", [first.id]
        claim = self._leases().where(self.model.__table__.c.id.in_(ids))
        db.session.execute(claim, self._lease(token))
        db.session.commit()
        return token, sorted(ids)

    @functools.cached_property
    def _left_behind(self) -> Select[Any]:
        due = self._due(self.model.id, self.model.lease)
        return due.where(self.model.lease.is_not(None)).limit(GROUP)

    def _due(self, *columns: Any) -> Select[Any]:
        return (
            select(*columns)
            .where(self.is_owed(_NOW))
            .order_by(self.model.due_at, self.model.id)
            .with_for_update(skip_locked=True)
        )

    def _leases(self) -> Update:
        lease: dict[str, Any] = {"lease": bindparam("token"), "due_at": bindparam("until")}
        return update(self.model.__table__).values(self.claim_values() | lease)

    def _lease(self, token: str) -> dict[str, Any]:
        now = database_now(db.session)
        until = now + dt.timedelta(seconds=self.lease_seconds)
        expect_result(self.lease_seconds)
        return {"token": token, "now": now, "until": until}

    def _advance(self, token: str, ids: list[int], due_since: dt.datetime | None = None) -> None:
        """All rows in one transaction; if that fails, one by one, so that a bad row holds up no
        other. What the outside world answered is kept for that: it is not asked twice."""
        course = Course(time.monotonic(), due_since)
        if self.most_alone is not None and _times_alone(token) > self.most_alone:
            self._give_up_untried(token, ids, course)
            return
        try:
            answers = self._call(token, ids)
        except Exception as error:
            db.session.rollback()
            for row_id in ids:
                self._record_failure(token, row_id, error, course)
            return
        asked = time.monotonic() - course.began
        try:
            self._write(token, ids, answers, course)
            return
        except Exception as error:
            db.session.rollback()
            log.info(
                "%s: a batch of %s failed (%s), now one by one",
                type(self).__name__,
                len(ids),
                type(error).__name__,
            )
        # Behind the handler, or each row's own error would tell of the batch's too.
        for row_id in ids:
            alone = course._replace(began=time.monotonic() - asked)
            self._write_one(token, row_id, answers, alone)

    def _write_one(self, token: str, row_id: int, answers: Answers, course: Course) -> None:
        try:
            self._write(token, [row_id], answers, course)
        except Exception as error:
            db.session.rollback()
            self._record_failure(token, row_id, error, course)

    def _call(self, token: str, ids: list[int]) -> Answers:
        if type(self).call_external is Step.call_external:
            return cast(Answers, None)
        with only_reading():
            rows = list(db.session.scalars(self._reads, {"token": token, "ids": ids}).unique())
            # Detached, or the first look at a row would open a transaction again under the outside
            # call.
            db.session.expunge_all()
            db.session.rollback()
        return self.call_external(rows)

    def _write(
        self, token: str, ids: list[int], answers: Answers, course: Course | None = None
    ) -> None:
        course = course or Course(time.monotonic(), None)
        rows = self._lock(token, ids)
        if rows:
            clock = Clock(time.monotonic(), database_now(db.session))
            now = clock.now
            waited = [row for row in rows if row.waits] if self.returns_together else []
            with self.acting(rows):
                shared = self.load_shared(rows, answers)
                for row in rows:
                    self.write_row(row, shared, now)
                write_all(db.session())
                self.write_batch(shared, now)
            self._count_done(rows)
            self._record([tried(row, self._owes_still(row)) for row in rows], course, clock)
            for other, error in self.tried_beside(shared):
                self._record([_in_vain(other, True, error)], course, clock, other)
            if any(not self._owes_still(row) for row in waited):
                # After the commit: these rows are not locked behind what was just recorded.
                db.session.commit()
                self._hurry_waiting()
        db.session.commit()

    def _hurry_waiting(self) -> None:
        """What waits for the outside world is due now, the next of it first; a slice, and what is
        done of that brings the next one."""
        model, now = self.model, database_now(db.session)
        owes = (model.status == self.status) & (model.due_at > now) & model.lease.is_(None)
        nearest = select(model.id).where(owes).order_by(model.due_at).limit(HURRIED * LOOKED_AT)
        waits = (model.waits > 0) & (model.attempts == 0)
        chosen = select(model.id).where(model.id.in_(nearest), waits).limit(HURRIED)
        ids = list(db.session.scalars(chosen.with_for_update(skip_locked=True)))
        hurry = update(model.__table__).where(model.__table__.c.id.in_(ids), owes)
        db.session.execute(hurry.values(due_at=now))
        notices_of(db.session).ring(model.queues[str(self.status)])

    def _record(
        self, tries: list[Tried], course: Course, clock: Clock, beside: Owed | None = None
    ) -> None:
        """Writes down what was tried, as the last of all in its transaction."""
        model = type(beside) if beside else self.model
        status = str(beside.status if beside else self.status)
        end = time.monotonic()
        ended = clock.now + dt.timedelta(seconds=end - clock.read)
        took = dt.timedelta(seconds=end - course.began)
        began = ended - took
        waited = max(began - (course.due_since or began), dt.timedelta())
        batch = TriedBatch(
            model.work_kind(),
            status,
            model.queues[status],
            began,
            ended,
            waited // _MILLISECOND,
            took // _MILLISECOND,
            len(tries),
        )
        record(batch, tries, totals_of)
        step = f"{batch.kind}.{batch.step}"
        notices_of(db.session).count_tried(step, (str(each.outcome) for each in tries))

    def _count_done(self, rows: list[Row]) -> None:
        done = sum(not self._owes_still(row) for row in rows)
        if done and not self.is_stage:
            notices_of(db.session).count_done(self.model.queues[str(self.status)], done)

    def _owes_still(self, row: Row) -> bool:
        """Whether the work was only looked at: it waits, or a slice of it was done."""
        return row.status == self.status and row.due_at is not None

    def _held(self) -> Select[Row]:
        """The rows that still bear the token."""
        ids = self.model.id.in_(bindparam("ids", expanding=True))
        held = ids & (self.model.lease == bindparam("token"))
        return select(self.model).where(held).order_by(self.model.id)

    @functools.cached_property
    def _reads(self) -> Select[Row]:
        return self._held().options(*self.external_load)

    @functools.cached_property
    def _locks(self) -> Select[Row]:
        query = self._held().options(*self.write_load).with_for_update(of=self.model)
        return query.execution_options(populate_existing=True)

    def _lock(self, token: str, ids: list[int]) -> list[Row]:
        self.lock_before(ids)
        return list(db.session.scalars(self._locks, {"token": token, "ids": ids}).unique())

    def _give_up_untried(self, token: str, ids: list[int], course: Course) -> None:
        log.error("%s: rows %s ended every process that was at them", type(self).__name__, ids)
        rows = self._lock(token, ids)
        for row in rows:
            self.give_up(row, ENDS_PROCESS)
        if rows:
            clock = Clock(time.monotonic(), database_now(db.session))
            self._record_vain(rows, EndsProcess(), course, clock)
        db.session.commit()

    def _record_failure(self, token: str, row_id: int, error: Exception, course: Course) -> None:
        if not isinstance(error, StaleDataError | DBAPIError | NotYet):
            log.error("%s: row %s failed", type(self).__name__, row_id, exc_info=error)
        rows = self._lock(token, [row_id])
        for row in rows:
            words, clock = error_words(error), Clock(time.monotonic(), database_now(db.session))
            if self.tries_left(row) <= 0:
                self.give_up(row, words)
            else:
                row.retry(clock.now + backoff(row.attempts), words)
            self._record_vain(rows, error, course, clock)
        db.session.commit()

    def _record_vain(self, rows: list[Row], error: Exception, course: Course, clock: Clock) -> None:
        tries = [_in_vain(row, self._owes_still(row), error) for row in rows]
        self._record(tries, course, clock)


def _in_vain(row: Owed, owes_still: bool, error: Exception) -> Tried:
    return tried(row, owes_still, error, str(error) if isinstance(error, NotYet) else None)


AnyStep = Step[Any, Any, Any]


def look_at(steps: tuple[AnyStep, ...], queue: str | None = None) -> list[Look]:
    """What each of the steps owes, and nothing at all while the `queue` rests: one statement that
    takes no lock."""
    with only_reading(), db.engine.connect() as connection:
        now = database_now(connection)
        resting, *said = connection.execute(_looks_at(steps, queue), {"now": now}).one()
    if resting:
        return []
    return [Look(*parts) for parts in zip(said[::2], said[1::2], strict=True)]


@functools.cache
def _looks_at(steps: tuple[AnyStep, ...], queue: str | None) -> Select[*tuple[Any, ...]]:
    resting = false() if queue is None else is_resting(queue)
    return select(resting, *(part for step in steps for part in step.looks))


def by_turns(steps: tuple[AnyStep, ...], queue: str | None = None) -> Iterator[Turn]:
    """A turn of each step that owes something, in their order, until the `queue` is to rest. What
    one makes due for a later one is seen."""
    had = -1
    while True:
        # The same question each time, which the database has planned.
        looks = enumerate(look_at(steps, queue))
        owed = next(((place, look) for place, look in looks if place > had and any(look)), None)
        if owed is None:
            return
        had, look = owed
        yield steps[had].turn(look)


def _new_token() -> str:
    return f"{my_name()}-{secrets.token_hex(6)}"


def was_tried_before(row: Owed) -> bool:
    """Of a claimed row: whether an attempt at what it owes now may have been made already, by a
    worker that died if by no other."""
    return row.tries > 1 or not _was_in_batch(row.lease or "")


def _was_in_batch(lease: str) -> bool:
    return not lease.startswith(("again-", "alone"))


def _times_alone(lease: str) -> int:
    """How many attempts at the row alone there were, this one included; 0 for one in a batch."""
    found = _ALONE.match(lease)
    return int(found[1]) if found else 0


def backoff(attempts: int) -> dt.timedelta:
    """1, 2, 4 … at most 15 seconds, with jitter, so that what failed together is not tried
    together."""
    return dt.timedelta(seconds=min(2 ** min(attempts - 1, 4), 15) * random.uniform(0.7, 1.3))
