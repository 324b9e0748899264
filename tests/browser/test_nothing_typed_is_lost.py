"""What ends while somebody works (the session, the connection, the form's token, a look-up in
another page) takes nothing that was typed and is told in true words."""

import re

import pytest
from playwright.sync_api import expect

from webapp.staff.passwords import DEMO_PASSWORD

LIVE = "Ao vivo"


@pytest.fixture
def clerk(browser, live_shop, signed_in):
    context = browser.new_context(base_url=live_shop.url, locale="pt-BR")
    page = context.new_page()
    signed_in(page, "clerk")
    yield page
    context.close()


def state(page):
    return page.locator("#live-state")


def test_after_back_messages_and_the_live_sign_are_seen(clerk):
    complaints = []
    clerk.on("pageerror", lambda error: complaints.append(str(error)))
    clerk.goto("/products")
    for text in ("caneca", "garrafa"):
        with clerk.expect_response(lambda answer, text=text: f"q={text}" in answer.url):
            clerk.locator("main [name=q]").press_sequentially(text)
        clerk.wait_for_url(f"**q={text}**")
        clerk.locator("main [name=q]").fill("")
        clerk.wait_for_timeout(600)
    clerk.locator("main [name=q]").evaluate("field => { field.dataset.before = true; }")
    with clerk.expect_response("**/products?**"):
        clerk.go_back()
    expect(clerk.locator("[data-before]")).to_have_count(0)
    expect(state(clerk)).to_have_text(LIVE)
    clerk.context.set_offline(True)
    clerk.locator("main [name=q]").press_sequentially("pires")
    expect(clerk.locator(".toast")).to_contain_text("Sem conexão")
    assert complaints == []


def test_a_list_whose_session_ended_says_so(clerk, live_shop):
    clerk.goto("/sales")
    expect(state(clerk)).to_have_text(LIVE)
    live_shop.end_sessions()
    expect(state(clerk)).to_have_text("Sem sessão")


def test_reversed_days_are_said_at_the_field(clerk):
    clerk.goto("/sales")
    clerk.locator(".filters summary", has_text="Período").click()
    clerk.locator("[name=since]").fill("2026-11-30")
    clerk.locator("[name=until]").fill("2026-11-29")
    clerk.get_by_role("button", name="Aplicar").click()
    assert clerk.locator("[name=until]").evaluate("field => field.validity.rangeUnderflow")
    assert clerk.url.endswith("/sales")
    clerk.locator("[name=until]").fill("2026-11-30")
    clerk.get_by_role("button", name="Aplicar").click()
    clerk.wait_for_url("**since=2026-11-30&until=2026-11-30**")


def fill_in_order(page, name="Ana Prado"):
    page.goto("/sales/new")
    page.locator("[name='customer.name']").fill(name)
    page.locator("[name='lines.0.sku']").fill("FI-0002")
    page.locator("[name='lines.0.quantity']").fill("3")
    page.wait_for_timeout(600)


def expect_order(page, name="Ana Prado"):
    expect(page.locator("[name='customer.name']")).to_have_value(name)
    expect(page.locator("[name='lines.0.sku']")).to_have_value("FI-0002")
    expect(page.locator("[name='lines.0.quantity']")).to_have_value("3")


def sign_in_over(page):
    dialog = page.locator("#sign-in-again")
    expect(dialog).to_be_visible()
    dialog.get_by_label("E-mail").fill("clerk@balcao.example")
    dialog.get_by_label("Senha").fill("not this one")
    dialog.get_by_role("button", name="Entrar").first.click()
    expect(dialog.locator(".field-error")).to_be_visible()
    dialog.get_by_label("Senha").fill(DEMO_PASSWORD)
    dialog.get_by_role("button", name="Entrar").first.click()
    expect(dialog).to_be_hidden()


def test_a_session_that_ends_while_an_order_is_typed_takes_nothing(clerk, live_shop):
    refused = []

    def hold_the_first(route):
        if "look_up" not in (route.request.post_data or "") or refused:
            route.continue_()
        else:
            refused.append((route, route.fetch()))

    clerk.route("**/sales/draft", hold_the_first)
    fill_in_order(clerk)
    clerk.evaluate("window.neverLoadedAgain = true")
    clerk.locator("[name='address.zip_code']").press_sequentially("05010000")
    # The hardest order: the dialog takes the person from the CEP, which only then is looked up,
    # and the refusal comes when they have signed in.
    live_shop.end_sessions()
    sign_in_over(clerk)
    ((route, answer),) = refused
    assert answer.status == 401
    expect(clerk.locator("[name='address.street']")).to_have_value("")
    route.fulfill(response=answer)
    expect(clerk.locator("[name='address.street']")).to_have_value("Rua Caiubi")
    assert clerk.evaluate("window.neverLoadedAgain")
    expect_order(clerk)
    expect(state(clerk)).to_have_text(LIVE)


