"""Two people on one order: each sees the other and keeps what they changed, only what both changed
is asked, and a session that ends at saving loses nothing."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.placed_orders import place_order
from webapp.staff.passwords import DEMO_PASSWORD

ORDER = re.compile(r"/sales/\d+$")


@pytest.fixture
def two(browser, live_shop, signed_in):
    """A clerk and a manager, and the address of an order that is not paid."""
    pages = []
    for role in ("clerk", "manager"):
        context = browser.new_context(base_url=live_shop.url, locale="pt-BR")
        pages.append(context.new_page())
        signed_in(pages[-1], role)
    clerk, manager = pages
    yield clerk, manager, place_order(live_shop, "TWO-1", paid="0")
    for page in pages:
        page.context.close()


def save(page):
    page.get_by_role("button", name="Salvar alterações").click()


def test_two_people_change_one_order_and_nothing_is_lost(two, live_shop):
    clerk, manager, order = two
    for page in (clerk, manager):
        page.goto(f"{order}/edit")
    expect(manager.locator("#presence")).to_contain_text("está alterando este pedido")
    expect(clerk.locator("#presence")).to_contain_text("está alterando este pedido")

    clerk.locator("[name=freight]").fill("7,00")
    clerk.locator("[name=discount]").fill("1,00")
    save(clerk)
    clerk.wait_for_url(ORDER)
    manager.locator("[name='lines.0.quantity']").fill("3")
    manager.locator("[name=discount]").fill("2,00")
    save(manager)
    theirs = manager.locator("[data-theirs]")
    expect(theirs).to_have_count(1)
    expect(theirs).to_contain_text("1,00")
    expect(manager.locator("[name=freight]")).to_have_value("7,00")
    theirs.get_by_role("button").click()
    save(manager)
    manager.wait_for_url(ORDER)
    manager.goto(f"{order}/edit")
    kept = {"lines.0.quantity": "3", "freight": "7,00", "discount": "1,00"}
    for name, value in kept.items():
        expect(manager.locator(f"[name='{name}']")).to_have_value(value)

    clerk.goto(f"{order}/edit")
    clerk.locator("[name='address.complement']").fill("casa 2")
    live_shop.end_sessions()
    # The dialog may stand there already: the live stream is told as well.
    clerk.evaluate("document.querySelector('[data-place]').form.requestSubmit()")
    dialog = clerk.locator("#sign-in-again")
    expect(dialog).to_be_visible()
    dialog.get_by_label("E-mail").fill("clerk@balcao.example")
    dialog.get_by_label("Senha").fill(DEMO_PASSWORD)
    dialog.get_by_role("button", name="Entrar").first.click()
    clerk.wait_for_url(ORDER)
    expect(clerk.locator("#main")).to_contain_text("casa 2")
