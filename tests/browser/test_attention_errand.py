"""A clerk's morning: orders wait for different things, all are mended from one queue by keyboard,
each drops out and goes on by itself."""

import httpx
from playwright.sync_api import expect

from tests.support.attention_queue import mended, open_row, row_of, until, waiting
from tests.support.placed_orders import place_order
from tests.support.shop_tokens import token_of


def mend_elsewhere(shop, address: str) -> None:
    sale_id = address.rpartition("/")[2]
    answer = httpx.patch(
        f"{shop.url}/api/v1/sales/{sale_id}/address",
        headers={"Authorization": f"Bearer {token_of(shop)}"},
        json={"zip_code": "05010000", "number": "741"},
    )
    answer.raise_for_status()


def test_what_waits_is_mended_from_one_queue_by_keyboard(page, live_shop, signed_in, watched):
    raised = {"lines__0__price_reason": "Gravada a laser"}
    place_order(live_shop, "ATT-NUMBER", address__number="")
    cep = place_order(live_shop, "ATT-CEP", address__zip_code="99999999")
    place_order(live_shop, "ATT-HELD", role="admin", lines__0__unit_price="2600,00", **raised)
    for reference in ("ATT-NUMBER", "ATT-CEP", "ATT-HELD"):
        waiting(live_shop, reference)
    signed_in(page, "admin")
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("w")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pendências")

    open_row(page, "ATT-NUMBER")
    expect(page.locator("[name='address.zip_code']")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("741")
    page.keyboard.press("Enter")
    mended(page, "ATT-NUMBER")

    open_row(page, "ATT-HELD")
    approve = page.get_by_role("button", name="Aprovar e enviar")
    expect(approve).to_be_focused()
    # Somebody else mends what stands above it: Enter still does what it would have done.
    mend_elsewhere(live_shop, cep)
    expect(row_of(page, "ATT-CEP")).to_have_count(0)
    expect(approve).to_be_focused()
    page.keyboard.press("Enter")
    mended(page, "ATT-HELD")
    for reference in ("ATT-NUMBER", "ATT-CEP", "ATT-HELD"):
        until(live_shop, reference, "invoiced")
    assert watched == []
