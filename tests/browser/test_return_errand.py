"""A clerk's errand: one of three lines of an order comes back."""

from playwright.sync_api import expect

from tests.support.placed_orders import place_order, until_invoiced


def test_one_of_three_lines_comes_back(page, live_shop, signed_in, watched):
    lines = {"lines__1__sku": "LV-0001", "lines__1__quantity": "2"}
    lines |= {"lines__2__sku": "LV-0002", "lines__2__quantity": "2"}
    order = place_order(live_shop, "RETURN-1", **lines)
    until_invoiced(live_shop, "RETURN-1")
    signed_in(page, "clerk")
    page.goto(order)

    page.get_by_role("link", name="Registrar devolução").click()
    page.locator("[name='quantity.2']").fill("1")
    page.get_by_role("button", name="Fazer a nota de devolução").click()

    note = page.locator("#invoice")
    expect(note).to_have_attribute("data-status", "authorized")
    expect(note).to_contain_text("Devolução da NF-e 1-")
    page.locator("h1 a").click()
    expect(page.locator("main")).to_contain_text("Nota de devolução 1-")
    expect(page.locator("main")).to_contain_text("1 unidade reembolsada")
    assert watched == []
