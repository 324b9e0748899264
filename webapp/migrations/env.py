"""How Alembic meets the app: its engine, its models, batch mode where SQLite needs it."""

import re

from alembic import context
from flask import current_app
from sqlalchemy import String
from sqlalchemy.types import TypeDecorator

from webapp.migrations.statistics import freshen

database = current_app.extensions["migrate"].db


def render_item(kind, item, _autogen):
    """Our own column types are written as what they are in the database: a migration outlives the
    code's classes."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


def compare_type(_context, _inspected, _column, found, wanted):
    """SQLite keeps no lengths, so a migration need not change them there."""
    is_sqlite = context.get_bind().dialect.name == "sqlite"
    return False if is_sqlite and isinstance(found, String) and isinstance(wanted, String) else None


def include_name(name, kind, _parents):
    """The indexes of searching are tables that no model tells of."""
    return kind != "table" or not re.search("_search(_|$)", name)


def run() -> None:
    with database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # It makes an altered table anew, and dropping the old one would take along, or be
            # stopped by, what refers to it. This setting lasts as long as the connection.
            driver = connection.connection.dbapi_connection
            driver.execute("PRAGMA foreign_keys=OFF")
            try:
                migrate(connection)
            finally:
                driver.execute("PRAGMA foreign_keys=ON")
        else:
            migrate(connection)


def migrate(connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=database.metadata,
        render_as_batch=True,
        transaction_per_migration=True,
        render_item=render_item,
        compare_type=compare_type,
        include_name=include_name,
    )
    if connection.dialect.name == "postgresql":
        # A migration that waits for a long query must not queue the whole shop behind it.
        connection.exec_driver_sql("SET lock_timeout = '4s'")
        connection.commit()
    before = _version(connection)
    with context.begin_transaction():
        context.run_migrations()
    if before and _version(connection) != before:
        freshen(connection)
        connection.commit()


def _version(connection):
    heads = context.get_context().get_current_heads()
    connection.rollback()
    return heads


run()
