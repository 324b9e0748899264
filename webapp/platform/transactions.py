"""What kind of transaction is begun, and what is told once one is committed."""

import contextlib
from contextvars import ContextVar

from sqlalchemy import event

from webapp.platform.database import db

# SQLite takes its write lock when a transaction begins or not at all: a reader that turns writer
# fails at once with "database is locked", whatever the time-out. So each transaction says at its
# start what it is.
reading_only: ContextVar[bool] = ContextVar("reading_only", default=False)


@contextlib.contextmanager
def only_reading():
    """Transactions begun inside take no write lock."""
    flag = reading_only.set(True)
    try:
        yield
    finally:
        reading_only.reset(flag)


@contextlib.contextmanager
def writing():
    """Transactions begun inside take their turn to write, also in a request that only reads: for
    what is noted, or done and rolled back, there."""
    flag = reading_only.set(False)
    try:
        yield
    finally:
        reading_only.reset(flag)


@contextlib.contextmanager
def reading_ahead():
    """What a writing transaction needs to know, read before it takes the lock; what was read stays
    loaded. Inside a transaction that has begun already, it is read there."""
    session = db.session()
    if session.in_transaction():
        yield
        return
    with only_reading():
        session.expire_on_commit = False
        try:
            yield
            session.commit()
        finally:
            session.expire_on_commit = True


def after_commit(session_factory, tell) -> None:
    """Binds `tell(session)` to be called once a transaction is committed and its connection is
    given back: nobody waits for a lock, or a place in the pool, while others are told."""

    @event.listens_for(session_factory, "after_commit")
    def committed(session):
        session.info[tell] = True

    @event.listens_for(session_factory, "after_transaction_end")
    def ended(session, transaction):
        if transaction.parent is None and session.info.pop(tell, False):
            tell(session)

    @event.listens_for(session_factory, "after_rollback")
    def undone(session):
        session.info.pop(tell, None)
