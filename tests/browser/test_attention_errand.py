"""A clerk's morning: orders wait for different things, all are mended from one queue by keyboard,
each drops out and goes on by itself."""

import re

from playwright.sync_api import expect

from tests.services import wait_until
from tests.support.placed_orders import place_order

STATUS = "SELECT status FROM sales WHERE reference = ?"


def until(shop, reference: str, *statuses: str) -> None:
    known = [(status,) for status in statuses]
    wait_until(lambda: shop.execute(STATUS, reference)[0] in known, why=f"{reference}: {statuses}")


def waiting(shop, reference: str) -> None:
    until(shop, reference, "attention", "review")


def row_of(page, reference: str):
    return page.locator("tr[data-row-key]", has_text=reference)


def open_row(page, reference: str) -> None:
    """By keyboard alone: down to it, and in."""
    for _row in range(60):
        if row_of(page, reference).locator("a:focus").count():
            break
        page.keyboard.press("j")
    page.keyboard.press("e")
    expect(row_of(page, reference)).to_have_class(re.compile("row-open"))


def mended(page, reference: str) -> None:
    expect(row_of(page, reference)).to_have_count(0)
    expect(page.locator("tr[data-row-key] a[autofocus]")).to_be_focused()


def test_what_waits_is_mended_from_one_queue_by_keyboard(page, live_shop, signed_in, watched):
    raised = {"lines__0__price_reason": "Gravada a laser"}
    place_order(live_shop, "ATT-NUMBER", address__number="")
    place_order(live_shop, "ATT-CEP", address__zip_code="99999999")
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

    open_row(page, "ATT-CEP")
    page.keyboard.press("Control+A")
    page.keyboard.type("05010000")
    page.keyboard.press("Enter")
    mended(page, "ATT-CEP")

    open_row(page, "ATT-HELD")
    expect(page.get_by_role("button", name="Aprovar e enviar")).to_be_focused()
    page.keyboard.press("Enter")
    mended(page, "ATT-HELD")
    for reference in ("ATT-NUMBER", "ATT-CEP", "ATT-HELD"):
        until(live_shop, reference, "invoiced")
    assert watched == []
