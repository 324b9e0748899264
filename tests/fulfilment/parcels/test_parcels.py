"""The parcels of a packing slip: what is in them, and what each weighs."""

from collections import Counter

from tests.factories import api, make_product, make_token, open_shop
from tests.support.packing_slips import slip_of
from tests.support.processed_sales import sold
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.platform.clock import utc_now


def kit_and_mugs(db) -> PackingSlip:
    """A kit of a pen and two cups, 300 g, and two mugs of 350 g each."""
    open_shop()
    make_product(sku="PEN")
    make_product(sku="CUP")
    parts = [{"sku": "PEN", "quantity": 1}, {"sku": "CUP", "quantity": 2}]
    make_product(sku="KIT", ncm="73239300", stock=None, weight_g=300, parts=parts)
    make_product(sku="MUG", weight_g=350)
    return slip_of(sold("KIT", "MUG", "MUG").id)


def test_a_slip_has_an_open_parcel_from_the_start(db, client):
    slip = kit_and_mugs(db)
    assert (slip.parcel.number, slip.parcel.items, slip.parcel.closed_at) == (1, [], None)
    answer = api(client, make_token()).get(f"/sales/{slip.sale_id}/packing-slip")
    assert answer.json["parcel"] == slip.parcel.id


def test_marked_as_packed_its_parcel_has_all_of_it(db):
    slip = kit_and_mugs(db)
    slip.pack(utc_now())
    assert slip.parcel.units() == Counter(
        {(1, "PEN"): 1, (1, "CUP"): 2, (2, "MUG"): 1, (3, "MUG"): 1}
    )
    assert slip.parcel.closed_at and slip.parcel.weight_g == 300 + 350 + 350
    slip.unpack()
    assert (slip.parcel.items, slip.parcel.closed_at, slip.parcel.weight_g) == ([], None, 0)


def test_what_comes_off_a_packed_slip_empties_its_parcel(db):
    slip = kit_and_mugs(db)
    slip.pack(utc_now())
    slip.keep({1: 1, 2: 1, 3: 0})
    assert slip.parcel.items == [] and slip.parcel.closed_at is None
    slip.ship("Correios", "", utc_now())
    assert slip.parcel.units()[2, "MUG"] == 1 and slip.parcel.weight_g == 650
