"""Lists use the room there is: rows close together where one asks for it, no table cut on a small
screen, no page wider than one can read on a large one."""

from zoneinfo import ZoneInfo

import pytest

from tests.support.paper import sizes, texts
from tests.support.placed_orders import place_order, until_invoiced
from webapp.platform.clock import utc_now

LISTS = (
    "/sales",
    "/products",
    "/customers",
    "/memberships",
    "/invoices",
    "/packing-slips",
    "/royalties",
    "/rules",
    "/commissions",
    "/tasks",
    "/messages",
    "/jobs",
    "/audit",
    "/staff",
    "/settings",
    "/invoices/1",
    "/tax-profiles/gift",
    "/tax-rates",
    "/fiscal-rehearsals",
)
# Around each width at which something on the page turns into something else.
WIDTHS = (360, 760, 770, 820, 890, 930, 1030, 1110, 1180, 1210, 1280, 1350)
# Those whose rows standing close have a width of their own.
CLOSE = ("/sales", "/invoices", "/staff")
ROOM_FOR_ROWS = """() => {
    const rows = [...document.querySelectorAll("#sale-rows > tr")]
        .map((row) => row.getBoundingClientRect());
    return (innerHeight - rows[0].top) / Math.max(...rows.map((row) => row.height));
}"""
# By density and width, where the page itself is wider than its window or a table than its box. Laid
# out in a frame, at all widths at once and never painted.
CUT = """async ([densities, widths]) => {
    const frame = document.createElement("iframe"), page = document.documentElement.cloneNode(true);
    Object.assign(frame.style, { border: 0, height: "768px", visibility: "hidden" });
    document.body.replaceChildren(frame);
    const inner = frame.contentDocument;
    inner.open();
    inner.write("<!doctype html><title></title>");
    inner.close();
    inner.replaceChild(inner.adoptNode(page), inner.documentElement);
    const sheets = [...inner.querySelectorAll("link[rel=stylesheet]")];
    while (!sheets.every((link) => link.sheet)) await new Promise((done) => setTimeout(done, 5));
    await inner.fonts.ready;
    const cut = {}, boxes = [page, ...inner.querySelectorAll("main .table-scroll")];
    for (const density of densities) {
        page.dataset.density = density;
        for (const width of widths) {
            frame.style.width = `${width}px`;
            if (page.clientWidth !== width) cut[width] = "no such width";
            const by = boxes.map((box) => box.scrollWidth - box.clientWidth).filter((by) => by > 1);
            if (by.length) cut[`${density} ${width}`] = by;
        }
    }
    return cut;
}"""

# Words that stand in two lines.
BROKEN = """(parts) => parts.flatMap((part) => {
    const words = [], range = document.createRange();
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    for (let text; (text = walker.nextNode());) {
        for (const word of text.data.matchAll(/[\\p{L}\\d]+/gu)) {
            range.setStart(text, word.index);
            range.setEnd(text, word.index + word[0].length);
            if (range.getClientRects().length > 1) words.push(word[0]);
        }
    }
    return words;
})"""


def test_a_compact_list_shows_eighteen_rows_and_stays_compact(page, live_shop, signed_in):
    page.set_viewport_size({"width": 1440, "height": 900})
    signed_in(page)
    page.goto("/sales")
    roomy = page.evaluate(ROOM_FOR_ROWS)
    with page.expect_response("**/account/density"):
        page.locator("[data-density-button]").click()
    assert page.evaluate(ROOM_FOR_ROWS) >= 18 > roomy
    page.reload()
    assert page.evaluate(ROOM_FOR_ROWS) >= 18
    page.locator("[data-density-button]").click()


def test_no_list_is_cut_at_any_width_by_what_is_long(page, live_shop, signed_in):
    name = {"customer__name": "Maximiliano" * 6, "customer__document": "618.204.957-01"}
    dear = {"channel": "an-outside-shop", "lines__0__unit_price": "99989,10"}
    dear["lines__0__price_reason"] = "Combinado"
    place_order(live_shop, "LONG-NAME-" * 3, paid="0", **name, **dear)
    signed_in(page, "admin")
    # A version of a tax profile with all its buttons.
    page.goto("/tax-profiles/gift/new-version")
    page.locator("[name=valid_from]").fill("2031-01-01")
    # Sent once it is known that the session stands: after the click has returned.
    with page.expect_navigation():
        page.get_by_role("button", name="Gravar versão").click()
    for path in LISTS:
        page.goto(path)
        densities = ["normal", "compact"] if path in CLOSE else ["normal"]
        assert page.evaluate(CUT, [densities, WIDTHS]) == {}, path


