"""Parcels are packed by scan: only what belongs into them goes in, once."""

import threading
from collections import Counter

import pytest
from lxml import html

from tests.factories import api, make_product, make_token, sign_in
from tests.support.packing_slips import kit_and_mugs, shipping_of, to_pack
from tests.support.processed_sales import counted
from tests.support.timing import processor_seconds_below
from webapp.catalog.models import Product
from webapp.fulfilment.parcels.models import PackingSlip, Parcel
from webapp.sales.models import Shipping


class Station:
    """One program, or person, that scans."""

    def __init__(self, client, name: str = "one"):
        self.calls = api(client, make_token(name=name))

    def scan(self, slip: PackingSlip, code: str, key: str = "") -> dict:
        answer = self.calls.post(f"/parcels/{slip.parcel.id}/scans", {"code": code, "key": key})
        assert answer.status_code == 200, answer.text
        return answer.json


def left(answer: dict) -> dict[str, int]:
    return {each["sku"]: each["quantity"] for each in answer["left"]}


def test_wrong_unknown_and_extra_ones_are_refused_in_words(client, db):
    slip, station = kit_and_mugs("WEB-1"), Station(client)
    make_product(sku="VASE", name="Vase")
    answers = {code: station.scan(slip, code) for code in ("VASE", "7890000000000", "  mug ")}
    assert [answer["ok"] for answer in answers.values()] == [False, False, True]
    assert answers["VASE"]["message"] == "Not of this order: Vase does not go to WEB-1."
    assert "7890000000000" in answers["7890000000000"]["message"]
    assert left(answers["  mug "]) == {"PEN": 1, "CUP": 2, "MUG": 1}
    assert station.scan(slip, "MUG")["ok"]
    third = station.scan(slip, "MUG")
    assert not third["ok"] and third["message"].startswith("Too many: all 2 of")


def test_the_last_one_closes_the_parcel_and_weighs_it_up(client, db):
    slip, station = kit_and_mugs("WEB-1"), Station(client)
    answers = [station.scan(slip, code) for code in ("CUP", "PEN", "MUG", "CUP", "MUG")]
    assert [answer["closed"] for answer in answers] == [False] * 4 + [True]
    assert answers[-1]["message"] == "Order WEB-1 is packed: 1 parcel, 1 kg."
    assert answers[-1]["left"] == []
    db.session.rollback()
    assert (slip.parcel.weight_g, slip.volumes, shipping_of(slip)) == (1000, 1, Shipping.PACKED)
    again = station.scan(slip, "MUG")
    assert not again["ok"] and again["closed"] and "closed" in again["message"]


def test_a_kits_own_code_stands_for_all_of_its_parts(client, db):
    slip, station = kit_and_mugs(), Station(client)
    assert left(station.scan(slip, "KIT")) == {"MUG": 2}
    assert not station.scan(slip, "CUP")["ok"]
    other = to_pack("KIT")
    station.scan(other, "CUP")
    assert not station.scan(other, "KIT")["ok"]
    assert left(station.scan(other, "PEN")) == {"CUP": 1}


def test_goods_are_known_by_any_code_that_the_catalog_has_now(client, db):
    make_product(sku="OLD", gtin="7891000315507")
    make_product(sku="BOOK", kind="book", isbn="9788575595596")
    slip, station = to_pack("OLD", "BOOK"), Station(client)
    db.session.execute(db.update(Product).where(Product.sku == "OLD").values(sku="NEW"))
    db.session.commit()
    assert station.scan(slip, "07891000315507", "1")["ok"]
    assert station.scan(slip, "8575595598")["closed"]


def test_a_scan_sent_twice_counts_once(client, db):
    slip, station = kit_and_mugs(), Station(client)
    for _twice in range(2):
        assert left(station.scan(slip, "MUG", key="k1"))["MUG"] == 1
    station.scan(slip, "KIT", key="k2")
    for _twice in range(2):
        answer = station.scan(slip, "MUG", key="k3")
        assert answer["ok"] and answer["closed"]


@pytest.mark.both_databases
def test_two_stations_at_once_never_count_one_twice(app, client, db):
    make_product(sku="MUG", weight_g=350)
    slip = to_pack("MUG", quantity=5)
    path, tokens = f"/parcels/{slip.parcel.id}/scans", [make_token(name=name) for name in "ab"]
    scans = [(token, key) for token in tokens for key in ("1", "1", "2")]
    gate, answers = threading.Barrier(len(scans)), []

    def run(token, key):
        calls = api(app.test_client(), token)
        gate.wait()
        answer = calls.post(path, {"code": "MUG", "key": token[:20] + key})
        answers.append((token, answer.status_code, answer.json["ok"]))

    threads = [threading.Thread(target=run, args=scan) for scan in scans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for _token, status, _ok in answers} == {200}
    # Who came first packs it; the other is told so, whatever it scans.
    assert sorted(Counter(token for token, _status, ok in answers if ok).values()) == [3]
    db.session.rollback()
    assert slip.parcel.units()[1, "MUG"] == 2


def test_what_may_not_be_packed_is_refused(client, db):
    slip, station = kit_and_mugs(), Station(client)
    assert station.calls.post("/parcels/999999/scans", {"code": "MUG"}).status_code == 404
    assert station.calls.post(f"/parcels/{slip.parcel.id}/scans", {"code": ""}).status_code == 422
    slip.released_at = None
    db.session.commit()
    assert "holds this order" in station.scan(slip, "MUG")["message"]
    slip.released_at = slip.created_at
    assert slip.sale.cancel() is None
    db.session.commit()
    assert "cancelled" in station.scan(slip, "MUG")["message"]


