"""A clerk packs by scanner: it is heard wherever the focus is, faster than the server answers, and
no parcel gets what is not its own."""

import pytest
from playwright.sync_api import expect

from tests.support.packing_station import DEAF, LOW, answer, packed, scan
from tests.support.placed_orders import place_order, until_invoiced


@pytest.fixture
def station(page, live_shop, signed_in, watched):
    place_order(live_shop, "BIP-1")
    place_order(live_shop, "BIP-2", lines__0__sku="FI-0001", lines__0__quantity="1")
    place_order(live_shop, "BIP-3")
    until_invoiced(live_shop, "BIP-1", "BIP-2", "BIP-3")
    signed_in(page, "clerk")
    page.add_init_script(DEAF)
    page.goto("/packing")
    yield page
    assert watched == []


def test_parcels_are_packed_by_scanner_and_none_is_wrong(station, live_shop):
    page = station
    # None waits for the answer before: a wrong one, a right one, and another order's slip.
    page.get_by_role("button", name="Sons").focus()
    scan(page, "BIP-1", "FI-0001", "FI-0002", "BIP-2", "FI-0002", "FI-0001", "FI-0001")
    expect(answer(page)).to_have_text("Leia primeiro a guia de remessa.")
    assert packed(live_shop, "BIP-1") == [] and packed(live_shop, "BIP-2") == [{"FI-0001": 1}]
    assert page.evaluate("sounds").count(LOW) == 3
    assert len(page.evaluate("printed")) == 1

    # What was put aside goes on where it was; a person's own keys do what they do everywhere.
    expect(page.locator("#packing")).to_contain_text("BIP-1")
    page.locator("h1").click()
    page.keyboard.press("b")
    takes_out = page.locator("[name=takes_out][type=checkbox]")
    expect(takes_out).to_be_checked()
    page.keyboard.press("b")
    expect(takes_out).not_to_be_checked()
    code = page.locator("[name=code]")
    code.fill("half a")
    scan(page, "BIP-1")
    expect(code).to_have_value("")
    expect(answer(page)).to_contain_text("Pedido BIP-1")
    page.locator("h1").click()
    page.keyboard.press("n")
    expect(answer(page)).to_have_text("Volume 2 do pedido BIP-1")
    page.keyboard.press("Control+k")
    scan(page, "FI-0002")
    expect(page.locator("#palette-question")).to_have_value("")
    expect(answer(page)).to_contain_text("O pedido BIP-1 está embalado: 2 volumes")
    assert packed(live_shop, "BIP-1") == [{"FI-0002": 1}, {"FI-0002": 1}]
    page.keyboard.press("Escape")

    # A phone reads by its camera: what stays before it is one scan.
    page.get_by_role("button", name="Câmera").click()
    page.evaluate("seen = 'BIP-3'")
    expect(answer(page)).to_contain_text("Pedido BIP-3")
    page.evaluate("seen = 'FI-0002'")
    expect(answer(page)).to_contain_text("1 de 2")
    page.wait_for_timeout(500)
    page.get_by_role("button", name="Câmera").click()
    expect(page.locator("video")).to_be_hidden()
    scan(page, "FI-0002")
    expect(answer(page)).to_contain_text("O pedido BIP-3 está embalado")
    assert packed(live_shop, "BIP-3") == [{"FI-0002": 2}] and len(page.evaluate("printed")) == 3
