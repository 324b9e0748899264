"""A SKU and an agent's code are unique in whatever case they are written, and bar codes are found
without walking the catalog."""

import logging

import flask_migrate
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.factories import make_product
from webapp import migrations
from webapp.catalog.models import Product
from webapp.customers.models import Agent
from webapp.platform.money import ZERO

pytestmark = pytest.mark.both_databases
BEFORE = "0010"


@pytest.mark.parametrize(("model", "column"), [(Product, "sku"), (Agent, "code")])
def test_two_who_take_one_code_at_once_do_not_both_get_it(db, model, column):
    """What was looked for before either was written is held by a key."""
    row = one_of(model, "Ab-1")
    db.session.add(row)
    db.session.commit()
    db.session.add(one_of(model, "aB-1"))
    with pytest.raises(IntegrityError):
        db.session.flush()


def one_of(model, code):
    if model is Agent:
        return Agent(code=code, name="Ana", commission_percent=ZERO)
    return Product(sku=code, name="Mug", kind="physical", price=ZERO, on_nfe=True)


@pytest.mark.parametrize("column", ["gtin", "isbn"])
def test_a_scanned_code_has_an_index(db, column):
    assert f"ix_products_{column}" in indexes(db)


@pytest.mark.operations
def test_old_twins_stop_the_upgrade_with_their_names_and_nothing_is_half_done(app, db, caplog):
    make_product(sku="AB-1")
    make_product(sku="CD-2")
    migrations.bind(app)
    flask_migrate.downgrade(revision=BEFORE)
    rename(db, "CD-2", "ab-1")
    with caplog.at_level(logging.ERROR), pytest.raises(SystemExit):
        flask_migrate.upgrade()
    assert "products.sku" in caplog.text and "AB-1, ab-1" in caplog.text
    assert "ix_products_gtin" not in indexes(db)
    assert db.session.scalar(text("SELECT version_num FROM alembic_version")) == BEFORE
    db.session.rollback()
    rename(db, "ab-1", "CD-2")
    flask_migrate.upgrade(revision="+1")
    assert db.session.scalar(text("SELECT version_num FROM alembic_version")) > BEFORE


def indexes(db) -> set[str]:
    is_sqlite = db.engine.dialect.name == "sqlite"
    names = (
        "SELECT name FROM sqlite_master WHERE type = 'index'"
        if is_sqlite
        else "SELECT indexname FROM pg_indexes"
    )
    return set(db.session.scalars(text(names)))


def rename(db, sku, other):
    db.session.execute(
        text("UPDATE products SET sku = :other WHERE sku = :sku"), {"sku": sku, "other": other}
    )
    db.session.commit()
