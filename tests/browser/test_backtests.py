"""A test on past orders in the browser: it moves by itself, and no page of it has a fault."""

from playwright.sync_api import expect

from tests.services import wait_until
from tests.support.accessibility import faults


def test_a_test_is_asked_for_and_its_page_moves_to_the_result_by_itself(
    page, watched, signed_in, live_shop
):
    earned = "SELECT count(*) > 0 FROM commissions"
    wait_until(lambda: live_shop.execute(earned) == [(1,)], why="the past has a commission")
    signed_in(page)
    page.goto("/rules/commission/edit")
    page.locator("[name='then.0.percent.kind']").select_option("fixed")
    page.locator("[name='then.0.percent']").fill("8,00")
    page.get_by_role("button", name="Salvar no rascunho").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rascunho das regras")
    assert faults(page) == []

    page.locator("#backtests [name=days]").select_option("all")
    page.locator("#backtests").get_by_role("button").click()
    expect(page.locator("#backtest-live")).to_have_attribute("data-status", "done")
    expect(page.locator("main")).to_contain_text("Comissão por vendedor")
    assert faults(page) == []

    page.get_by_role("link", name="Ver todos os pedidos que mudam").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pedidos que mudam")
    assert faults(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Baixar CSV").click()
    assert download.value.suggested_filename.startswith("rules-test-")

    page.goto("/rules/draft")
    page.get_by_role("button", name="Descartar o rascunho").click()
    page.locator("dialog[open]").get_by_role("button", name="Descartar o rascunho").click()
    expect(page.locator("main")).to_contain_text("O rascunho foi descartado")
    assert watched == []
