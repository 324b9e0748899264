"""Packing slips on paper: what a sheet bears, and bar codes that a reader of another house
reads."""

import re

import pytest
from PIL import Image

from tests.factories import make_product, open_shop, sign_in, work_off
from tests.factories import make_sale as place_sale
from tests.support.packing_slips import awaiting, slip_of, slips
from tests.support.paper import bars
from tests.support.processed_sales import PLACE, book, counted, shop_that_holds, sold
from webapp.fulfilment.parcels.barcode import QUIET, bar_code
from webapp.invoices.queries import invoice_of

KEY = "35261112345678000195550010000004141123456789"


def picture(code) -> Image.Image:
    """The bars of the path, four dots to a module."""
    drawn = Image.new("L", (code.modules * 4, 80), 255)
    for at, width in re.findall(r"M(\d+) 0h(\d+)v1h-\2z", code.path):
        drawn.paste(0, (int(at) * 4, 0, (int(at) + int(width)) * 4, 80))
    return drawn


@pytest.mark.parametrize(
    "text",
    ["WEB-2001", "B-7", "1", "1234567", "a 1.2/~{}\\", "MLB-2000007654321098-A", "x" * 60, KEY],
)
def test_a_reader_reads_what_the_bars_say(text):
    assert bars(picture(bar_code(text))) == {text}


def test_an_access_key_takes_one_symbol_for_two_digits():
    # Start, 22 pairs, check digit and stop: 11 modules each, and 2 more for the stop.
    assert bar_code(KEY).modules == 25 * 11 + 2 + 2 * QUIET
    assert bar_code("x" * 60).width_mm <= 175


@pytest.mark.parametrize("text", ["", "Pedido ☕", "São-1", "a\tb", "٣", None])
def test_what_code_128_cannot_tell_has_no_bars(text):
    assert bar_code(text) is None


def test_a_sheet_bears_all_that_the_parcel_needs(db, client):
    open_shop()
    mug, gift = make_product(name="Mug", weight_g=350), make_product(name="Sticker", weight_g=10)
    sale = sold(mug.sku, gift.sku, reference="WEB-1")
    next(line for line in sale.lines if line.sku == gift.sku).gift = True
    slip = slip_of(sale.id)
    slip.describe(2, "Frágil")
    db.session.commit()
    sign_in(client)
    page = client.get(f"/packing-slips/print?ids={slip.id}").text
    invoice = invoice_of(sale.id)
    key = " ".join(re.findall("....", invoice.access_key))
    for text in (
        "Pico Nevado",
        "José da Conceição",
        "•••.444.777-••",
        "Praça da Sé, 101",
        "01001-000",
        "Mug",
        "360 g",
        "Pix",
        "Frágil",
        key,
        f"Number {invoice.number}, series {invoice.series}",
        ">WEB-1</figcaption>",
    ):
        assert text in page.replace("\xa0", " ")
    assert re.search(r"Parcels</dt>\s*<dd>\s*2\s*<", page) and re.search(
        r"Sticker <span class=\"tag\">gift", page
    )
    # The head of the items' table, which each further sheet repeats, tells whose they are.
    assert re.search(r'<thead><tr class="paper-only">\s*<th colspan="4">Packing slip WEB-1<', page)
    assert page.count('class="bar-code"') == 2 and not re.search(r"<svg[^>]*style", page)


def test_before_the_nfe_a_sheet_says_that_it_waits_and_shows_no_key(db, client):
    open_shop()
    slip = awaiting()
    sign_in(client)
    page = client.get(f"/packing-slips/print?ids={slip.id}").text
    assert (
        "Awaiting the NF-e" in page
        and "access key" not in page
        and page.count('class="bar-code"') == 1
    )


def test_a_held_sheet_says_so(db, client):
    shop_that_holds()
    slip = slip_of(sold(make_product().sku).id)
    sign_in(client)
    assert (
        "Pack nothing until a person releases it."
        in client.get(f"/packing-slips/print?ids={slip.id}").text
    )


def test_books_bring_the_royalty_departments_copy_on_a_sheet_of_its_own(db, client):
    open_shop()
    slip = slip_of(sold(book(name="Crossings"), make_product(name="Mug").sku).id)
    sign_in(client)
    copy = client.get(f"/packing-slips/print?ids={slip.id}").text.split("sheet-duplicate")[1]
    for text in (
        "Duplicate for the royalty department",
        "Crossings",
        "Lívia Prado",
        "10.00",
        "R$10.00",
    ):
        assert text in copy
    assert "Mug" not in copy


def test_sheets_come_in_the_order_asked_for_each_slip_once(db, client):
    first, second, third = slips("WEB-1", "WEB-2", "WEB-3")
    sign_in(client)
    page = client.get(f"/packing-slips/print?ids={third.id},{first.id},{third.id},999").text
    assert re.findall(r"<h2>Order (WEB-\d)</h2>", page) == ["WEB-3", "WEB-1"]


@pytest.mark.parametrize("query", ["", "?ids=", "?ids=x", "?ids=99", "?ids=99999999999999999999"])
def test_without_a_slip_there_is_nothing_to_print(db, client, query):
    sign_in(client)
    assert client.get(f"/packing-slips/print{query}").status_code == 404


def test_a_reference_that_is_no_code_is_still_told(db, client):
    open_shop()
    slip = slip_of(sold(make_product().sku, reference="Pedido ☕").id)
    sign_in(client)
    page = client.get(f"/packing-slips/print?ids={slip.id}").text
    assert "Order Pedido ☕" in page and page.count('class="bar-code"') == 1


@pytest.mark.parametrize("path", ["/packing-slips/print", "/packing-slips/shipment"])
def test_more_sheets_bring_no_more_queries(db, client, path):
    open_shop()
    sku = book()
    ids = [place_sale(sku=sku, address=PLACE).id for _number in range(5)]
    work_off()
    ids = [str(slip_of(sale_id).id) for sale_id in ids]
    sign_in(client)
    client.get(f"{path}?ids={ids[0]}")
    with counted() as few:
        client.get(f"{path}?ids={ids[0]}")
    with counted() as many:
        answer = client.get(f"{path}?ids={','.join(ids)}")
    assert answer.status_code == 200 and len(many) == len(few) <= 25
