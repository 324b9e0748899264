"""The time: this machine's, and the database's, by which leases are judged."""

import datetime as dt

from sqlalchemy import select, text


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def database_now(session) -> dt.datetime:
    """The database's clock: leases are judged by one clock, whichever machine asks."""
    if session.get_bind().dialect.name == "sqlite":
        return dt.datetime.fromisoformat(
            session.scalar(text("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')"))
        )
    return session.scalar(select(text("clock_timestamp()"))).astimezone(dt.UTC)
