"""A request's writing as one transaction, done again when it lost a race against another one."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from webapp.platform.database import db

Result = TypeVar("Result")
# PostgreSQL: serialization_failure, deadlock_detected.
LOST_RACES = ("40001", "40P01")


def in_transaction(work: Callable[[], Result], attempts: int = 3) -> Result:
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


def is_lost_race(error: Exception) -> bool:
    if isinstance(error, IntegrityError | StaleDataError):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in LOST_RACES
