"""The demo shop's sales come out as its story tells: states, effects, amounts, notes and stock."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from tests.factories import work_off
from tests.support import worlds
from webapp.catalog.models import Product, StockMovement
from webapp.customers.forms import AddressIn
from webapp.demo.load import load_demo
from webapp.fiscal.tax_book import EXAMPLE_BOOK
from webapp.fiscal.taxes import assess
from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.memberships.models import Membership
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.fulfilment.tasks.models import Task
from webapp.invoices.composition import note_of
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.invoices.queries import invoice_of
from webapp.messages.models import Message
from webapp.processing.attention import correct_address
from webapp.processing.review import approve
from webapp.rules.models import Effect
from webapp.sales.models import Sale, Shipping, Status
from webapp.store.queries import the_shop

# reference: status, kinds of effects, commission, note lines with CFOP
STORY = {
    "WEB-2001": (
        "invoiced",
        "commission packing_slip",
        "13.33",
        [("FI-0002", "5102"), ("FI-0001", "5102")],
    ),
    "WEB-2002": ("attention", "", "0.00", None),
    "WEB-2003": ("attention", "", "0.00", None),
    "WEB-2004": (
        "invoiced",
        "commission packing_slip royalty_slip",
        "17.98",
        [("LV-0001", "6108"), ("LV-0002", "6108")],
    ),
    "WEB-2005": (
        "invoiced",
        "add_item commission packing_slip",
        "4.99",
        [("VD-0001", "6108"), ("VD-0002", "6910")],
    ),
    "WEB-2006": ("completed", "email", "0.00", None),
    "WEB-2007": ("completed", "task", "0.00", None),
    "B2B-2008": (
        "review",
        "commission hold packing_slip royalty_slip",
        "386.40",
        [("LV-0001", "5102"), ("FI-0003", "5102")],
    ),
    "WEB-2009": ("open", "", "0.00", None),
}


@worlds.scene
def worked_off_demo() -> None:
    load_demo()
    work_off()


@pytest.fixture
def demo(db):
    worked_off_demo()
    return {sale.reference: sale for sale in db.session.scalars(select(Sale))}


def _kinds(sale):
    return " ".join(sorted(set(_scalars(select(Effect.kind).where(Effect.sale_id == sale.id)))))


def _scalars(query):
    from webapp.platform.database import db

    return list(db.session.scalars(query))


def _lines(sale):
    note = note_of(sale, the_shop())
    day = date(2026, 11, 20)
    return [(item.sku, assess(note, item, day, EXAMPLE_BOOK).cfop) for item in note.items]


@pytest.mark.both_databases
def test_each_sale_ends_where_its_story_says(demo):
    told = {}
    for reference, sale in demo.items():
        commission = sum(
            _scalars(select(Commission.amount).where(Commission.sale_id == sale.id)),
            Decimal("0.00"),
        )
        lines = _lines(sale) if invoice_of(sale.id) else None
        told[reference] = (str(sale.status), _kinds(sale), str(commission), lines)
    assert told == STORY


def test_the_ski_disc_brings_its_gift_at_full_discount(demo):
    sale = demo["WEB-2005"]
    gift = sale.lines[1]
    assert (gift.sku, gift.gift, gift.quantity, gift.unit_price, gift.discount, gift.total) == (
        "VD-0002",
        True,
        1,
        Decimal("29.90"),
        Decimal("29.90"),
        Decimal("0.00"),
    )
    slip = _scalars(select(PackingSlip).where(PackingSlip.sale_id == sale.id))[0]
    assert [item["sku"] for item in slip.items] == ["VD-0001", "VD-0002"]
    assert invoice_of(sale.id).total == Decimal("49.90")


def test_royalties_are_those_of_each_book(demo):
    slips = _scalars(
        select(RoyaltySlip)
        .where(RoyaltySlip.sale_id == demo["WEB-2004"].id)
        .order_by(RoyaltySlip.sku)
    )
    assert [(slip.sku, slip.percent) for slip in slips] == [
        ("LV-0001", Decimal("10.00")),
        ("LV-0002", Decimal("8.00")),
    ]
    assert slips[0].amount == Decimal("17.98")


def test_a_stream_sends_its_link_and_an_upgrade_without_membership_opens_a_task(demo):
    message = _scalars(select(Message).where(Message.sale_id == demo["WEB-2006"].id))[0]
    assert message.params["items"][0]["url"] == "https://videos.example.com/orientacao-na-trilha"
    task = _scalars(select(Task))[0]
    assert (task.code, task.sale_id) == ("upgrade_without_membership", demo["WEB-2007"].id)


@pytest.mark.both_databases
def test_what_was_sold_left_the_stock_and_every_movement_tells_it(demo):
    after = {
        "FI-0001": 79,
        "FI-0002": 147,
        "FI-0003": 11,
        "FI-0004": 2,
        "LV-0001": 78,
        "LV-0002": 34,
        "VD-0001": 39,
        "VD-0002": 59,
        "VD-0003": 5,
    }
    assert dict(_rows(select(Product.sku, Product.stock).where(Product.sku.in_(after)))) == after
    sums = _rows(
        select(Product.stock, func.sum(StockMovement.change))
        .join(StockMovement)
        .group_by(Product.id, Product.stock)
    )
    assert sums and all(stock == total for stock, total in sums)


def _rows(query):
    from webapp.platform.database import db

    return [tuple(row) for row in db.session.execute(query)]


def test_numbers_are_consecutive_and_keys_are_their_own(demo):
    numbers = _rows(
        select(Invoice.number, Invoice.access_key).where(Invoice.status == InvoiceStatus.AUTHORIZED)
    )
    assert sorted(number for number, _key in numbers) == [1, 2, 3]
    assert all(int(key[25:34]) == number for number, key in numbers)


@pytest.mark.parametrize(
    ("reference", "mend"),
    [
        ("WEB-2002", {"street": "Rua das Araucárias", "neighborhood": "Centro"}),
        ("WEB-2003", {"zip_code": "90420-200"}),
    ],
)
def test_a_mended_address_lets_the_sale_go_on(demo, db, reference, mend):
    sale = demo[reference]
    correct_address(sale, AddressIn(**sale.address_parts | mend))
    db.session.commit()
    work_off()
    assert sale.status is Status.INVOICED
    assert sale.shipping is Shipping.TO_PACK
    assert _kinds(sale) == "packing_slip"
    assert {line[1] for line in _lines(sale)} == {"6108"}


def test_a_held_sale_does_nothing_outside_until_it_is_released(demo, db):
    sale = demo["B2B-2008"]
    invoice = invoice_of(sale.id)
    slip = _scalars(select(PackingSlip).where(PackingSlip.sale_id == sale.id))[0]
    assert (invoice.status, invoice.number, slip.released_at) == (InvoiceStatus.REVIEW, None, None)
    assert not _scalars(select(Message).where(Message.sale_id == sale.id))
    for _twice in range(2):
        approve(invoice, "ana@example.com")
        db.session.commit()
        work_off()
    assert (sale.status, invoice.number) == (Status.INVOICED, 4)
    assert slip.released_at
    assert len(_scalars(select(Message).where(Message.sale_id == sale.id))) == 1


def test_loading_the_demo_twice_changes_nothing(demo, db):
    assert load_demo() is False
    assert db.session.scalar(select(func.count()).select_from(Sale)) == len(STORY)
    assert db.session.scalar(select(func.count()).select_from(Membership)) == 2
