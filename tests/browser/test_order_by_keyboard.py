"""A new order by keyboard and by bar-code reader: no character is lost, Enter places nothing, and
the focus stays where the hands are."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.placed_orders import add_product

# A reader types as a keyboard does, one key within a few milliseconds, and then Enter.
SCAN_MS = 2
WORDS = {
    "pt-BR": {"place": "Lançar o pedido", "new": "Novo pedido", "sum": "R$ 199,80"},
    "en-US": {"place": "Enter the order", "new": "New order", "sum": "R$199.80"},
}


def scan(page, code: str) -> None:
    page.keyboard.type(code, delay=SCAN_MS)
    page.keyboard.press("Enter")


def field(page, name: str):
    return page.locator(f"[name='{name}']").first


@pytest.fixture
def language():
    return "pt-BR"


@pytest.fixture
def counter(browser, live_shop, language, signed_in):
    """A clerk's browser in one of the two languages, at a new order."""
    context = browser.new_context(
        base_url=live_shop.url, locale=language, viewport={"width": 1280, "height": 900}
    )
    page = context.new_page()
    signed_in(page, "clerk")
    page.goto("/sales/new")
    expect(page.get_by_role("heading", level=1)).to_have_text(WORDS[language]["new"])
    yield page
    context.close()


@pytest.fixture(scope="module")
def products(live_shop):
    book = {"kind": "book", "isbn": "9788535914849", "author": "Ana"}
    add_product(live_shop, "SCAN-1", "Livro lido", **book)
    add_product(live_shop, "SCAN-2", "Caneca lida")


@pytest.mark.parametrize("language", sorted(WORDS))
def test_an_order_by_keyboard_and_scanner_loses_no_character(counter, products, language):
    page, words = counter, WORDS[language]
    place = page.get_by_role("button", name=words["place"])
    expect(place).to_be_in_viewport()
    field(page, "customer.name").focus()
    page.keyboard.type("Fabiana Çelik", delay=5)
    page.keyboard.press("Enter")
    expect(field(page, "customer.document")).to_be_focused()
    page.keyboard.type("390.533.447-05", delay=5)
    page.keyboard.press("Tab")
    field(page, "lines.0.sku").focus()
    for code in ("9788535914849", "SCAN-2", "9788535914849", "SCAN-2"):
        scan(page, code)
    expect(field(page, "lines.0.quantity")).to_have_value("2")
    expect(field(page, "lines.1.quantity")).to_have_value("2")
    expect(field(page, "lines.0.sku")).to_have_value("9788535914849")
    expect(field(page, "lines.1.sku")).to_have_value("SCAN-2")
    expect(field(page, "lines.2.sku")).to_have_value("")
    expect(field(page, "lines.2.sku")).to_be_focused()
    expect(page.locator("#line-product-0")).to_contain_text("Livro lido")
    expect(page.locator("#order-sum")).to_have_text(words["sum"].replace(" ", "\xa0"))
    expect(page).to_have_url(re.compile("/sales/new$"))

    # An Enter on the blank line goes on; the number is typed while the CEP is looked up.
    page.keyboard.press("Enter")
    expect(field(page, "address.zip_code")).to_be_focused()
    page.keyboard.type("05010000", delay=SCAN_MS)
    page.keyboard.press("Tab")
    page.keyboard.type("74", delay=SCAN_MS)
    expect(field(page, "address.street")).to_have_value("Rua Caiubi")
    page.keyboard.type("1", delay=SCAN_MS)
    expect(field(page, "address.number")).to_have_value("741")
    expect(field(page, "address.number")).to_be_focused()
    expect(place).to_be_in_viewport()
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/sales/\d+$"))
    expect(page.locator("main")).to_contain_text("Fabiana Çelik")
    expect(page.locator("main")).to_contain_text(words["sum"].replace(" ", "\xa0"))


def test_enter_in_any_field_places_nothing(counter):
    page = counter
    names = page.locator("#sale-form input:not([type=hidden])").evaluate_all(
        "fields => fields.map((field) => field.id)"
    )
    assert len(names) > 15
    for name in names:
        page.locator(f"#{name}").focus()
        page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/sales/new$"))
    expect(page.locator(".error-summary")).to_have_count(0)