def test_no_page_is_spread_on_a_large_screen_and_the_menu_leaves_room_on_a_small_one(
    page, live_shop, signed_in
):
    signed_in(page, "admin")
    page.set_viewport_size({"width": 1920, "height": 1080})
    for path in ("/sales", "/jobs"):
        page.goto(path)
        assert page.locator("main").bounding_box()["width"] <= 92 * 16, path
    page.set_viewport_size({"width": 1024, "height": 768})
    assert page.locator(".side-bar").bounding_box()["width"] <= 64
    assert page.get_by_role("link", name="Pedidos").first.is_visible()


def test_what_stands_below_a_notice_keeps_off_it(page, live_shop, signed_in):
    signed_in(page, "admin")
    page.goto("/staff/new")
    gap = page.evaluate("""() => {
        const below = document.querySelector(".page > .columns-main-aside")
        const notice = document.createElement("div")
        notice.className = "notice"
        below.before(notice)
        return below.getBoundingClientRect().top - notice.getBoundingClientRect().bottom
    }""")
    assert gap >= 12


def test_the_history_beside_an_nfe_breaks_no_word(page, live_shop, signed_in):
    place_order(live_shop, "ROOM-1")
    until_invoiced(live_shop, "ROOM-1")
    signed_in(page, "admin")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/invoices?q=ROOM-1")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.locator("#invoice").wait_for()
    texts = page.locator(".timeline-item > div")
    assert texts.count() and texts.evaluate_all(BROKEN) == []


def test_a_closing_is_not_cut_on_paper(page, live_shop, signed_in):
    place_order(live_shop, "PAPER-1")
    until_invoiced(live_shop, "PAPER-1")
    signed_in(page, "admin")
    month = f"{utc_now().astimezone(ZoneInfo('America/Sao_Paulo')):%Y-%m}"
    page.goto(f"/closing?month={month}")
    paper = texts(page.pdf(format="A4", prefer_css_page_size=True))
    # What is beyond the edge of a sheet is not in its text.
    assert "Usado" in paper[0] and "Faltam" in paper[0]


UPRIGHT, LANDSCAPE = (210, 297), (297, 210)


@pytest.mark.parametrize(
    ("address", "first", "last"),
    [
        ("/sales", "Pedido", "Quando"),
        ("/packing-slips", "Pedido", "prevista"),
        ("/rules", "Regra", "Situação"),
        ("/products/reorder", "Produto", "Valor a custo"),
        ("/royalties", "Pedido", "Percentual"),
        ("/products", "Produto", "Estoque"),
        ("/invoices", "NF-e", "Quando"),
    ],
)
def test_a_list_is_not_cut_on_paper(page, live_shop, signed_in, address, first, last):
    signed_in(page, "admin")
    page.goto(address)
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    assert set(sizes(pdf)) == {LANDSCAPE}
    assert first in texts(pdf)[0] and last in texts(pdf)[0]


@pytest.mark.parametrize(
    ("address", "never"),
    [
        ("/imports", "Enviar arquivo"),
        ("/counts", "Começar uma contagem"),
        ("/payments", "Pago duas vezes"),
        ("/attention", "Mais antigas primeiro"),
    ],
)
def test_what_one_presses_or_fills_in_beside_a_list_is_not_on_paper(
    page, live_shop, signed_in, address, never
):
    signed_in(page, "admin")
    page.goto(address)
    assert never in page.locator("main").inner_text()
    (paper,) = texts(page.pdf(format="A4", prefer_css_page_size=True))
    assert never not in paper and page.locator("h1").inner_text() in paper


def test_the_value_of_a_condition_has_room_beside_the_form_s_other_cards(
    page, live_shop, signed_in
):
    signed_in(page, "admin")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/rules/high_value_hold/edit")
    assert page.get_by_label("Valor: ").bounding_box()["width"] >= 130


def test_the_page_of_one_order_is_printed_upright(page, live_shop, signed_in):
    place_order(live_shop, "PAPER-2")
    until_invoiced(live_shop, "PAPER-2")
    signed_in(page, "admin")
    page.goto("/sales")
    page.locator("#sale-rows").get_by_role("link", name="PAPER-2", exact=True).click()
    page.locator("#lines-title").wait_for()
    assert set(sizes(page.pdf(format="A4", prefer_css_page_size=True))) == {UPRIGHT}
