"""A manager's errand: an exception from the commission for one customer, tried on past orders,
published by a second person, seen in "why?" on the next order, and taken back."""

import re

from playwright.sync_api import expect

from tests.support.placed_orders import place_order

SOLD = {
    "customer__name": "Otília Ramos Brandão",
    "customer__document": "571.304.826-80",
    "customer__email": "otilia@example.com",
    "lines__0__sku": "FI-0001",
    "agent": "A1",
}


def sell(page, shop, reference: str):
    """A paid order of the customer through an agent, up to its NF-e; leaves its page open."""
    page.goto(place_order(shop, reference, **SOLD))
    expect(page.locator("#sale-live")).to_have_attribute("data-status", "invoiced")


def ruling(page):
    """The commission rule among the rules applied to the order that is open; an exception to it
    stands before it."""
    return page.locator(".ruling", has_text="comissão do vendedor").last


def except_customer(page) -> None:
    """From the list of rules to an exception in the draft."""
    page.goto("/rules/commission/edit")
    page.get_by_role("link", name="Exceção").click()
    page.locator("#customer-search").fill("Otília")
    page.get_by_role("link", name=re.compile("Otília")).click()
    expect(page.locator("main")).to_contain_text("suspender")
    page.get_by_role("button", name="Salvar no rascunho").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rascunho das regras")


def try_on_past_orders(page) -> None:
    page.locator("#backtests").get_by_role("button").click()
    expect(page.locator("main")).to_contain_text("Comissão: antes, depois")


def test_an_exception_is_tried_published_seen_and_taken_back(
    page, browser, live_shop, watched, signed_in
):
    signed_in(page)
    sell(page, live_shop, "RULES-1")
    expect(ruling(page).locator("[data-status=done]")).to_contain_text("Concluída")

    except_customer(page)
    try_on_past_orders(page)
    page.get_by_role("link", name="Rascunho").first.click()
    expect(page.locator("#publish")).to_contain_text("Admin Demo")
    expect(page.locator("#publish").get_by_role("button", name="Publicar")).to_be_disabled()

    second = browser.new_context(base_url=live_shop.url, locale="pt-BR").new_page()
    signed_in(second, "admin")
    second.goto("/rules/draft")
    second.get_by_label("Motivo").fill("Otília compra direto da loja")
    second.locator("#publish").get_by_role("button", name="Publicar").click()
    expect(second.locator("main")).to_contain_text("em vigor")
    second.context.close()

    sell(page, live_shop, "RULES-2")
    expect(ruling(page)).to_contain_text("Suspensa por exceção")
    ruling(page).locator("summary").click()
    expect(ruling(page)).to_contain_text("Exceto para")

    page.goto("/rules/versions")
    page.get_by_role("link", name="Versão 2").first.click()
    page.get_by_label("Motivo").fill("A exceção valeu só um pedido")
    with page.expect_navigation():
        page.get_by_role("button", name="Trazer").click()
    sell(page, live_shop, "RULES-3")
    expect(ruling(page).locator("[data-status=done]")).to_contain_text("Concluída")
    assert watched == []
