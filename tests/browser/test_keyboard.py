"""The keyboard alone is enough: searching while one types, editing in the row, shortcuts."""

from playwright.sync_api import expect

from tests.browser.test_errand import add_product, sign_in


def test_a_search_finds_while_one_types_and_keeps_its_words(page):
    sign_in(page)
    for path, found in (
        ("/sales", "B2B-2008"),
        ("/packing-slips", "B2B-2008"),
        ("/customers", "Livraria Horizonte"),
    ):
        page.goto(path)
        field = page.locator(".filters input[type=search]")
        field.focus()
        page.keyboard.type("livr", delay=30)
        expect(page).to_have_url(f"{path}?q=livr")
        page.keyboard.type("aria", delay=30)
        expect(page.locator("main tbody tr")).to_have_count(1)
        expect(page.locator("main tbody tr")).to_contain_text(found)
        expect(field).to_be_focused()
        expect(field).to_have_value("livraria")
    page.goto("/products")
    page.locator(".filters input[type=search]").press_sequentially("trilha", delay=30)
    chip = page.locator(".filters .menu-item").first
    expect(chip).to_have_attribute("href", "/products?q=trilha&kind=physical")


def test_a_row_is_edited_and_saved_by_keys(page):
    sign_in(page)
    add_product(page, "ROW-1", "Cantil de serra")
    page.goto("/products?q=ROW-1")
    row = page.locator("tr[id^='product-']", has_text="ROW-1")
    row.locator("a.button-icon").focus()
    page.keyboard.press("Enter")
    price = row.locator("[name=price]")
    expect(price).to_be_focused()
    price.fill("389,oo")
    page.keyboard.press("Enter")
    expect(price).to_have_attribute("aria-invalid", "true")
    price.fill("47,90")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("R$ 47,90")
    expect(page.locator("#toasts")).to_contain_text("Cantil de serra")
    expect(row.locator("a.button-icon")).to_be_focused()
    page.keyboard.press("Enter")
    price.fill("1,00")
    page.keyboard.press("Escape")
    expect(row).to_contain_text("R$ 47,90")


def test_escape_closes_a_menu_and_goes_back_to_its_button(page):
    sign_in(page)
    page.goto("/rules")
    button = page.locator("#rule-commission .menu > summary")
    button.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#rule-commission .menu-item").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#rule-commission .menu[open]")).to_have_count(0)
    expect(button).to_be_focused()


def test_shortcuts_rest_while_one_types(page):
    sign_in(page)
    page.goto("/sales")
    page.keyboard.press("?")
    keys = page.locator("#shortcuts")
    expect(keys).to_contain_text("Novo pedido")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator(".top-bar input[type=search]")).to_be_focused()
    page.keyboard.type("n?")
    expect(keys).to_be_hidden()
    page.locator("h1").click()
    page.keyboard.press("n")
    expect(page).to_have_url("/sales/new")
