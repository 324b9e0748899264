"""What is to be fetched for many orders, by the place at which it stands."""

from collections import Counter

from tests.factories import make_product, sign_in
from tests.support.packing_slips import to_pack
from webapp.fulfilment.parcels.picking import Pick, pick_list
from webapp.fulfilment.parcels.queries import slips_by_ids
from webapp.platform.clock import utc_now


def three_orders() -> list[int]:
    """Of a kit and its parts, one of them half packed."""
    make_product(sku="CUP", name="Cup", shelf="A-10")
    make_product(sku="PEN", name="Pen", shelf="A-2", gtin="7891000315507")
    parts = [{"sku": "PEN", "quantity": 1}, {"sku": "CUP", "quantity": 2}]
    make_product(sku="KIT", ncm="73239300", stock=None, parts=parts)
    make_product(sku="VASE", name="Vase")
    slips = [
        to_pack("KIT", "CUP", reference="WEB-1"),
        to_pack("VASE", "PEN", reference="WEB-2", quantity=3),
        to_pack("VASE", reference="WEB-3"),
    ]
    slips[1].parcel.put(Counter({(2, "PEN"): 1}), "here", "", utc_now())
    slips[2].pack(utc_now())
    return [slip.id for slip in slips]


def test_what_is_in_no_parcel_yet_in_the_order_of_the_places(db):
    picks = pick_list(slips_by_ids(three_orders()))
    assert [(pick.shelf, pick.sku, pick.quantity, pick.orders_text) for pick in picks] == [
        ("A-2", "PEN", 3, "WEB-1, WEB-2 (2)"),
        ("A-10", "CUP", 3, "WEB-1 (3)"),
        ("", "VASE", 3, "WEB-2 (3)"),
    ]


def test_places_are_walked_by_their_numbers():
    shelves = ["b 1", "", "A-10", "A-2", "A-2-1", "2", "10"]
    walked = sorted((Pick("", "", shelf) for shelf in shelves), key=lambda pick: pick.place)
    assert [pick.shelf for pick in walked] == ["2", "10", "A-2", "A-2-1", "A-10", "b 1", ""]


def test_marked_slips_or_those_of_the_list_on_paper_and_as_a_file(client, db):
    ids = three_orders()
    db.session.commit()
    sign_in(client)
    marked = client.post("/packing-slips/picking", data={"ids": f"{ids[0]},{ids[2]}"})
    page = client.get(marked.location).text
    assert "for 1 order" in page and "1 packing slip is passed over" in page
    assert "WEB-1 (3)" in page and "WEB-2" not in page
    file = client.get("/packing-slips/picking.csv?q=WEB-2").text
    assert file.splitlines()[1] == "A-2,PEN,Pen,'7891000315507,2,WEB-2 (2)"