# As a scanner types: all keys at once, Enter at the end.
# By the scanner's own clock: the browser may be at other work between two keys.
SCAN = """(code) => {
    let at = performance.now();
    for (const key of [...code, "Enter"]) {
        const pressed = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
        Object.defineProperty(pressed, "timeStamp", { value: at += 2 });
        const taken = document.activeElement.dispatchEvent(pressed);
        if (taken && key.length === 1) document.execCommand("insertText", false, key);
    }
}"""


def test_a_scan_while_the_session_ends_lands_in_its_line_and_in_no_password(clerk, live_shop):
    # The end is told by what the scan asks, and not by the stream before it.
    clerk.route("**/events**", lambda route: route.abort())
    fill_in_order(clerk)
    clerk.locator("[name='lines.0.sku']").focus()
    clerk.wait_for_load_state("networkidle")
    live_shop.end_sessions()
    # In one go, as a scanner types: whatever the first Enter asks, the dialog waits for its rest.
    clerk.evaluate(f"(codes) => codes.forEach({SCAN})", ["", "FI-0001-SCANNED"])
    dialog = clerk.locator("#sign-in-again")
    expect(dialog).to_be_visible()
    expect(clerk.locator("[name='lines.1.sku']")).to_have_value("FI-0001-SCANNED")
    password = dialog.get_by_label("Senha")
    password.press_sequentially("half of", delay=60)
    clerk.evaluate(SCAN, "7891000100103")
    expect(password).to_have_value("half of")
    expect(dialog.get_by_role("alert")).to_contain_text("Entre e leia de novo")
    sign_in_over(clerk)
    expect(clerk.locator("[name='lines.1.sku']")).to_have_value("FI-0001-SCANNED")


def test_what_was_sent_after_the_session_ended_is_offered_where_one_was(clerk, live_shop):
    fill_in_order(clerk)
    clerk.route("**/events**", lambda route: route.abort())
    live_shop.end_sessions()
    clerk.evaluate("document.getElementById('sign-in-again').remove()")
    clerk.evaluate("document.getElementById('sale-form').requestSubmit()")
    expect(clerk.get_by_text("Sua sessão expirou")).to_be_visible()
    clerk.get_by_label("E-mail").fill("clerk@balcao.example")
    clerk.get_by_label("Senha").fill(DEMO_PASSWORD)
    clerk.get_by_role("button", name="Entrar").first.click()
    clerk.wait_for_url("**/sales/new")
    clerk.get_by_role("button", name="Continuar").click()
    expect_order(clerk)


def test_a_form_with_the_token_of_another_session_comes_back_as_it_was_posted(clerk):
    clerk.goto("/products/new")
    clerk.locator("[name=sku]").fill("LOST-1")
    clerk.locator("[name=name]").fill("Caneca perdida")
    clerk.locator("[name=price]").fill("45,50")
    clerk.locator("[name=stock]").fill("1")
    spoil(clerk)
    clerk.get_by_role("button", name="Adicionar produto").click()
    expect(clerk.locator(".error-summary")).to_contain_text("ainda não foi")
    expect(clerk.locator("[name=name]")).to_have_value("Caneca perdida")
    # Who reads what went wrong gives the page's scripts the time to come.
    clerk.wait_for_load_state()
    clerk.get_by_role("button", name="Adicionar produto").click()
    clerk.wait_for_url(re.compile(r"/products/\d+"))
    expect(clerk.get_by_role("heading", level=1)).to_contain_text("Caneca perdida")
    clerk.goto("/products/new")
    clerk.wait_for_timeout(300)
    expect(clerk.locator("[data-draft-offered]")).to_have_count(0)


def spoil(page):
    page.evaluate(
        "document.querySelectorAll('[name=csrf_token]').forEach((field) => { field.value = 'x'; })"
    )


def test_an_open_page_with_the_token_of_another_session_is_put_in_order(clerk):
    fill_in_order(clerk)
    spoil(clerk)
    clerk.locator("[name='lines.0.quantity']").fill("3")
    clerk.locator("[name='lines.0.quantity']").dispatch_event("change")
    expect(clerk.locator(".toast")).to_contain_text("mais uma vez")
    assert clerk.locator("#sale-form [name=csrf_token]").input_value() != "x"


