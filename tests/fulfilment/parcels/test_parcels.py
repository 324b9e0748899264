"""The parcels of a packing slip: what is in them, and what each weighs."""

from collections import Counter

from tests.factories import api, make_token
from tests.support.packing_slips import kit_and_mugs, slips
from webapp.platform.clock import utc_now


def test_a_slip_has_an_open_parcel_from_the_start(db, client):
    (slip,) = slips("WEB-1")
    assert (slip.parcel.number, slip.parcel.items, slip.parcel.closed_at) == (1, [], None)
    answer = api(client, make_token()).get(f"/sales/{slip.sale_id}/packing-slip")
    assert answer.json["parcel"] == slip.parcel.id


def test_marked_as_packed_its_parcel_has_all_of_it(db):
    slip = kit_and_mugs()
    slip.pack(utc_now())
    assert slip.parcel.units() == Counter(
        {(1, "PEN"): 1, (1, "CUP"): 2, (2, "MUG"): 1, (3, "MUG"): 1}
    )
    assert slip.parcel.closed_at and slip.parcel.weight_g == 300 + 350 + 350
    slip.unpack()
    assert (slip.parcel.items, slip.parcel.closed_at, slip.parcel.weight_g) == ([], None, 0)


def test_what_comes_off_a_packed_slip_empties_its_parcel(db):
    slip = kit_and_mugs()
    slip.pack(utc_now())
    slip.keep({1: 1, 2: 1, 3: 0})
    assert slip.parcel.items == [] and slip.parcel.closed_at is None
    slip.pack(utc_now())
    assert slip.parcel.units()[2, "MUG"] == 1 and slip.parcel.weight_g == 650
