"""A request's writing as one transaction, done again when it lost a race against another one.

Views neither commit nor catch what a commit raises; see docs/decisions/0005.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request, session
from sqlalchemy import Executable
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from webapp.http.url_rules import Route
from webapp.platform.database import db
from webapp.platform.transactions import writing

ATTEMPTS = 3
READING = ("GET", "HEAD", "OPTIONS")
# PostgreSQL: serialization_failure, deadlock_detected.
LOST_RACES = ("40001", "40P01")


class TransactionalFlask(Flask):
    """Runs each request that may write as one transaction: committed when its view answers, rolled
    back when it raises or answers with an error, and begun anew when it lost a race (a unique key,
    a row's version, a deadlock). So a view may run more than once and loads its rows itself."""

    url_rule_class = Route

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Nothing here is a coroutine; Flask would look again at each function of each request."""
        return func

    def dispatch_request(self) -> Response:
        if request.method in READING:
            return self.make_response(super().dispatch_request())
        before = dict(session)
        for _attempt in range(ATTEMPTS - 1):
            try:
                return self._answer_and_commit()
            except Exception as error:
                db.session.rollback()
                if not is_lost_race(error):
                    raise
                _restore_session(before)
        return self._answer_and_commit()

    def _answer_and_commit(self) -> Response:
        response = self.make_response(super().dispatch_request())
        if response.status_code < 400:
            # Nothing is read after the answer is made: what was loaded need not be marked stale.
            db.session().expire_on_commit = False
            db.session.commit()
        else:
            db.session.rollback()
        return response


def _restore_session(before: dict) -> None:
    """What a lost try left in the browser's cookie, such as news to show, is taken back."""
    if session != before:
        session.clear()
        session.update(before)


def write_apart(statement: Executable) -> None:
    """Executes `statement` in a small transaction of its own, before the request's has begun: for
    what is noted whatever becomes of the request. Rows loaded before are read anew."""
    db.session.rollback()
    with writing():
        db.session.execute(statement)
        db.session.commit()


def is_lost_race(error: Exception) -> bool:
    if isinstance(error, IntegrityError | StaleDataError):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in LOST_RACES
