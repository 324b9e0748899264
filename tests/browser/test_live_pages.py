"""What stands on a page moves by itself: by the stream, without it by asking, and again by it once
it can be had."""

import os
import re
import signal

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import shows_what_comes
from tests.services import wait_until
from tests.support.browsers import CLOCK_MOVED
from tests.support.placed_orders import place_order, until_invoiced
from tests.support.shop_tokens import token_of

SLEPT = "FI-0003"
STREAM = re.compile(r"/events(\?|$)")
LIVE, ASKING = "Ao vivo", "Atualiza a cada 3 s"


@pytest.fixture
def people(browser, live_shop, signed_in):
    """Opens a clerk's pages, each in a browser of its own: `people("/sales")`; `prepare` is done to
    a page before it is loaded. Rows that come are shown at once unless the person `waits`."""
    contexts = []

    def open_page(path: str, prepare=lambda page: None, waits: bool = False):
        contexts.append(browser.new_context(base_url=live_shop.url, locale="pt-BR"))
        page = contexts[-1].new_page()
        signed_in(page, "clerk")
        prepare(page)
        if not waits:
            shows_what_comes(page)
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


def news(page):
    return page.locator(".list-news button")


def count_of(page, entry: str):
    """What the menu counts behind an entry."""
    return page.locator(f".side-bar [data-count-of='{entry}'] > span").first


def test_a_row_that_comes_is_said_and_shown_when_it_is_wanted(people, live_shop):
    onlooker = people("/sales", waits=True)
    expect(state(onlooker)).to_have_text(LIVE)
    count = int(onlooker.locator("#sales-list-tabs .tab-count").first.inner_text())
    onlooker.keyboard.press("j")
    here = onlooker.locator("main tbody a:focus")
    onlooker.keyboard.press("x")
    first = here.get_attribute("href")
    rows = "[...document.querySelectorAll('#sale-rows > tr')].map((row) => row.id)"
    stood = onlooker.evaluate(rows)
    place_order(live_shop, "LIVE-1")
    expect(news(onlooker)).to_have_text("1 a mais · Mostrar")
    expect(onlooker.locator("#sales-list-tabs .tab-count").first).to_have_text(str(count + 1))
    # Nothing jumped: the same rows stand there, and the focus on the same one.
    assert (here.get_attribute("href"), onlooker.evaluate(rows)) == (first, stood)
    news(onlooker).click()
    expect_invoiced(onlooker, "LIVE-1")
    expect(news(onlooker)).to_have_count(0)
    expect(onlooker.locator(f"main tbody tr + tr a[href='{first}']").first).to_be_visible()
    expect(onlooker.locator("main .row-mark:checked")).to_have_count(1)


def test_what_one_changes_moves_in_the_others_lists_and_menu(people, live_shop):
    address = place_order(live_shop, "LIVE-7")
    until_invoiced(live_shop, "LIVE-7")
    packer, onlooker = people(address), people("/packing-slips?status=to_pack", waits=True)
    expect(row(onlooker, "LIVE-7")).to_be_visible()
    expect(state(onlooker)).to_have_text(LIVE)
    shipped = int(count_of(onlooker, "parcels.index").inner_text())
    packer.get_by_role("link", name="Embalar, despachar ou imprimir").click()
    packer.get_by_role("button", name="Marcar como embalado").click()
    # It left the list: it stays, dimmed, until the list is shown anew.
    expect(row(onlooker, "LIVE-7")).to_have_class(re.compile("row-left"))
    expect(news(onlooker)).to_have_text("1 a menos · Mostrar")
    expect(count_of(onlooker, "parcels.index")).to_have_text(str(shipped))
    carrier = packer.locator("[name=carrier]")
    carrier.fill("Correios")
    carrier.evaluate("field => field.form.submit()")
    for page in (packer, onlooker):
        expect(count_of(page, "parcels.index")).to_have_text(str(shipped - 1))
    news(onlooker).click()
    expect(row(onlooker, "LIVE-7")).to_have_count(0)
    assert onlooker.evaluate("window.neverLoadedAgain")


def test_the_first_row_of_an_empty_list_comes_by_itself(people, live_shop):
    onlooker = people("/invoices?q=LIVE-2")
    expect(onlooker.get_by_text("Nenhum resultado")).to_be_visible()
    place_order(live_shop, "LIVE-2")
    invoice = onlooker.locator("tr[id^='invoice-']", has_text="LIVE-2")
    expect(invoice).to_have_attribute("data-status", "authorized")
    expect(onlooker.get_by_text("Nenhum resultado")).to_be_hidden()
    assert onlooker.evaluate("window.neverLoadedAgain")


def test_without_a_stream_the_page_asks_and_finds_back_to_it(people, live_shop):
    def without_a_stream(page):
        page.clock.install()
        page.route(STREAM, lambda route: route.abort())

    onlooker = people("/sales", without_a_stream)
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


def set_stocks(shop, sku: str, stocks) -> None:
    headers = {"Authorization": f"Bearer {token_of(shop)}"}
    with httpx.Client(base_url=shop.url, headers=headers) as client:
        for stock in stocks:
            answer = client.post(f"/api/v1/products/{sku}/stock", json={"set": stock})
            assert answer.status_code == 200, answer.text


def test_a_page_that_slept_through_a_hundred_changes_is_brought_up_to_date(people, live_shop):
    onlooker = people(f"/products?q={SLEPT}", waits=True)
    expect(state(onlooker)).to_have_text(LIVE)
    look = (
        "(hidden) => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: "
        "true }); document.dispatchEvent(new Event('visibilitychange')); }"
    )
    onlooker.evaluate(look, True)
    # What it was told of before goes on: rows are asked for together, lists once a second.
    onlooker.evaluate("new Promise((done) => setTimeout(done, 1500))")
    asked = []
    onlooker.on("request", lambda request: asked.append(request.url))
    set_stocks(live_shop, SLEPT, range(701, 801))
    stock = onlooker.locator("tr[id^='product-']", has_text=SLEPT)
    expect(stock).not_to_contain_text("800")
    assert asked == [], "nobody looks"
    onlooker.evaluate(look, False)
    expect(stock).to_contain_text("800")
    assert onlooker.evaluate("window.neverLoadedAgain")


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


def test_a_clock_that_was_moved_is_in_no_profile_of_another_test(browser, live_shop):
    for moved in (True, False):
        context = browser.new_context(base_url=live_shop.url, locale="pt-BR")
        page = context.new_page()
        if moved:
            page.clock.install()
        page.goto("/login")
        assert page.evaluate(CLOCK_MOVED) is moved
        context.close()
