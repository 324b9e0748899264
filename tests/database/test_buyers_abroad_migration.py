"""Customers before buyers abroad were known keep their orders, and may go back to that."""

import flask_migrate
import pytest
from sqlalchemy import inspect, select, text

from tests.factories import make_product, make_sale
from webapp import migrations
from webapp.customers.models import Customer
from webapp.sales.models import Sale

BEFORE, AFTER = "0012", "0013"


@pytest.mark.operations
@pytest.mark.both_databases
def test_customers_are_taken_over_with_their_orders(app, db):
    make_product(sku="BOOK-1")
    sale = make_sale()
    abroad = make_sale(
        customer={"name": "Ana", "email": "ana@example.pt"}, address={"country": "PT"}
    )
    ids = (sale.customer_id, abroad.customer_id)
    db.session.remove()

    migrations.bind(app)
    flask_migrate.downgrade(revision=BEFORE)
    written = db.session.execute(text("SELECT document FROM customers ORDER BY id")).scalars()
    assert list(written) == ["11144477735", f"EX{ids[1]}"]
    db.session.remove()

    flask_migrate.upgrade(revision=AFTER)
    assert tuple(db.session.scalars(select(Sale.customer_id).order_by(Sale.id))) == ids
    document = db.session.scalar(select(Customer.document).where(Customer.id == ids[0]))
    assert document == "11144477735"
    columns = inspect(db.session.connection()).get_columns("customers")
    assert next(each for each in columns if each["name"] == "document")["nullable"]
    if db.engine.dialect.name == "sqlite":
        assert db.session.scalar(text("PRAGMA foreign_keys")) == 1
        assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
