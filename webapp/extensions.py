"""The libraries that every feature shares, made once and bound to the app in `create_app`."""

import contextlib
import datetime as dt
import enum
from contextvars import ContextVar

from flask_babel import Babel
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from htmx_flask import Htmx
from sqlalchemy import DateTime, MetaData, String, event, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base)
csrf = CSRFProtect()
babel = Babel()
htmx = Htmx()
compress = Compress()
limiter = Limiter(get_remote_address, default_limits=[])

# SQLite takes its write lock when a transaction begins or not at all: a reader that turns writer
# fails at once with "database is locked", whatever the time-out. So each transaction says at its
# start what it is.
reading_only: ContextVar[bool] = ContextVar("reading_only", default=False)


class UtcDateTime(TypeDecorator):
    """A moment in UTC, aware in the code; SQLite keeps no zone, so it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value, dialect):
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class EnumText(TypeDecorator):
    """A `StrEnum` kept as its value in a plain text column, so that a new member needs no
    migration."""

    impl = String(40)
    cache_ok = True

    def __init__(self, members: type[enum.StrEnum]):
        super().__init__()
        self.members = members

    def process_bind_param(self, value, dialect):
        return None if value is None else str(self.members(value))

    def process_result_value(self, value, dialect):
        return None if value is None else self.members(value)


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def database_now(session) -> dt.datetime:
    """The database's clock: leases are judged by one clock, whichever machine asks."""
    if session.get_bind().dialect.name == "sqlite":
        return dt.datetime.fromisoformat(
            session.scalar(text("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')"))
        )
    return session.scalar(select(text("clock_timestamp()"))).astimezone(dt.UTC)


class Timestamps:
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)


@contextlib.contextmanager
def only_reading():
    """Transactions begun inside take no write lock."""
    flag = reading_only.set(True)
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
