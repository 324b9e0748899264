"""A transaction of a test's own, as the request makes one for a page."""

from collections.abc import Callable
from typing import TypeVar

from webapp.http.transactions import ATTEMPTS, is_lost_race
from webapp.platform.database import db

Result = TypeVar("Result")


def in_transaction(work: Callable[[], Result], attempts: int = ATTEMPTS) -> Result:
    """Does `work` and commits; answers what it answered. Who lost a race (a unique key, a row's
    version, a deadlock) begins anew on what the winner left, so `work` must load its rows itself
    and keep nothing from an earlier try.

    Every other failure rolls back and is raised, as is a race lost `attempts` times.
    """
    while True:
        attempts -= 1
        try:
            result = work()
            db.session.commit()
            return result
        except Exception as error:
            db.session.rollback()
            if not attempts or not is_lost_race(error):
                raise
