"""Rows move by themselves: by the stream, without it by asking, and again by it once it can be
had."""

import os
import re
import signal

import pytest
from playwright.sync_api import expect

from tests.browser.test_errand import make_sale, sign_in
from tests.services import wait_until

STREAM = re.compile(r"/events(\?|$)")
LIVE, ASKING = "Ao vivo", "Atualiza a cada 3 s"


@pytest.fixture
def people(browser):
    """Opens signed-in pages, each in a browser of its own: `people("/sales", url)`."""
    contexts = []

    def open_page(path: str, url: str, role: str = "clerk"):
        contexts.append(browser.new_context(base_url=url, locale="pt-BR"))
        page = contexts[-1].new_page()
        page.clock.install()
        sign_in(page, role)
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
    expect(row(page, reference)).to_have_attribute("data-status", "invoiced", timeout=20_000)
    assert page.evaluate("window.neverLoadedAgain")


def test_a_row_comes_and_changes_by_itself(people, live_shop):
    onlooker, seller = people("/sales", live_shop.url), people("/sales", live_shop.url)
    expect(state(onlooker)).to_have_text(LIVE)
    count = int(onlooker.locator("#sales-list-tabs .tab-count").first.inner_text())
    make_sale(seller, "FI-0002", "LIVE-1")
    expect_invoiced(onlooker, "LIVE-1")
    expect(onlooker.locator("#sales-list-tabs .tab-count").first).to_have_text(str(count + 1))


def test_the_first_row_of_an_empty_list_comes_by_itself(people, live_shop):
    onlooker, seller = people("/invoices?q=LIVE-2", live_shop.url), people("/sales", live_shop.url)
    expect(onlooker.get_by_text("Nenhum resultado")).to_be_visible()
    make_sale(seller, "FI-0002", "LIVE-2")
    invoice = onlooker.locator("tr[id^='invoice-']", has_text="LIVE-2")
    expect(invoice).to_have_attribute("data-status", "authorized", timeout=20_000)
    expect(onlooker.get_by_text("Nenhum resultado")).to_be_hidden()
    assert onlooker.evaluate("window.neverLoadedAgain")


def test_without_a_stream_the_page_asks_and_finds_back_to_it(people, live_shop):
    onlooker, seller = people("/", live_shop.url), people("/sales", live_shop.url)
    onlooker.route(STREAM, lambda route: route.abort())
    onlooker.goto("/sales")
    onlooker.evaluate("window.neverLoadedAgain = true")
    expect(state(onlooker)).to_have_text(ASKING)
    make_sale(seller, "FI-0002", "LIVE-3")
    expect(seller.locator("#sale-live")).to_have_attribute(
        "data-status", "invoiced", timeout=20_000
    )
    onlooker.clock.fast_forward("00:03")
    expect_invoiced(onlooker, "LIVE-3")
    onlooker.unroute(STREAM)
    onlooker.clock.fast_forward("00:31")
    expect(state(onlooker)).to_have_text(LIVE)
    make_sale(seller, "FI-0002", "LIVE-4")
    expect_invoiced(onlooker, "LIVE-4")


def test_what_changes_before_a_page_without_a_place_in_the_stream_asks_is_shown(people, live_shop):
    onlooker, seller = people("/", live_shop.url), people("/sales", live_shop.url)
    held = []

    def without_a_place(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("data-live-since", "data-was"))

    onlooker.route(STREAM, lambda route: route.abort())
    onlooker.route("**/sales", without_a_place)
    onlooker.route("**/events/poll*", lambda route: held.append(route))
    with onlooker.expect_request("**/events/poll*"):
        onlooker.goto("/sales")
    onlooker.evaluate("window.neverLoadedAgain = true")
    make_sale(seller, "FI-0002", "LIVE-8")
    expect(seller.locator("#sale-live")).to_have_attribute(
        "data-status", "invoiced", timeout=20_000
    )
    onlooker.unroute("**/sales")
    held[0].continue_()
    expect_invoiced(onlooker, "LIVE-8")


def test_a_page_that_nobody_looked_at_is_brought_up_to_date(people, live_shop):
    onlooker, seller = people("/sales", live_shop.url), people("/sales", live_shop.url)
    expect(state(onlooker)).to_have_text(LIVE)
    look = (
        "(hidden) => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: "
        "true }); document.dispatchEvent(new Event('visibilitychange')); }"
    )
    onlooker.evaluate(look, True)
    make_sale(seller, "FI-0002", "LIVE-5")
    expect(row(onlooker, "LIVE-5")).to_have_count(0)
    onlooker.evaluate(look, False)
    expect_invoiced(onlooker, "LIVE-5")


def test_a_page_outlives_its_server(people, live_shop):
    onlooker, seller = people("/sales", live_shop.url), people("/sales", live_shop.url)
    expect(state(onlooker)).to_have_text(LIVE)
    band = onlooker.locator("#connection-lost")
    # Thrice: after one death it is there again before anybody notices.
    for _death in range(3):
        (web,) = live_shop.pids("web")
        os.kill(web, signal.SIGKILL)
        wait_until(lambda web=web: live_shop.pids("web") not in ([], [web]), why="it starts again")
    expect(band).to_be_visible(timeout=10_000)
    expect(band).to_be_hidden(timeout=20_000)
    make_sale(seller, "FI-0002", "LIVE-6")
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
    onlooker, packer = people("/sales", live_shop.url), people("/sales", live_shop.url)
    onlooker.add_init_script(COUNTED)
    make_sale(onlooker, "FI-0002", "LIVE-SLOW")
    expect(onlooker.locator("#sale-live")).to_have_attribute(
        "data-status", "invoiced", timeout=20_000
    )
    packer.goto(onlooker.url)
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
