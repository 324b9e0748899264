"""The time: this machine's, and the database's, by which leases are judged. Both can be moved, so
that a shop without fiscal value lives through a day that has not come, or that is over."""

import datetime as dt

from sqlalchemy import Connection, select, text

_ahead = dt.timedelta()


def move(seconds: int) -> None:
    """So far ahead of the machine's clock, in this process; behind it where negative."""
    global _ahead
    _ahead = dt.timedelta(seconds=seconds)


def is_moved() -> bool:
    return bool(_ahead)


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC) + _ahead


_DATABASE_NOW = select(text("clock_timestamp()"))


def database_now(asked) -> dt.datetime:
    """The clock of a session's or connection's database: leases are judged by one clock, whichever
    machine asks. SQLite's is this machine's."""
    dialect = asked.dialect if isinstance(asked, Connection) else asked.get_bind().dialect
    if dialect.name == "sqlite":
        return utc_now()
    return asked.scalar(_DATABASE_NOW).astimezone(dt.UTC) + _ahead
