"""The planner knows an index that a migration has made."""

import flask_migrate
import pytest
from sqlalchemy import text

from tests.factories import make_sale
from webapp import migrations

pytestmark = pytest.mark.operations
BEFORE = "0080"
KNOWN = {
    "sqlite": "SELECT idx FROM sqlite_stat1 WHERE tbl = 'sales'",
    "postgresql": "SELECT relname FROM pg_class WHERE reltuples > 0",
}


def known_after(app, db, *statements: str) -> set[str]:
    """The indexes of which the planner knows something once a shop of one order has been migrated,
    in whose older version these were executed."""
    make_sale()
    migrations.bind(app)
    flask_migrate.downgrade(revision=BEFORE)
    for statement in statements:
        db.session.execute(text(statement))
    db.session.commit()
    flask_migrate.upgrade()
    return set(db.session.scalars(text(KNOWN[db.engine.dialect.name])))


@pytest.mark.both_databases
def test_statistics_of_a_table_know_its_new_indexes(app, db):
    assert {"ix_sales_total_id", "ix_sales_channel_id"} <= known_after(
        app, db, "ANALYZE sales", *forgetting(db, "ix_sales_total_id")
    )


def forgetting(db, index: str) -> list[str]:
    """As if it had not been there when the table was looked through."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    return [f"DELETE FROM sqlite_stat1 WHERE idx = '{index}'"] if is_sqlite else []


def test_a_table_without_statistics_is_left_without(app, db):
    """What it was while it was small would mislead once it is big."""
    assert not known_after(app, db, "ANALYZE users")
