"""The rule editor in a browser: all by buttons without script; with it, the form changes in place
and keeps the focus."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_errand import sign_in


@pytest.fixture
def scriptless(browser, live_shop):
    context = browser.new_context(base_url=live_shop.url, locale="pt-BR", java_script_enabled=False)
    yield context.new_page()
    context.close()


def press(page, do: str) -> None:
    button = page.locator(f"button[name=do][value='{do}']")
    if not button.is_visible():
        page.locator("details.menu", has=button).locator("summary").click()
    button.click()


def press_for_a_page(page, do: str) -> None:
    """Without script each press brings a page of its own; what follows is done on that one."""
    with page.expect_navigation():
        press(page, do)


def choose(page, name: str, value: str) -> None:
    page.locator(f"select[name='{name}']").select_option(value)
    press_for_a_page(page, "refresh")


def test_without_script_a_nested_rule_is_built_by_buttons_and_kept(scriptless):
    page = scriptless
    sign_in(page)
    page.goto("/rules/new")
    page.get_by_label("Em português").fill("Livros caros sem script")
    choose(page, "when.0.field", "item_kind")
    choose(page, "when.0.op", "in")
    page.get_by_label("livro", exact=True).check()
    page.get_by_label("e-book", exact=True).check()
    press_for_a_page(page, "group:when")
    expect(page.locator("[name='when.1.group']")).to_be_focused()
    choose(page, "when.1.0.field", "item_price")
    choose(page, "when.1.0.op", "between")
    page.locator("[name='when.1.0.low']").fill("1.000,00")
    page.locator("[name='when.1.0.high']").fill("2000")
    press_for_a_page(page, "add:when.1")
    choose(page, "when.1.1.field", "item_gift")
    press_for_a_page(page, "up:when.1.1")
    press_for_a_page(page, "add:then")
    choose(page, "then.0.do", "hold")
    page.get_by_label("Motivo").fill("Caro demais")
    press_for_a_page(page, "add:examples")
    for words in ("livro", "e-book", "brinde", "R$ 1.000,00", "R$ 2.000,00", "Caro demais"):
        expect(page.locator(".rule-sentence")).to_contain_text(words)
    page.get_by_role("button", name="Salvar no rascunho").last.click()
    expect(page.locator(".flashes")).to_contain_text("Salva no rascunho")
    expect(page.locator("#rule-livros_caros_sem_script")).to_contain_text("Livros caros sem script")


def test_without_script_an_error_stands_at_its_row_and_nothing_typed_is_lost(scriptless, signed_in):
    page = scriptless
    signed_in(page)
    page.goto("/rules/commission/edit")
    press_for_a_page(page, "add:when")
    choose(page, "when.3.field", "item_total")
    page.locator("[name='when.3.value']").fill("cinquenta")
    page.get_by_role("button", name="Salvar no rascunho").last.click()
    expect(page.locator("#f-when-3-error")).to_contain_text("Não é um valor em reais")
    expect(page.locator("[name='when.3.value']")).to_have_value("cinquenta")


def test_with_script_rows_change_in_place_and_the_focus_goes_along(page, signed_in):
    signed_in(page)
    page.goto("/rules/new")
    page.get_by_label("Em português").fill("Cliente especial")
    field = page.locator("[name='when.0.field']")
    field.focus()
    field.select_option("customer_id")
    expect(page.locator("[name='when.0.field']")).to_be_focused()
    page.locator("details.finder summary").click()
    page.locator("[name='when.0.find']").press_sequentially("a", delay=20)
    found = page.locator("#f-when-0-found button").first
    expect(found).to_be_visible()
    name = found.inner_text().splitlines()[0].strip()
    found.click()
    expect(page.locator(".value-names")).to_contain_text(name)
    expect(page.locator("[name='when.0.value']")).to_be_focused()
    press(page, "add:when")
    expect(page.locator("[name='when.1.field']")).to_be_focused()
    expect(page.get_by_label("Em português")).to_have_value("Cliente especial")
    press(page, "remove:when.1")
    expect(page.locator("button[value='add:when']")).to_be_focused()
    press(page, "add:then")
    page.locator("[name='then.0.do']").select_option("commission")
    page.locator("[name='then.0.percent.kind']").select_option("fixed")
    page.locator("[name='then.0.percent']").fill("8,5")
    expect(page.locator(".rule-sentence")).to_contain_text("8,5")


def test_what_is_typed_before_a_button_is_pressed_stays(page, signed_in):
    signed_in(page)
    page.goto("/rules/new")
    page.locator("[name='when.0.value']").fill("1.234,56")
    page.locator("[name='name.pt_BR']").press_sequentially("Rápido")
    press(page, "add:when")
    expect(page.locator("[name='when.1.field']")).to_be_focused()
    expect(page.locator("[name='when.0.value']")).to_have_value("1.234,56")
    expect(page.locator("[name='name.pt_BR']")).to_have_value("Rápido")
    expect(page.locator("[name='when.1.value']")).to_have_value("")