def test_what_is_wrong_is_told_once_and_in_the_order_of_the_page(counter):
    page = counter
    told = page.locator(".error-summary li")
    typed = {"lines.0.sku": "NOWHERE", "lines.0.quantity": "x", "discount": "much"}
    for name, value in typed.items():
        field(page, name).fill(value)
    page.keyboard.press("Control+Enter")
    names = ("Nome", "CPF", "Quantidade", "Desconto")
    expect(told).to_have_text([re.compile(name) for name in names])
    mended = {"customer.name": "Bento Reis", "customer.document": "987.654.321-00"}
    for name, value in (mended | {"lines.0.quantity": "1", "discount": "0"}).items():
        field(page, name).fill(value)
    page.keyboard.press("Control+Enter")
    expect(told).to_have_text([re.compile("NOWHERE")])
    expect(page.locator("#f-lines-0-sku-error")).to_be_visible()
    expect(page.locator("#line-product-0")).to_be_hidden()


def test_a_customer_is_found_and_picked_by_keys(counter):
    page = counter
    search = page.locator("#customer-search")
    expect(search).to_be_focused()
    page.keyboard.type("Livraria Horizonte", delay=SCAN_MS)
    page.keyboard.press("Enter")
    expect(field(page, "customer.name")).to_have_value(re.compile("Livraria Horizonte"))
    expect(field(page, "lines.0.sku")).to_be_focused()
    page.keyboard.type("FI", delay=SCAN_MS)
    expect(field(page, "address.zip_code")).not_to_have_value("")
    expect(field(page, "lines.0.sku")).to_have_value("FI")

    search.focus()
    page.keyboard.type("a", delay=SCAN_MS)
    expect(page.locator("#customers-found button").nth(1)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#customers-found button").nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(search).to_be_focused()


def test_lines_come_and_go_and_the_focus_stays(counter):
    page = counter
    field(page, "lines.0.sku").fill("A")
    add = page.locator("[data-add-line]")
    add.focus()
    page.keyboard.press("Enter")
    expect(field(page, "lines.1.sku")).to_be_focused()
    expect(field(page, "lines.1.quantity")).to_have_value("1")
    page.keyboard.type("B")
    page.locator("[data-line='0'] [data-remove]").click()
    expect(field(page, "lines.1.sku")).to_be_focused()
    page.locator("[data-line='1'] [data-remove]").click()
    expect(page.locator("#lines tr")).to_have_count(1)
    expect(page.locator("#lines .line-product input")).to_be_focused()
    expect(page.locator("#lines .line-product input")).to_have_value("")


def test_a_known_document_is_told_before_it_is_used(counter):
    page = counter
    page.locator("#customer-search").fill("Livraria Horizonte")
    page.keyboard.press("Enter")
    expect(field(page, "customer.document")).not_to_have_value("")
    document = field(page, "customer.document").input_value()
    page.goto("/sales/new")
    field(page, "customer.name").fill("Zé da Silva")
    field(page, "customer.document").fill(document)
    page.keyboard.press("Tab")
    asked = page.locator(".known-customer-asks")
    expect(asked).to_contain_text("Livraria Horizonte")
    expect(field(page, "customer.email")).to_have_value("")
    asked.locator("button").click()
    expect(field(page, "customer.name")).to_have_value(re.compile("Livraria Horizonte"))
    expect(page.locator(".known-customer-asks")).to_have_count(0)
    expect(field(page, "customer.email")).to_be_focused()


def test_every_line_of_an_order_left_behind_is_offered_again(counter):
    page = counter
    field(page, "lines.0.sku").focus()
    for code in ("FI-0001", "FI-0002", "FI-0001"):
        scan(page, code)
    page.locator("[data-line='0'] [data-remove]").click()
    page.wait_for_timeout(600)
    page.goto("/products")
    page.goto("/sales/new")
    page.get_by_role("button", name="Continuar").click()
    expect(page.locator("#lines tr")).to_have_count(2)
    expect(field(page, "lines.0.sku")).to_have_value("FI-0002")
