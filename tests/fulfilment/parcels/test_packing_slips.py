"""Packing slips: what stands on them, and what they wait for."""

import pytest

from tests.factories import make_product, make_sale, open_shop, sign_in, work_off
from tests.support.processed_sales import PLACE, book, shop_that_holds, sold
from webapp.fulfilment.parcels.models import PackingSlip, SlipStatus
from webapp.invoices.queries import invoice_of
from webapp.processing.review import approve
from webapp.sales.models import Shipping, Status


def slip_of(db, sale) -> PackingSlip:
    return db.session.scalars(db.select(PackingSlip).where(PackingSlip.sale_id == sale.id)).one()


def test_goods_with_an_authorized_nfe_are_to_be_packed(db, client):
    open_shop()
    sale = sold(make_product(name="Mug", weight_g=350).sku, reference="WEB-1")
    assert slip_of(db, sale).status is SlipStatus.TO_PACK
    sign_in(client)
    page = client.get("/packing-slips").text
    assert (
        f'id="sale-{sale.id}" data-status="to_pack"' in page
        and "WEB-1" in page
        and "1 × Mug" in page
    )


def test_without_its_nfe_a_slip_says_that_it_waits(db, client):
    sale = sold(make_product().sku)  # the shop has no data to issue with: the NF-e fails its checks
    slip = slip_of(db, sale)
    assert (sale.status, slip.status) == (Status.ATTENTION, SlipStatus.AWAITING_NFE)
    sign_in(client)
    assert (
        "nothing leaves before the NF-e is authorized"
        in client.get(f"/packing-slips/{slip.id}").text
    )


def test_a_held_slip_says_so_until_a_person_releases_it(db, client):
    shop_that_holds()
    sale = sold(make_product().sku)
    slip = slip_of(db, sale)
    assert slip.status is SlipStatus.HELD
    sign_in(client)
    assert (
        "Pack nothing until a person releases it." in client.get(f"/packing-slips/{slip.id}").text
    )
    approve(invoice_of(sale.id), "reviewer@example.com")
    db.session.commit()
    assert slip.status is SlipStatus.AWAITING_NFE
    work_off()
    assert slip_of(db, sale).status is SlipStatus.TO_PACK


def test_a_slip_bears_sender_recipient_items_weight_and_the_nfe(db, client):
    open_shop()
    mug, lamp = make_product(name="Mug", weight_g=350), make_product(name="Lamp", weight_g=900)
    sale = sold(mug.sku, lamp.sku)
    sign_in(client)
    page = client.get(f"/packing-slips/{slip_of(db, sale).id}").text
    for text in (
        "Pico Nevado",
        "José da Conceição",
        "•••.444.777-••",
        "Praça da Sé, 101",
        "01001-000",
        "Mug",
        "Lamp",
        "06243-110",
        "1.25 kg",
        "Pix",
        "Parcels",
        invoice_of(sale.id).access_key,
    ):
        assert text in page.replace(" ", "") or text in page


def test_a_book_brings_the_duplicate_for_the_royalty_department(db, client):
    open_shop()
    with_book, without = sold(book(name="Crossings")), sold(make_product().sku)
    sign_in(client)
    page = client.get(f"/packing-slips/{slip_of(db, with_book).id}").text
    assert (
        "Duplicate for the royalty department" in page and "10.00 %" in page and "R$10.00" in page
    )
    assert "Duplicate" not in client.get(f"/packing-slips/{slip_of(db, without).id}").text


def test_names_are_text_not_markup(db, client):
    sale = sold(make_product(name="<script>alert(1)</script>").sku)
    sign_in(client)
    for path in ("/packing-slips", f"/packing-slips/{slip_of(db, sale).id}"):
        page = client.get(path).text
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page


# Each state of a sale with the one tab that shows its slip, besides "All".
@pytest.mark.parametrize(
    ("released", "status", "shipping", "tab"),
    [
        (False, Status.REVIEW, Shipping.TO_PACK, "held"),
        (True, Status.INVOICE, Shipping.TO_PACK, "awaiting_nfe"),
        (True, Status.ATTENTION, Shipping.PACKED, "awaiting_nfe"),
        (True, Status.INVOICED, Shipping.TO_PACK, "to_pack"),
        (True, Status.INVOICED, Shipping.PACKED, "packed"),
        (True, Status.INVOICED, Shipping.SHIPPED, "shipped"),
        (True, Status.COMPLETED, Shipping.DELIVERED, "delivered"),
        (True, Status.CANCELLED, Shipping.TO_PACK, "cancelled"),
        (False, Status.CANCELLED, Shipping.TO_PACK, "cancelled"),
    ],
)
def test_each_slip_stands_under_one_tab(db, client, released, status, shipping, tab):
    open_shop()
    sale = sold(make_product().sku)
    slip = slip_of(db, sale)
    sale.status, sale.shipping, slip.released_at = (
        status,
        shipping,
        slip.released_at if released else None,
    )
    db.session.commit()
    row = f'id="sale-{sale.id}" data-status="{tab}"'
    sign_in(client)
    shown = [each for each in SlipStatus if row in client.get(f"/packing-slips?status={each}").text]
    assert shown == [tab] and row in client.get("/packing-slips").text


def test_a_slip_is_found_by_order_or_customer(db, client):
    sale = sold(make_product().sku, reference="WEB-77")
    sign_in(client)
    for words in ("web-77", "conceicao", "11144477735"):
        page = client.get(f"/packing-slips?q={words}", follow_redirects=True).text
        assert f'id="sale-{sale.id}"' in page
    assert "No results" in client.get("/packing-slips?q=nobody").text


def test_a_row_can_be_fetched_alone(db, client):
    sale = sold(make_product().sku)
    sign_in(client)
    assert f'<tr id="sale-{sale.id}"' in client.get(f"/packing-slips/rows?ids={sale.id}").text


def test_an_empty_list_teaches_what_fills_it(db, client):
    sign_in(client)
    assert "When an order with goods is paid" in client.get("/packing-slips").text


@pytest.mark.parametrize("slip_id", ["1", "99999999999999999999"])
def test_a_slip_that_is_not_there_is_not_found(db, client, slip_id):
    sign_in(client)
    assert client.get(f"/packing-slips/{slip_id}").status_code == 404


def test_pages_follow_each_other_without_gap_or_repeat(db, client):
    open_shop()
    sku = make_product(stock=200).sku
    for _number in range(51):
        make_sale(sku=sku, address=PLACE)
    work_off()
    sign_in(client)
    first = " ".join(client.get("/packing-slips").text.split())
    assert first.count('id="sale-') == 50
    second = client.get(
        first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    ).text
    assert second.count('id="sale-') == 1
