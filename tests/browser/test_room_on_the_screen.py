"""Lists use the room there is: rows close together where one asks for it, no table cut on a small
screen, no page wider than one can read on a large one."""

from tests.support.placed_orders import place_order

LISTS = ("/sales", "/invoices", "/packing-slips", "/royalties", "/rules", "/jobs", "/products")
ROOM_FOR_ROWS = """() => {
    const rows = [...document.querySelectorAll("#sale-rows > tr")]
        .map((row) => row.getBoundingClientRect());
    return (innerHeight - rows[0].top) / Math.max(...rows.map((row) => row.height));
}"""
CUT = """() => [...document.querySelectorAll("main .table-scroll")]
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


def test_an_order_of_a_long_name_is_cut_at_no_width(page, live_shop, signed_in):
    name = {"customer__name": "Maximiliano" * 6, "customer__document": "618.204.957-01"}
    place_order(live_shop, "LONG-NAME-" * 3, paid="0", **name)
    signed_in(page)
    page.goto("/sales")
    for width in (820, 1000, 1024, 1040, 1100, 1180, 1280, 1366):
        page.set_viewport_size({"width": width, "height": 768})
        assert page.evaluate(CUT) == [], width
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


def test_no_list_is_cut_on_a_small_screen_nor_spread_on_a_large_one(page, live_shop, signed_in):
    signed_in(page, "admin")
    for path in LISTS:
        page.set_viewport_size({"width": 1024, "height": 768})
        page.goto(path)
        assert page.evaluate(CUT) == [], path
        page.set_viewport_size({"width": 1920, "height": 1080})
        assert page.locator("main").bounding_box()["width"] <= 92 * 16, path
    page.set_viewport_size({"width": 1024, "height": 768})
    assert page.locator(".side-bar").bounding_box()["width"] <= 64
    assert page.get_by_role("link", name="Pedidos").first.is_visible()
