"""Lists use the room there is: rows close together where one asks for it, no table cut on a small
screen, no page wider than one can read on a large one."""

from tests.support.placed_orders import place_order

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
# The page itself, and each table in its box.
CUT = """() => [document.documentElement, ...document.querySelectorAll("main .table-scroll")]
    .map((box) => box.scrollWidth - box.clientWidth).filter((cut) => cut > 1)"""


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
        # What nobody sees is laid out and not painted.
        page.evaluate("document.documentElement.style.opacity = 0")
        cut = {}
        for density in ("normal", "compact") if path in CLOSE else ("normal",):
            page.evaluate(f"document.documentElement.dataset.density = '{density}'")
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 768})
                if by := page.evaluate(CUT):
                    cut[density, width] = by
        assert cut == {}, path


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