def test_who_leaves_with_something_typed_that_would_be_lost_is_asked(clerk):
    asked = []
    clerk.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    def asked_by(act):
        asked.clear()
        act()
        return asked == ["beforeunload"]

    def on_to_customers():
        clerk.get_by_role("link", name="Clientes").first.click()
        clerk.wait_for_url("**/customers")

    clerk.goto("/sales")
    clerk.locator("main [name=q]").press_sequentially("caneca")
    assert not asked_by(clerk.reload), "a search is nothing typed"
    fill_in_order(clerk, "Caio Reis")
    assert not asked_by(on_to_customers), "its draft is offered again"
    clerk.goto("/sales/new")
    assert not asked_by(clerk.reload), "nothing was typed since"
    clerk.locator("[name='customer.name']").press_sequentially("Caio")
    clerk.locator("[name=do][value=look_up]").click()
    expect(clerk.locator("#f-address-zip_code-error")).to_be_visible()
    assert asked_by(clerk.reload), "the draft goes with the tab"

    clerk.goto("/products/new")
    clerk.locator("[name=name]").fill("Caneca")
    assert not asked_by(clerk.get_by_role("button", name="Adicionar produto").click)
    expect(clerk.locator(".error-summary")).to_be_visible()

    def edit_row():
        clerk.goto("/products?q=FI-0002")
        clerk.get_by_role("link", name="Mudar preço").click()
        clerk.locator(".row-editing [name=price]").fill("46,00")

    edit_row()
    assert asked_by(on_to_customers), "no draft keeps a row"
    edit_row()
    clerk.locator("[data-row-drop]").click()
    expect(clerk.locator(".row-editing")).to_have_count(0)
    assert not asked_by(on_to_customers)


def test_what_was_typed_is_offered_again_after_a_look_elsewhere(clerk):
    fill_in_order(clerk, "Bia Lima")
    clerk.locator("[name=do][value=add_line]").click()
    clerk.locator("[name='lines.1.sku']").fill("FI-0003")
    clerk.wait_for_timeout(900)
    clerk.get_by_role("link", name="Produtos").first.click()
    expect(clerk.get_by_role("heading", level=1)).to_have_text("Produtos")
    clerk.go_back()
    offer = clerk.locator("[data-draft-offered]")
    expect(offer).to_contain_text("Continuar o que você digitou às")
    offer.get_by_role("button", name="Continuar").click()
    expect_order(clerk, "Bia Lima")
    expect(clerk.locator("[name='lines.1.sku']")).to_have_value("FI-0003")
    expect(offer).to_have_count(0)
    clerk.reload()
    offer.get_by_role("button", name="Descartar").click()
    clerk.reload()
    clerk.wait_for_timeout(300)
    expect(offer).to_have_count(0)


def test_what_one_person_typed_is_not_kept_for_the_next(clerk, signed_in):
    signed_in(clerk, "clerk", own=True)
    fill_in_order(clerk)
    clerk.goto("/account")
    kept = clerk.evaluate("Object.keys(sessionStorage)")
    assert [key for key in kept if key.startswith("balcao-draft:")]
    clerk.locator("form[action='/logout'] button").first.click()
    clerk.wait_for_url("**/login")
    kept = clerk.evaluate("Object.keys(sessionStorage)")
    assert not [key for key in kept if key.startswith("balcao-draft:")]


def test_who_edits_what_somebody_else_saved_sees_theirs_beside_mine(clerk):
    clerk.goto("/products?q=FI-0004")
    clerk.locator("main tbody a[href^='/products/']").first.click()
    clerk.get_by_role("link", name="Editar").first.click()
    address = clerk.url
    other = clerk.context.new_page()
    other.goto(address)
    other.locator("[name=name]").fill("Nome deles")
    other.locator("[name=price]").fill("777,00")
    other.locator("main form [type=submit], main form .button-primary").first.click()
    expect(other.get_by_role("heading", level=1)).to_contain_text("Nome deles")
    clerk.locator("[name=name]").fill("Nome meu")
    clerk.locator("[name=price]").fill("66,00")
    clerk.locator("main form .button-primary").first.click()
    expect(clerk.locator(".error-summary")).to_contain_text("nada foi sobrescrito")
    expect(clerk.locator("[name=name]")).to_have_value("Nome meu")
    theirs = clerk.locator("[data-theirs]")
    expect(theirs.first).to_contain_text("Nome deles")
    theirs.filter(has_text="777,00").get_by_role("button").click()
    expect(clerk.locator("[name=price]")).to_have_value("777,00")
    clerk.locator("main form .button-primary").first.click()
    expect(clerk.get_by_role("heading", level=1)).to_contain_text("Nome meu")
