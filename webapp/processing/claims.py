"""Claim and advance: the one loop that every kind of background work goes through.

A step's rows are claimed in batches with a lease and a token; outside calls are made with no
transaction open; the results are written in one transaction that only touches rows still bearing
the token. So a step may run twice, at once or after a kill, and the second run changes nothing.
"""

import datetime as dt
import enum
import logging
import random
import secrets
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar, cast

from sqlalchemy import ColumnElement, Select, exists, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql.base import ExecutableOption

from webapp.platform.clock import database_now
from webapp.platform.database import db
from webapp.platform.owed import Owed
from webapp.platform.transactions import only_reading

log = logging.getLogger(__name__)
MAX_ATTEMPTS = 8
# The model whose rows owe the step, what the outside world answered for a batch, and what a batch's
# rows share while they are written.
Row = TypeVar("Row", bound=Owed)
Answers = TypeVar("Answers")
Shared = TypeVar("Shared")


class NotYet(Exception):
    """The house is not so that the work can be done: no fault of the program. The message is a
    code."""


class Step(Generic[Row, Answers, Shared]):
    """One kind of work. Subclasses say which rows owe it and what is done with them."""

    model: type[Row]
    status: ClassVar[enum.StrEnum]
    batch = 50
    lease_seconds = 15
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

    def give_up(self, row: Row, error: str) -> None:
        """The last attempt failed: leaves the row with a person, with a reason in words."""
        raise NotImplementedError

    def tries_left(self, row: Row) -> int:
        """How many attempts are left when the one at hand fails. Below zero it is not made any
        more: the row has killed those who were at it before."""
        return MAX_ATTEMPTS - row.attempts

    def claim_values(self) -> dict[str, ColumnElement[Any]]:
        """What else a claim writes: SQL over the row as the one before has left it."""
        return {}

    # -- the loop ---------------------------------------------------------------------------------

    def run(self) -> int:
        """Works on one batch; the number of rows taken, 0 when nothing is owed."""
        claimed = self._claim() if self.owes() else None
        if claimed is None:
            return 0
        token, ids = claimed
        self._advance(token, ids)
        return len(ids)

    def owes(self) -> bool:
        """Whether any row is due; a look that takes no lock."""
        with only_reading():
            due = exists().where(self.is_owed(database_now(db.session)))
            owing = db.session.execute(select(due)).scalar_one()
            db.session.rollback()
        return owing

    def is_owed(self, now: dt.datetime) -> ColumnElement[bool]:
        """The SQL condition: rows of this step that are due."""
        return (self.model.status == self.status) & (self.model.due_at <= now)

    def _claim(self) -> tuple[str, list[int]] | None:
        token = secrets.token_hex(16)
        now = database_now(db.session)
        due = (
            select(self.model.id)
            .where(self.is_owed(now))
            .order_by(self.model.due_at, self.model.id)
            .limit(self.batch)
            .with_for_update(skip_locked=True)
        )
        table = self.model.__table__
        claim = update(table).where(table.c.id.in_(due.scalar_subquery()))
        lease = self.claim_values() | {
            "lease": token,
            "due_at": now + dt.timedelta(seconds=self.lease_seconds),
            "attempts": table.c.attempts + 1,
        }
        ids = db.session.scalars(claim.values(lease).returning(table.c.id)).all()
        db.session.commit()
        return (token, sorted(ids)) if ids else None

    def _advance(self, token: str, ids: list[int]) -> None:
        """All rows in one transaction; if that fails, one by one, so that a bad row holds up no
        other. What the outside world answered is kept for that: it is not asked twice."""
        try:
            answers = self._call(token, ids)
        except Exception as error:
            db.session.rollback()
            for row_id in ids:
                self._record_failure(token, row_id, error)
            return
        try:
            self._write(token, ids, answers)
        except Exception as error:
            db.session.rollback()
            log.info(
                "%s: a batch of %s failed (%s), now one by one",
                type(self).__name__,
                len(ids),
                type(error).__name__,
            )
            for row_id in ids:
                self._write_one(token, row_id, answers)

    def _write_one(self, token: str, row_id: int, answers: Answers) -> None:
        try:
            self._write(token, [row_id], answers)
        except Exception as error:
            db.session.rollback()
            self._record_failure(token, row_id, error)

    def _call(self, token: str, ids: list[int]) -> Answers:
        if type(self).call_external is Step.call_external:
            return cast(Answers, None)
        with only_reading():
            rows = list(
                db.session.scalars(self._held(token, ids).options(*self.external_load)).unique()
            )
            # Detached, or the first look at a row would open a transaction again under the outside
            # call.
            db.session.expunge_all()
            db.session.rollback()
        return self.call_external(rows)

    def _write(self, token: str, ids: list[int], answers: Answers) -> None:
        rows = self._lock(token, ids)
        if rows:
            now = database_now(db.session)
            shared = self.load_shared(rows, answers)
            for row in rows:
                if self.tries_left(row) < 0:
                    self.give_up(row, row.error or "attempts used up")
                else:
                    self.write_row(row, shared, now)
            self.write_batch(shared, now)
        db.session.commit()

    def _held(self, token: str, ids: list[int]) -> Select[Row]:
        """The rows that still bear the token."""
        return (
            select(self.model)
            .where(self.model.id.in_(ids), self.model.lease == token)
            .order_by(self.model.id)
        )

    def _lock(self, token: str, ids: list[int]) -> list[Row]:
        self.lock_before(ids)
        query = self._held(token, ids).options(*self.write_load).with_for_update(of=self.model)
        return list(db.session.scalars(query.execution_options(populate_existing=True)).unique())

    def _record_failure(self, token: str, row_id: int, error: Exception) -> None:
        if not isinstance(error, StaleDataError | DBAPIError | NotYet):
            log.error("%s: row %s failed", type(self).__name__, row_id, exc_info=error)
        for row in self._lock(token, [row_id]):
            words = f"{type(error).__name__}: {error}"[:300]
            if self.tries_left(row) <= 0:
                self.give_up(row, words)
            else:
                row.retry(database_now(db.session) + backoff(row.attempts), words)
        db.session.commit()


def backoff(attempts: int) -> dt.timedelta:
    """1, 2, 4 … at most 15 seconds, with jitter, so that what failed together is not tried
    together."""
    return dt.timedelta(seconds=min(2 ** min(attempts - 1, 4), 15) * random.uniform(0.7, 1.3))
