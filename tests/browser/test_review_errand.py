"""A reviewer's errand: an NF-e that SEFAZ rejected is found, understood, mended and authorized
under the number it has."""

from playwright.sync_api import expect

from tests.services import wait_until
from tests.support.placed_orders import place_order

WRONG, RIGHT = "11.222.333/0001-81", "11.444.777/0001-61"


def refuse_the_next(page, signed_in, code) -> None:
    signed_in(page, "admin")
    page.goto("/settings")
    page.locator("[name=code]").select_option(code)
    page.locator("form", has=page.locator("[name=code]")).get_by_role("button").click()
    expect(page.locator(".notice-good")).to_be_visible()


def test_rejected_understood_mended_and_authorized_under_its_number(
    page, browser, live_shop, signed_in, watched
):
    # A manager has the monitor open all the while: its cause comes and goes by itself.
    manager = browser.new_context(base_url=live_shop.url, locale="pt-BR")
    jobs = manager.new_page()
    signed_in(jobs, "manager")
    jobs.goto("/jobs")
    cause = jobs.locator("#causes li", has_text="181")
    expect(cause).to_have_count(0)
    refuse_the_next(page, signed_in, "181")
    buyer = {"customer__name": "Oficina Serra Azul Ltda", "customer__document": WRONG}
    place_order(live_shop, "REVIEW-1", **buyer)
    rejected = "SELECT count(*) FROM sales WHERE reference = 'REVIEW-1' AND status = 'attention'"
    wait_until(lambda: live_shop.execute(rejected) == [(1,)], why="rejected")
    expect(cause).to_contain_text("1 pedido, R$")

    signed_in(page, "reviewer")
    page.goto("/invoices?status=rejected&reason=customer&sort=-when")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    note = page.locator("#invoice")
    expect(note).to_have_attribute("data-status", "rejected")
    expect(note).to_contain_text("SEFAZ, código 181")
    mark = page.locator("pre mark")
    expect(mark).to_have_text(f"<CNPJ>{bare(WRONG)}</CNPJ>")
    page.get_by_role("link", name="Ver no XML").click()
    expect(mark).to_be_in_viewport()
    number = live_shop.execute("SELECT max(number) FROM invoices")[0][0]
    address = page.url

    page.get_by_role("link", name="Corrigir o CNPJ").click()
    page.locator("[name=document]").fill(RIGHT)
    with page.expect_navigation():
        page.locator("form:has([name=document])").get_by_role("button", name="Salvar").first.click()
    page.goto(address)
    expect(page.locator("[data-key=a]")).to_be_enabled()
    page.keyboard.press("a")
    page.keyboard.press("Enter")

    expect(note).to_have_attribute("data-status", "authorized")
    expect(page.locator("h2", has_text=f"NF-e {number}, série 1")).to_be_visible()
    expect(page.locator("#changes del")).to_have_text(bare(WRONG))
    expect(page.locator("#changes ins")).to_have_text(bare(RIGHT))
    expect(cause).to_have_count(0)
    manager.close()
    assert watched == []


def bare(document):
    return "".join(sign for sign in document if sign.isdigit())
