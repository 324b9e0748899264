"""The keyboard alone is enough: searching while one types, editing in the row, shortcuts."""

import re

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from tests.browser.conftest import shows_what_comes
from tests.support.placed_orders import add_product, place_order


def test_a_search_finds_while_one_types_and_keeps_its_words(page, signed_in):
    signed_in(page)
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


def test_a_row_is_edited_and_saved_by_keys(page, live_shop, signed_in):
    signed_in(page)
    add_product(live_shop, "ROW-1", "Cantil de serra")
    page.goto("/products?q=ROW-1")
    row = page.locator("tr[id^='product-']", has_text="ROW-1")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("e")
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


PASTE = """(cell, text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text", text);
  const told = { clipboardData, bubbles: true, cancelable: true };
  cell.dispatchEvent(new ClipboardEvent("paste", told));
}"""


def test_what_products_lack_is_typed_from_cell_to_cell_or_pasted(page, signed_in):
    signed_in(page)
    page.goto("/products?view=no_cost")
    costs = page.locator("[data-cell=cost]")
    costs.nth(0).focus()
    page.keyboard.type("12,50")
    page.keyboard.press("Enter")
    expect(costs.nth(1)).to_be_focused()
    expect(costs.nth(0)).to_have_attribute("data-kept", "12,50")
    page.keyboard.type("caro")
    page.keyboard.press("ArrowDown")
    expect(costs.nth(2)).to_be_focused()
    expect(costs.nth(1)).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    expect(costs.nth(1)).to_have_value("")
    expect(costs.nth(1)).not_to_have_attribute("aria-invalid", "true")
    costs.nth(1).evaluate(PASTE, "1,10\r\n2,20\r\nruim\r\n")
    expect(costs.nth(3)).to_be_focused()
    expect(costs.nth(3)).to_have_attribute("aria-invalid", "true")
    expect(costs.nth(1)).to_have_attribute("data-kept", "1,10")
    expect(costs.nth(2)).to_have_attribute("data-kept", "2,20")
    page.keyboard.press("Tab")
    expect(page.locator("[data-cell=tax_profile]").nth(3)).to_be_focused()


def test_escape_closes_a_menu_and_goes_back_to_its_button(page, signed_in):
    signed_in(page)
    page.goto("/rules")
    button = page.locator("#rule-commission .menu > summary")
    button.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#rule-commission .menu-item").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#rule-commission .menu[open]")).to_have_count(0)
    expect(button).to_be_focused()


def test_shortcuts_rest_while_one_types(page, signed_in):
    signed_in(page)
    page.goto("/sales")
    page.keyboard.press("?")
    keys = page.locator("#shortcuts")
    expect(keys).to_contain_text("Novo pedido")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator(".top-bar input[type=search]")).to_be_focused()
    page.keyboard.type("n?")
    expect(keys).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page).to_have_url(re.compile("/sales$"))
    page.locator("h1").click()
    # The second of two keys does nothing by itself.
    for key in ("g", "/", "g", "p"):
        page.keyboard.press(key)
    expect(page).to_have_url("/products")
    page.keyboard.press("?")
    expect(keys).to_contain_text(re.compile(r"G O\s*Pedidos"))
    page.get_by_label("Usar atalhos").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("o")
    expect(page).to_have_url("/products")
    page.keyboard.press("?")
    page.get_by_label("Usar atalhos").check()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page).to_have_url("/products/new")


