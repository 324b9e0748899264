"""Rows move by themselves: by the stream, without it by asking, and again by it once it can be
had."""

import os
import re
import signal

import pytest
from playwright.sync_api import expect

from tests.services import wait_until
from tests.support.placed_orders import place_order, until_invoiced

STREAM = re.compile(r"/events(\?|$)")
LIVE, ASKING = "Ao vivo", "Atualiza a cada 3 s"


@pytest.fixture
def people(browser, live_shop, signed_in):
    """Opens a clerk's pages, each in a browser of its own: `people("/sales")`; `prepare` is done to
    a page before it is loaded."""
    contexts = []

    def open_page(path: str, prepare=lambda page: None):
        contexts.append(browser.new_context(base_url=live_shop.url, locale="pt-BR"))
        page = contexts[-1].new_page()
        page.clock.install()
        signed_in(page, "clerk")
        prepare(page)
        page.goto(path)
        page.evaluate("window.neverLoadedAgain = true")
        return page

    yield open_page
    for context in contexts:
        context.close()


def state(page):
    return page.locator("#live-state")


def row(page, reference: str):
    return page.locator("tr[id^='sale-']", has_text=reference)


def expect_invoiced(page, reference: str):
    expect(row(page, reference)).to_have_attribute("data-status", "invoiced")
    assert page.evaluate("window.neverLoadedAgain")


def test_a_row_comes_and_changes_by_itself(people, live_shop):
    onlooker = people("/sales")
    expect(state(onlooker)).to_have_text(LIVE)
    count = int(onlooker.locator("#sales-list-tabs .tab-count").first.inner_text())
    onlooker.keyboard.press("j")
    here = onlooker.locator("main tbody a:focus").get_attribute("href")
    place_order(live_shop, "LIVE-1")
    expect_invoiced(onlooker, "LIVE-1")
    # Who walks the rows stands where they stood.
    expect(onlooker.locator(f"main tbody tr + tr a[href='{here}']").first).to_be_focused()
    expect(onlooker.locator("#sales-list-tabs .tab-count").first).to_have_text(str(count + 1))


def test_the_first_row_of_an_empty_list_comes_by_itself(people, live_shop):
    onlooker = people("/invoices?q=LIVE-2")
    expect(onlooker.get_by_text("Nenhum resultado")).to_be_visible()
    place_order(live_shop, "LIVE-2")
    invoice = onlooker.locator("tr[id^='invoice-']", has_text="LIVE-2")
    expect(invoice).to_have_attribute("data-status", "authorized")
    expect(onlooker.get_by_text("Nenhum resultado")).to_be_hidden()
    assert onlooker.evaluate("window.neverLoadedAgain")


def test_without_a_stream_the_page_asks_and_finds_back_to_it(people, live_shop):
    onlooker = people("/sales", lambda page: page.route(STREAM, lambda route: route.abort()))
    expect(state(onlooker)).to_have_text(ASKING)
    place_order(live_shop, "LIVE-3")
    until_invoiced(live_shop, "LIVE-3")
    onlooker.clock.fast_forward("00:03")
    expect_invoiced(onlooker, "LIVE-3")
    onlooker.unroute(STREAM)
    onlooker.clock.fast_forward("00:31")
    expect(state(onlooker)).to_have_text(LIVE)
    place_order(live_shop, "LIVE-4")
    expect_invoiced(onlooker, "LIVE-4")


def test_what_changes_before_a_page_without_a_place_in_the_stream_asks_is_shown(people, live_shop):
    held = []

    def without_a_place(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("data-live-since", "data-was"))

    def without_a_stream(page):
        page.route(STREAM, lambda route: route.abort())
        page.route("**/sales", without_a_place)
        page.route("**/events/poll*", lambda route: held.append(route))

    onlooker = people("/sales", without_a_stream)
    wait_until(lambda: onlooker.evaluate("1") and held, why="the page asks")
    place_order(live_shop, "LIVE-8")
    until_invoiced(live_shop, "LIVE-8")
    onlooker.unroute("**/sales")
    held[0].continue_()
    expect_invoiced(onlooker, "LIVE-8")


def test_a_page_that_nobody_looked_at_is_brought_up_to_date(people, live_shop):
    onlooker = people("/sales")
    expect(state(onlooker)).to_have_text(LIVE)
    look = (
        "(hidden) => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: "
        "true }); document.dispatchEvent(new Event('visibilitychange')); }"
    )
    onlooker.evaluate(look, True)
    place_order(live_shop, "LIVE-5")
    expect(row(onlooker, "LIVE-5")).to_have_count(0)
    onlooker.evaluate(look, False)
    expect_invoiced(onlooker, "LIVE-5")


def test_a_page_outlives_its_server(people, live_shop):
    onlooker = people("/sales")
    expect(state(onlooker)).to_have_text(LIVE)
    band = onlooker.locator("#connection-lost")
    # Thrice: after one death it is there again before anybody notices.
    for _death in range(3):
        (web,) = live_shop.pids("web")
        os.kill(web, signal.SIGKILL)
        wait_until(lambda web=web: live_shop.pids("web") not in ([], [web]), why="it starts again")
    expect(band).to_be_visible()
    expect(band).to_be_hidden()
    place_order(live_shop, "LIVE-6")
    expect_invoiced(onlooker, "LIVE-6")


COUNTED = """
window.news = 0;
window.EventSource = class extends EventSource {
  constructor(...given) {
    super(...given);
    this.addEventListener("row", () => { window.news += 1; });
  }
};"""


def test_what_changes_while_an_answer_is_under_way_is_not_lost(people, live_shop):
    address = place_order(live_shop, "LIVE-SLOW")
    until_invoiced(live_shop, "LIVE-SLOW")
    onlooker = people(address, lambda page: page.add_init_script(COUNTED))
    packer = people(address)
    packer.get_by_role("link", name="Embalar, despachar ou imprimir").click()
    packed = packer.get_by_role("button", name="Marcar como embalado")
    title = onlooker.locator("#sale-live .page-title")

    under_way = []

    def hold_the_first(route):
        if under_way:
            route.continue_()
        else:
            under_way.append((route, route.fetch()))

    onlooker.route("**/live*", hold_the_first)
    packed.click()
    expect(packed).to_have_count(0)
    wait_until(lambda: onlooker.evaluate("news") and under_way, why="the change is asked for")
    before = onlooker.evaluate("news")
    packer.get_by_role("button", name="Voltar para embalar").click()
    expect(packed).to_have_count(1)
    wait_until(lambda: onlooker.evaluate("news") > before, why="the second change is heard of")
    expect(title).to_contain_text("Para embalar")
    with onlooker.expect_request("**/live*"):
        route, answer = under_way[0]
        route.fulfill(response=answer)
    expect(title).to_contain_text("Para embalar")