def test_a_scan_costs_little(client, db):
    slip, station = kit_and_mugs(), Station(client)
    station.scan(slip, "CUP")
    with counted() as said:
        assert station.scan(slip, "MUG")["ok"]
    assert len(said) <= 12, said
    with processor_seconds_below(0.1):
        assert not station.scan(slip, "VASE")["ok"]


# -- at a page -------------------------------------------------------------------------------------


class Page:
    """What a station shows after a scan."""

    def __init__(self, text: str):
        self.page = html.fromstring(text)

    @property
    def words(self) -> str:
        return " ".join(self.page.xpath("string(//*[@data-sound])").split())

    @property
    def sound(self) -> str:
        return self.page.xpath("string(//@data-sound)")

    def sent(self, name: str) -> str:
        return self.page.xpath(f"string(//input[@name='{name}' and @form='scan']/@value)")

    def packed(self) -> dict[str, str]:
        rows = self.page.xpath("//tr[@data-sku]")
        return {row.get("data-sku"): row.xpath("string(td[2])").strip() for row in rows}


class Browser:
    def __init__(self, client):
        self.client, self.now = client, Page(client.get("/packing").text)

    def scan(self, code: str, **more: str) -> Page:
        form = {name: self.now.sent(name) for name in ("parcel", "over")} | {"code": code} | more
        answer = self.client.post("/packing/scans", data=form, headers={"HX-Request": "true"})
        self.now = Page(answer.text)
        return self.now

    def another(self) -> Page:
        form = {"parcel": self.now.sent("parcel")}
        answer = self.client.post("/packing/parcels", data=form, headers={"HX-Request": "true"})
        self.now = Page(answer.text)
        return self.now


def test_a_slip_is_scanned_then_what_goes_in(client, db):
    slip = kit_and_mugs("WEB-1")
    sign_in(client)
    at = Browser(client)
    assert at.scan("MUG").words == "Scan the packing slip first."
    assert at.scan("web-1").sound == "begun" and at.now.sent("parcel") == str(slip.parcel.id)
    assert at.scan("MUG").sound == "good" and at.now.packed()["MUG"] == "1 of 2"
    assert at.scan("MUG", takes_out="1").packed()["MUG"] == "0 of 2"
    assert at.scan("PEN", takes_out="1").sound == "bad"
    assert at.scan("").sound == "bad"
    for code in ("KIT", "MUG", "MUG"):
        at.scan(code)
    assert at.now.sound == "done" and at.now.page.xpath("//a[@data-print-then]")
    assert at.scan("MUG").words == "Scan the packing slip first."


def test_an_order_in_several_parcels(client, db):
    slip = kit_and_mugs("WEB-1")
    sign_in(client)
    at = Browser(client)
    at.scan("WEB-1")
    assert at.another().words == "This parcel is still empty."
    at.scan("MUG")
    at.scan("CUP")
    assert at.another().words == "Parcel 2 of order WEB-1"
    for code in ("MUG", "PEN", "CUP"):
        at.scan(code)
    assert at.now.words == "Order WEB-1 is packed: 2 parcels, 1 kg."
    db.session.rollback()
    assert [parcel.weight_g for parcel in slip.parcels] == [450, 550] and slip.volumes == 2
    slip.unpack()
    db.session.commit()
    assert [parcel.number for parcel in slip.parcels] == [1]
    at.scan("WEB-1")
    at.scan("KIT")
    at.another()
    assert db.session.scalar(db.select(db.func.count()).select_from(Parcel)) == 2


def test_who_scans_another_slip_puts_the_first_aside(client, db):
    first = kit_and_mugs("WEB-1")
    second = to_pack("MUG", "PEN", reference="WEB-2")
    third = to_pack("MUG", reference="WEB-3")
    third.sale.cancel()
    db.session.commit()
    sign_in(client)
    at = Browser(client)
    at.scan("WEB-1")
    assert at.scan("WEB-2").sent("parcel") == str(second.parcel.id)
    at.scan("MUG")
    # Whatever becomes of the slip, its goods do not go into the parcel before.
    assert at.scan("WEB-3").sound == "bad" and at.now.sent("parcel") == ""
    assert at.scan("MUG").words == "Scan the packing slip first."
    db.session.rollback()
    assert first.parcel.items == []
    assert second.parcel.units() == Counter({(1, "MUG"): 1})
    assert "WEB-2" in client.get("/packing").text


def test_a_parcel_is_taken_over_by_scanning_its_slip_again(app, client, db):
    kit_and_mugs("WEB-1")
    sign_in(client)
    here = Browser(client)
    here.scan("WEB-1")
    other_client = app.test_client()
    sign_in(other_client, email="bruna@example.com")
    there = Browser(other_client)
    assert "another station" in there.scan("WEB-1").words and there.now.sent("parcel") == ""
    assert there.scan("WEB-1").sound == "begun"
    assert there.scan("MUG").sound == "good"
    assert "another station" in here.scan("MUG").words
    assert here.scan("WEB-1").sound == "bad" and here.scan("WEB-1").sound == "begun"
    assert here.now.packed()["MUG"] == "1 of 2"