def test_the_palette_finds_while_one_types_and_opens_by_keys(page, watched, signed_in):
    signed_in(page)
    page.goto("/sales")
    palette, field = page.locator("#palette"), page.locator("#palette-question")
    chosen = palette.locator("[aria-selected=true]")
    page.keyboard.press("j")
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    expect(chosen).to_have_text("Percorrer")
    page.evaluate(AXE_SCRIPT)
    faults = page.evaluate(
        "axe.run(document.querySelector('#palette'), {resultTypes: ['violations']})"
    )
    assert [fault["id"] for fault in faults["violations"]] == []

    page.keyboard.type("livraria", delay=20)
    expect(palette.get_by_role("group")).to_have_count(3)
    expect(chosen).to_contain_text("B2B-2008")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(chosen).to_contain_text("Livraria Horizonte Ltda")
    expect(field).to_have_attribute("aria-activedescendant", chosen.get_attribute("id"))
    page.keyboard.press("ArrowDown")
    expect(chosen).to_contain_text("B2B-2008")
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    expect(page.locator("main tbody tr").first.locator("a").first).to_be_focused()

    page.keyboard.press("Control+k")
    page.keyboard.type("trocar")
    expect(chosen).to_have_text("Trocar entre claro e escuro")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("Control+k")
    # Faster than any answer.
    page.keyboard.type("B2B-2008")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("B2B-2008")
    assert watched == []


def test_the_palette_offers_what_was_opened_lately_and_what_can_be_done_here(
    page, live_shop, signed_in
):
    signed_in(page, "manager")
    sale = place_order(live_shop, "LATE-1", paid="0")
    page.goto("/products")
    page.locator("main tbody tr a").first.click()
    product = page.locator("h1").inner_text()
    page.goto(sale)
    palette = page.locator("#palette")
    page.keyboard.press("Control+k")
    expect(palette.get_by_role("group").nth(0)).to_contain_text(product)
    expect(palette.get_by_role("group").nth(0)).not_to_contain_text("LATE-1")
    expect(palette.get_by_role("group").nth(1)).to_contain_text("Marcar como pago")
    page.keyboard.type("cancel", delay=20)
    expect(palette.locator("[aria-selected=true]")).to_have_text("Cancelar o pedido")
    page.keyboard.press("Enter")
    expect(page.locator("#confirm")).to_contain_text("LATE-1")
    page.keyboard.press("Escape")
    kept = page.evaluate("JSON.stringify(localStorage)")
    assert "/sales/" in kept and "LATE-1" not in kept and product not in kept
    # The session is shared with other tests.
    page.route("**/logout", lambda route: route.fulfill(status=204))
    page.keyboard.press("Control+k")
    page.keyboard.type("sair", delay=20)
    with page.expect_request("**/logout"):
        page.keyboard.press("Enter")
    assert "balcao-recent" not in page.evaluate("JSON.stringify(localStorage)")


