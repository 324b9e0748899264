"""`flask demo --scale N`: a shop of any size hangs together as if each order had been entered."""

import pytest
from sqlalchemy import func, select

from webapp.authority.models import SandboxNote
from webapp.catalog.models import Product, StockMovement
from webapp.customers.models import Customer
from webapp.demo import scale
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.messages.models import Message
from webapp.platform.text import fold
from webapp.processing.pipeline import owing_queues
from webapp.rules.models import Effect
from webapp.sales.models import Sale, Shipping, Status
from webapp.store.models import Series

pytestmark = [pytest.mark.both_databases, pytest.mark.operations]
ORDERS = 500


def _count(db, *which):
    return db.session.scalar(select(func.count()).where(*which))


def test_a_big_shop_hangs_together_and_fills_an_empty_one_only(db):
    told: list[int] = []
    assert scale.fill(ORDERS, told.append)
    assert sum(told) == ORDERS
    assert not scale.fill(ORDERS, told.append)
    assert _of_each(db) == [ORDERS, ORDERS // 5, ORDERS // 10 // 16 * 16 + 16]
    _is_mostly_done(db)
    _numbers_are_consecutive(db)
    _stock_is_the_sum_of_its_movements(db)
    _texts_are_each_order_s_own(db)
    assert owing_queues() == []


def _of_each(db):
    return [_count(db, model.id > 0) for model in (Sale, Customer, Product)]


def _is_mostly_done(db):
    assert _count(db, Sale.shipping == Shipping.DELIVERED) > ORDERS * 0.8
    assert _count(db, Sale.needs_person) < ORDERS * 0.01
    assert _count(db, Sale.status == Status.OPEN, Sale.hold_until.is_(None)) == 0
    newest = db.session.scalars(select(Sale.created_at).order_by(Sale.id)).all()
    assert newest == sorted(newest)


def _numbers_are_consecutive(db):
    issued = (InvoiceStatus.AUTHORIZED, InvoiceStatus.CANCELLED)
    query = select(Invoice).where(Invoice.status.in_(issued)).order_by(Invoice.id)
    notes = db.session.scalars(query).all()
    assert [note.number for note in notes] == list(range(1, len(notes) + 1))
    assert db.session.scalars(select(Series.next_number)).one() == len(notes) + 1
    assert _count(db, SandboxNote.number > 0) == len(notes)
    for note in notes:
        assert (
            note.access_key.encode() in note.proc_xml
            and note.access_key.encode() in note.signed_xml
        )
        assert f"<nNF>{note.number}</nNF>".encode() in note.proc_xml


def _stock_is_the_sum_of_its_movements(db):
    moved = select(func.sum(StockMovement.change)).where(StockMovement.product_id == Product.id)
    last = (
        select(StockMovement.balance)
        .where(StockMovement.product_id == Product.id)
        .order_by(StockMovement.id.desc())
        .limit(1)
    )
    query = select(Product.stock, moved.scalar_subquery(), last.scalar_subquery())
    rows = db.session.execute(query.where(Product.stock.is_not(None))).all()
    assert rows and all(stock == summed == balance for stock, summed, balance in rows)


def _texts_are_each_order_s_own(db):
    sale = db.session.scalars(select(Sale).order_by(Sale.id.desc())).first()
    assert sale.reference == f"WEB-{100_000 + ORDERS - 1}"
    assert sale.search_text == sale.text_to_search()
    customer = sale.customer
    assert fold(customer.name) in customer.search_text
    assert sale.customer_name == sale.customer.name
    assert sale.customer_document == sale.customer.document
    slip = db.session.scalars(select(PackingSlip).order_by(PackingSlip.id.desc())).first()
    assert [item["sku"] for item in slip.items] == [line.sku for line in slip.sale.lines]
    message = db.session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert message.recipient == message.sale.customer_email
    assert _count(db, Effect.sale_id == sale.id) > 0
