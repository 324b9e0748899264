"""Rows written by plain statements bring what a flush brings."""

import pytest
from sqlalchemy import inspect, select, update
from sqlalchemy.orm.exc import StaleDataError

from tests.factories import make_product, make_sale
from webapp.audit.models import AuditEntry
from webapp.audit.writing import insert_now, write_all
from webapp.catalog.models import Product, StockMovement
from webapp.platform.notices import notices_of
from webapp.rules.models import Decision, Effect
from webapp.sales.models import Sale, Status

pytestmark = pytest.mark.both_databases


def products(db) -> list[Product]:
    return list(db.session.scalars(select(Product).order_by(Product.id)))


def test_changes_are_counted_audited_and_told(db):
    for sku in ("CUP", "SKI"):
        make_product(sku=sku, price="10.00")
    cup, ski = products(db)
    before = cup.version, ski.version, cup.updated_at
    cup.price, ski.price, ski.name = cup.price + 1, ski.price + 1, "Ski"
    told = {("product", cup.id): "active", ("product", ski.id): "active"}
    write_all(db.session())
    assert notices_of(db.session).rows == told
    assert not list(db.session)
    db.session.commit()

    cup, ski = products(db)
    assert (cup.version, ski.version) == (before[0] + 1, before[1] + 1)
    assert cup.updated_at > before[2] and ski.name == "Ski"
    entries = select(AuditEntry.subject_name, AuditEntry.after).where(
        AuditEntry.action == "changed", AuditEntry.subject == "products"
    )
    assert sorted(map(tuple, db.session.execute(entries))) == [
        ("CUP", {"price": "11.00"}),
        ("SKI", {"name": "Ski", "price": "11.00"}),
    ]


def test_what_did_not_change_is_not_written(db):
    version = make_product(sku="CUP", price="10.00").version
    (cup,) = products(db)
    cup.price = cup.price + 0
    write_all(db.session())
    db.session.commit()
    assert products(db)[0].version == version


def test_new_rows_stand_to_each_other(db):
    make_sale()
    sale = db.session.scalars(select(Sale)).one()
    decision = Decision(sale_id=sale.id, event="paid", rule_set_id=1, facts={}, outcomes=[])
    facts = {"sale_id": sale.id, "event": "paid", "kind": "email", "rule": "R"}
    db.session.add(decision)
    db.session.add_all(Effect(decision=decision, target=name, **facts) for name in ("a", "b"))
    write_all(db.session())
    db.session.commit()

    effects = list(db.session.scalars(select(Effect).order_by(Effect.id)))
    assert [effect.target for effect in effects] == ["a", "b"]
    assert {effect.decision for effect in effects} == {db.session.scalars(select(Decision)).one()}
    assert effects[0].created_at and effects[0].params == {}


def test_a_row_that_another_one_changed_is_not_written_over(db):
    make_sale()
    sale = db.session.scalars(select(Sale)).one()
    sale.park_in(Status.CANCELLED)
    db.session.connection().execute(update(Sale.__table__).values(version=sale.version + 1))
    with pytest.raises(StaleDataError):
        write_all(db.session())
    db.session.rollback()
    assert db.session.scalars(select(Sale.status)).one() is not Status.CANCELLED


def test_nothing_of_a_new_row_is_read_back(db):
    cup = make_product(sku="CUP", price="10.00")
    moved = StockMovement(product_id=cup.id, change=1, balance=1, reason="count", actor="ana")
    insert_now(db.session(), moved)
    assert moved.__dict__["sale_id"] is None
    unread = inspect(moved).unloaded & {column.key for column in inspect(StockMovement).columns}
    assert not unread