def test_j_and_k_walk_the_rows_of_a_list_and_rest_while_one_types(page, signed_in):
    signed_in(page, "reviewer")
    page.goto("/products")
    links = page.locator("main tbody th a")
    page.keyboard.press("j")
    expect(links.nth(0)).to_be_focused()
    for key, place in (("j", 1), ("j", 2), ("k", 1), ("k", 0), ("k", 0)):
        page.keyboard.press(key)
        expect(links.nth(place)).to_be_focused()
    page.keyboard.press("?")
    keys = page.locator("#shortcuts")
    expect(keys.get_by_text("Próxima linha, linha anterior")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    expect(links.nth(0)).to_be_focused()
    page.locator(".filters input[type=search]").focus()
    page.keyboard.type("j")
    expect(page.locator(".filters input[type=search]")).to_be_focused()
    page.goto("/invoices?status=authorized")
    expect(page.locator("main tbody tr a").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/invoices/\d+$"))
    page.goto("/sales/new")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(keys.get_by_text("Próxima linha, linha anterior")).to_be_hidden()


def test_a_list_is_worked_through_by_its_arrows(page, watched, signed_in):
    signed_in(page)
    page.goto("/sales?status=invoiced")
    page.keyboard.press("w")
    place = page.locator(".walk span").first
    expect(place).to_contain_text("1 de ")
    first = page.locator("h1").inner_text()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    expect(place).to_contain_text("2 de ")
    expect(page.locator("h1")).not_to_have_text(first)
    page.locator("input.input").first.focus()
    page.keyboard.press("ArrowLeft")
    expect(place).to_contain_text("2 de ")
    page.locator("h1").click()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("h1")).to_have_text(first)
    assert watched == []


# By a list, the question of its own and that of its first row, opened.
ASKING = {
    "/rules": ["Tirar"],
    "/products?q=ASK-1": ["Excluir"],
    "/sales?status=open": ["Marcar como pago", "Cancelar o pedido"],
    "/packing-slips?status=to_pack": ["Marcar como despachado"],
}
ASKED = "main :is(button[data-confirm], form[data-confirm] button)"

DRAWN_ANEW = """(without) => {
    const old = document.querySelector("#rule-commission").parentNode, fresh = old.cloneNode(true);
    if (without) fresh.querySelector(without).remove();
    old.replaceWith(fresh);
}"""


def ask(asker) -> None:
    expect(asker).to_be_attached()
    if not asker.is_visible():
        asker.locator("xpath=ancestor::details").locator("summary").press("Enter")
    expect(asker).to_be_enabled()
    asker.press("Enter")


def test_each_question_takes_the_focus_and_gives_it_back(page, live_shop, signed_in):
    signed_in(page, "admin")
    add_product(live_shop, "ASK-1", "Cantil de perguntas")
    place_order(live_shop, "ASK-2", paid="0")
    for path, questions in ASKING.items():
        page.goto(path)
        if page.locator(ASKED).filter(has_text=questions[0]).count() == 0:
            page.locator("main tbody a[href]").first.click()
        for question in questions:
            asker = page.locator(ASKED).filter(has_text=question).first
            ask(asker)
            dialog = page.locator("#confirm")
            expect(dialog.get_by_role("button", name="Voltar")).to_be_focused()
            page.keyboard.press("Escape")
            expect(asker).to_be_focused()
            asker.press("Enter")
            dialog.get_by_role("button", name="Voltar").click()
            expect(asker).to_be_focused()


def test_the_focus_comes_back_to_what_was_drawn_anew_or_stands_in_its_place(page, signed_in):
    signed_in(page)
    page.goto("/rules")
    asker = page.locator(f"#rule-commission :is({ASKED.removeprefix('main ')})")
    next_rule = page.locator("#rule-commission + tr a").first.get_attribute("href")
    ask(asker)
    page.evaluate(DRAWN_ANEW, "")
    page.keyboard.press("Escape")
    expect(asker).to_be_focused()
    asker.press("Enter")
    page.evaluate(DRAWN_ANEW, "#rule-commission")
    page.keyboard.press("Escape")
    expect(page.locator(f"main tbody a[href='{next_rule}']").first).to_be_focused()


# So large that a rule of the demo shop holds its NF-e.
HELD = {
    "customer__name": "Beatriz Conceição",
    "customer__document": "348.762.915-19",
    "lines__0__quantity": "1",
    "lines__0__unit_price": "6100,00",
    "lines__0__price_reason": "Combinado",
}


def test_a_second_press_of_a_key_approves_no_note_that_was_not_seen(page, live_shop, signed_in):
    signed_in(page)
    shows_what_comes(page)
    for reference in ("PRESS-1", "PRESS-2"):
        place_order(live_shop, reference, role="manager", **HELD)
    page.goto("/invoices?status=review")
    for reference in ("PRESS-1", "PRESS-2"):
        row = page.locator("tr[id^='invoice-'][data-status='review']", has_text=reference)
        expect(row).to_be_visible()
    page.locator("tr[id^='invoice-']", has_text="PRESS-1").locator("a").first.click()
    approved = []
    page.on("request", lambda sent: sent.url.endswith("/approval") and approved.append(sent.url))
    button = page.get_by_role("button", name="Aprovar e enviar")
    question = page.locator("#confirm")
    expect(button).to_be_disabled()
    page.keyboard.press("a")
    expect(question).to_be_hidden()

    expect(button).to_be_enabled()
    page.keyboard.press("a")
    page.keyboard.press("a")
    expect(question).to_contain_text("Aprovar R$ 6.100,00 de Beatriz Conceição?")
    assert approved == []
    with page.expect_navigation():
        page.keyboard.press("Enter")
    for key in ("a", "Enter", "a", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("PRESS-1")
    expect(button).to_be_enabled()
    expect(question).to_be_hidden()
    assert len(approved) == 1
    page.keyboard.press("a")
    expect(question).to_be_visible()
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    assert len(approved) == 1
