"""A label is of its parcel: what was packed into that one, what it weighs and what it is worth."""

from collections import Counter
from decimal import Decimal

from tests.support.packing_slips import kit_and_mugs
from webapp.fulfilment.labels.composition import insured_value, order_of
from webapp.fulfilment.labels.models import Label
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.platform.clock import utc_now
from webapp.store.queries import the_shop


def told_of(slip: PackingSlip, number: int) -> dict:
    box = {"height_cm": 10, "width_cm": 20, "length_cm": 30}
    weight = slip.weight_of_volume(number)
    label = Label(slip=slip, number=number, service="1", weight_g=weight, reference="r", **box)
    return order_of(label, "", the_shop())


def goods_of(slip: PackingSlip, number: int) -> list[tuple[int, float]]:
    return [(each["quantity"], each["unitary_value"]) for each in told_of(slip, number)["products"]]


def test_each_label_tells_what_was_packed_into_its_parcel(db):
    # The kit of a pen and two cups, and each of the mugs, costs 129.90.
    slip, now = kit_and_mugs(), utc_now()
    slip.describe(2, "")
    assert insured_value(slip, 1) == insured_value(slip, 2) == Decimal("194.85")
    assert slip.weight_of_volume(1) == 500 and len(goods_of(slip, 2)) == 3
    slip.parcel.put(Counter({(1, "CUP"): 1, (2, "MUG"): 1}), "one", "a", now)
    slip.add_parcel("one", now)
    rest = Counter({(1, "PEN"): 1, (1, "CUP"): 1, (3, "MUG"): 1})
    slip.parcel.put(rest, "one", "b", now)
    assert goods_of(slip, 1) == [(1, 43.3), (1, 129.9)]
    assert goods_of(slip, 2) == [(1, 43.3), (1, 43.3), (1, 129.9)]
    told = [told_of(slip, number) for number in (1, 2)]
    assert [each["volumes"][0]["weight"] for each in told] == [0.45, 0.55]
    assert [each["options"]["insurance_value"] for each in told] == [173.2, 216.5]
    # More leave than were packed: what is in them nobody told.
    slip.describe(3, "")
    assert insured_value(slip, 1) == Decimal("129.90") and slip.weight_of_volume(1) == 333
