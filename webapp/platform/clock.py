"""The time: this machine's, and the database's, by which leases are judged."""

import datetime as dt

from sqlalchemy import Connection, select, text


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


_DATABASE_NOW = select(text("clock_timestamp()"))


def database_now(asked) -> dt.datetime:
    """The clock of a session's or connection's database: leases are judged by one clock, whichever
    machine asks. SQLite's is this machine's."""
    dialect = asked.dialect if isinstance(asked, Connection) else asked.get_bind().dialect
    if dialect.name == "sqlite":
        return utc_now()
    return asked.scalar(_DATABASE_NOW).astimezone(dt.UTC)
