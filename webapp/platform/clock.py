"""The time: this machine's, and the database's, by which leases are judged."""

import datetime as dt

from sqlalchemy import select, text


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


_DATABASE_NOW = select(text("clock_timestamp()"))


def database_now(session) -> dt.datetime:
    """The database's clock: leases are judged by one clock, whichever machine asks. SQLite's is
    this machine's."""
    if session.get_bind().dialect.name == "sqlite":
        return utc_now()
    return session.scalar(_DATABASE_NOW).astimezone(dt.UTC)
