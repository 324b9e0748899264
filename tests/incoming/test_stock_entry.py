"""A supplier's note becomes stock with its cost, once."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from tests.factories import make_product, open_shop, sign_in
from tests.support.incoming_notes import a_file, an_event, an_item, key_of, own_file, take_in
from webapp.audit.models import AuditEntry
from webapp.catalog.models import Product, StockMovement
from webapp.incoming.forms import StockEntryIn
from webapp.incoming.models import IncomingNote, NoteStatus, StockEntryLine
from webapp.incoming.queries import note_by_id
from webapp.incoming.stock_entry import entry_lines, take_into_stock
from webapp.platform.database import db as database
from webapp.platform.errors import Invalid, Refusal

# Three mugs of 45.50 with 9.90 of freight and 6.00 of discount: 140.40, 46.80 each.
MUGS = an_item(freight=Decimal("9.90"), discount=Decimal("6.00"))
BOX = an_item(sku="CX-12", name="Caixa com 12 lanternas", quantity=2, unit_price=Decimal("120.00"))


@pytest.fixture
def shop(db):
    open_shop()
    make_product(sku="FI-0002", stock=5, cost="40.00")
    make_product(sku="LANTERNA", stock=0)


def brought(*items, **changes) -> IncomingNote:
    take_in(a_file(items=items or (MUGS, BOX), **changes))
    database.session.rollback()
    return database.session.scalars(select(IncomingNote).order_by(IncomingNote.id.desc())).first()


def entry(*lines: tuple[str, int]) -> StockEntryIn:
    return StockEntryIn(lines=[{"sku": sku, "units": units} for sku, units in lines])


def product(sku: str) -> Product:
    database.session.expire_all()
    return database.session.scalars(select(Product).where(Product.sku == sku)).one()


def test_goods_go_into_stock_at_what_they_cost(shop):
    note = brought()

    pieces = take_into_stock(note, entry(("FI-0002", 1), ("LANTERNA", 12)))
    database.session.commit()

    assert pieces == 27
    mug, lantern = product("FI-0002"), product("LANTERNA")
    assert (mug.stock, mug.cost) == (8, Decimal("46.80"))
    assert (lantern.stock, lantern.cost) == (24, Decimal("10.00"))
    assert note_by_id(note.id).status is NoteStatus.STOCKED
    moved = database.session.scalars(select(StockMovement).order_by(StockMovement.id.desc()))
    assert moved.first().reason == "NF-e 101 · Livraria Horizonte Ltda"
    told = database.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    of_note = [entry.after for entry in told if entry.why.startswith("NF-e 101")]
    costs = [after["cost"] for after in of_note if "cost" in after]
    assert costs == ["46.80", "10.00"]


def test_it_is_taken_once(shop):
    note = brought()
    take_into_stock(note, entry(("FI-0002", 1), ("", 1)))
    with pytest.raises(Refusal):
        take_into_stock(note, entry(("FI-0002", 1), ("", 1)))
    assert product("FI-0002").stock == 8


def test_the_next_note_of_the_supplier_is_proposed_by_the_last_one(shop):
    first = [line.product and line.product.sku for line in entry_lines(brought())]
    assert first == ["FI-0002", None]
    take_into_stock(brought(), entry(("FI-0002", 1), ("LANTERNA", 12)))
    database.session.commit()

    lines = entry_lines(brought(BOX, number=102))

    assert [(line.product.sku, line.units, line.quantity) for line in lines] == [
        ("LANTERNA", 12, 24)
    ]


def test_two_items_of_one_product_share_a_cost(shop):
    note = brought(MUGS, an_item(sku="FI-9", quantity=1, unit_price=Decimal("10.00")))
    take_into_stock(note, entry(("FI-0002", 1), ("fi-0002", 1)))
    # 140.40 + 10.00 for four.
    assert (product("FI-0002").stock, product("FI-0002").cost) == (9, Decimal("37.60"))


def test_what_comes_for_nothing_leaves_the_cost_as_it_was(shop):
    take_into_stock(brought(an_item(quantity=2, unit_price=Decimal("0.00"))), entry(("FI-0002", 1)))
    assert (product("FI-0002").stock, product("FI-0002").cost) == (7, Decimal("40.00"))


def test_what_cannot_be_is_told_at_its_lines_and_nothing_moves(shop):
    make_product(sku="PLANO", kind="membership")
    note = brought(MUGS, BOX, an_item(sku="KG", quantity=1), an_item(sku="M", quantity=999))
    with pytest.raises(Invalid) as refused:
        take_into_stock(note, entry(("NADA", 1), ("PLANO", 1), ("", 1), ("", 1)))
    assert [error.field for error in refused.value.errors] == ["lines.0.sku", "lines.1.sku"]
    with pytest.raises(Invalid) as refused:
        take_into_stock(note, entry(("", 1), ("", 1), ("FI-0002", 1), ("LANTERNA", 99_999)))
    assert [error.field for error in refused.value.errors] == ["lines.3.sku"]
    database.session.rollback()
    assert product("FI-0002").stock == 5


def test_notes_that_bring_nothing_are_refused(shop):
    note = brought()
    with pytest.raises(Refusal):
        take_into_stock(note, entry(("", 1), ("", 1)))
    with pytest.raises(Refusal):
        take_into_stock(note, entry(("FI-0002", 1)))
    take_in(an_event(key_of(note.content)), own_file(number=9))
    database.session.rollback()
    for other in database.session.scalars(select(IncomingNote)):
        with pytest.raises(Refusal):
            take_into_stock(other, entry(("FI-0002", 1), ("", 1)))


def test_a_clerk_takes_it_from_the_page_and_a_wrong_line_stays_as_typed(shop, client):
    note = brought()
    sign_in(client, "clerk")
    place = f"/incoming/{note.id}"
    assert 'value="FI-0002"' in client.get(place).text
    typed = {
        "lines.0.sku": "FI-0002",
        "lines.0.units": "1",
        "lines.1.sku": "LANT",
        "lines.1.units": "12",
    }
    again = client.post(f"{place}/stock-entry", data=typed)
    assert again.status_code == 422
    assert 'value="LANT"' in again.text and "no product with the SKU LANT" in again.text

    done = client.post(f"{place}/stock-entry", data=typed | {"lines.1.sku": "LANTERNA"})
    assert done.status_code == 303
    page = client.get(place).text
    assert "27 pieces are in stock now." in page and "In stock" in page
    assert client.post(f"{place}/stock-entry", data=typed).status_code == 422
    assert [line.quantity for line in database.session.scalars(select(StockEntryLine))] == [3, 24]


def test_a_note_cancelled_after_it_was_taken_says_so(shop, client):
    note = brought()
    take_into_stock(note, entry(("FI-0002", 1), ("", 1)))
    database.session.commit()
    take_in(an_event(note.access_key))
    sign_in(client, "clerk")
    assert "Cancelled after its goods went into stock" in client.get(f"/incoming/{note.id}").text
