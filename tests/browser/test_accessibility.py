"""axe finds nothing on any page: light and dark, on a desk, a tablet and a phone. No table is cut
without a cue."""

import pytest
from lxml import html

from tests.services import wait_until
from tests.support.accessibility import faults

MENU = (
    "/",
    "/attention",
    "/sales",
    "/products",
    "/customers",
    "/memberships",
    "/invoices",
    "/closing",
    "/incoming",
    "/packing-slips",
    "/payments",
    "/royalties",
    "/tax-profiles",
    "/rules",
    "/commissions",
    "/tasks",
    "/messages",
    "/jobs",
    "/alerts",
    "/authority",
    "/audit",
    "/staff",
    "/settings",
)
OTHERS = (
    "/settings/alerts",
    "/notifications",
    "/counts",
    "/payments/statements",
    "/payments/fees",
    "/payments/providers",
    "/products/reorder",
    "/series",
    "/account",
    "/agents",
    "/partners",
    "/partners/1/edit",
    "/sales/8/invoice-details",
    "/search?q=web",
    "/sales/new",
    "/views",
    "/schedules/new/sales",
    "/sales?q=nothing",
    "/bulk/new?act=ship",
    "/products/new",
    "/customers/new",
    "/customers/1",
    "/customers/1/anonymisation",
    "/staff/new",
    "/packing-slips/print?ids=1,2",
    "/packing-slips/shipment?ids=1,2",
    "/packing-slips/picking",
    "/packing",
    "/packing?parcel=1",
    "/settings/numbering",
    "/settings/official-tables",
    "/imports",
    "/tax-profiles/new",
    "/tax-profiles/goods",
    "/tax-rates",
    "/fiscal-calendar",
    "/rules?on=2027-01-01",
    "/rules/draft",
    "/rules/help",
    "/rules/versions",
    "/rules/versions/2",
    "/rules/packing_slip/orders",
    "/sales/5/invoice-details",
    "/sales/5/returns/new",
    "/sales/5/rules/commission",
    "/sales/5/rules?q=video",
    "/nowhere",
)
# The first of each list, opened; of the sales one that waits for a person, of the NF-e one under
# review.
OPENED = {
    "/sales?status=attention": "/sales/",
    "/sales?status=invoiced": "/sales/",
    "/invoices?status=review": "/invoices/",
    "/invoices?status=authorized": "/invoices/",
    "/products": "/products/",
    "/packing-slips": "/packing-slips/",
    "/tasks": "/tasks/",
    "/messages": "/messages/",
    "/memberships": "/memberships/",
    "/commissions": "/commissions?",
}


@pytest.fixture(scope="module")
def staff(browser, live_shop, signed_in):
    """One signed-in page for all of them."""
    context = browser.new_context(base_url=live_shop.url, locale="pt-BR")
    page = context.new_page()
    signed_in(page, "admin")
    yield page
    context.close()


def test_the_menu_has_no_other_pages(staff):
    staff.goto("/")
    entries = staff.locator(".side-bar .side-link").evaluate_all(
        "links => links.map((link) => link.getAttribute('href'))"
    )
    assert sorted(entries) == sorted(MENU)


@pytest.mark.parametrize("path", MENU + OTHERS)
def test_a_page_has_no_faults(staff, path):
    staff.goto(path)
    assert faults(staff) == []


@pytest.mark.parametrize("listed", OPENED)
def first_of(shop, listed: str) -> list[str]:
    _status, page = shop.get(listed, shop.cookie("admin"))
    return html.fromstring(page).xpath(
        f"//main//tbody//a[starts-with(@href, '{OPENED[listed]}')]/@href"
    )[:1]


@pytest.mark.parametrize("listed", OPENED)
def test_an_opened_record_has_no_faults(staff, live_shop, listed):
    wait_until(lambda: first_of(live_shop, listed), why=f"{listed} has a row", pause=0.5)
    staff.goto(*first_of(live_shop, listed))
    assert faults(staff) == []


def test_the_sign_in_has_no_faults(page):
    page.goto("/login")
    assert faults(page) == []


READABLE = """<!doctype html><html lang="pt-BR"><title>Uma página</title><style>
    body { color: #222; background: #fff } p { background: #eee }
    .torn { position: absolute; top: 9rem; background: none }
    @media (prefers-color-scheme: dark) { body { color: #eee; background: #222 } }
    @media (prefers-color-scheme: dark) { p { background: #333 } }
</style><main><h1>Título</h1><p>Um texto</p><p class="torn">Outro texto</p></main>"""
UNREADABLE = {
    "@media (prefers-color-scheme: light) { p { color: #999 } }": {"390 light", "1440 light"},
    "@media (max-width: 600px) { p { color: #777 } }": {"390 light", "390 dark"},
    "main { opacity: .2 }": {"390 light", "390 dark", "1440 light", "1440 dark"},
}


def test_a_text_that_cannot_be_read_is_found_where_its_like_has_passed(page):
    page.set_content(READABLE)
    assert faults(page) == []
    for style, looks in UNREADABLE.items():
        page.set_content(READABLE.replace("</style>", f"{style}</style>"))
        found = [fault.split(": ") for fault in faults(page)]
        assert {look for look, *_ in found} == looks
        assert {rule for _, rule, *_ in found} == {"color-contrast"}


def test_a_link_that_only_its_colour_tells_from_its_text_is_found_in_each_look(page):
    link = 'Outro texto, <span>com <a href="/">uma ligação</a></span>'
    alike = "a { color: #003 } @media (prefers-color-scheme: dark) { a { color: #ccf } }"
    linked = READABLE.replace("Outro texto", link).replace("</style>", f"{alike}</style>")
    page.set_content(linked)
    assert faults(page) == []
    for scheme in ("light", "dark"):
        plain = f"@media (prefers-color-scheme: {scheme}) {{ a {{ text-decoration: none }} }}"
        page.set_content(linked.replace("</style>", f"{plain}</style>"))
        found = [fault.split(": ") for fault in faults(page)]
        sizes = {"390 light", "1024 light", "1440 light"}
        assert {look for look, *_ in found} == (
            sizes if scheme == "light" else {"390 dark", "1440 dark"}
        )
        assert {rule for _, rule, *_ in found} == {"link-in-text-block"}


def test_regions_of_one_name_are_found_in_the_size_that_shows_both(page):
    navs = '<nav aria-label="Ali">Um</nav><nav aria-label="Ali" class="second">Dois</nav>'
    hidden = ".second { display: none }"
    page.set_content(
        READABLE.replace("</style>", f"{hidden}</style>").replace("<main", f"{navs}<main")
    )
    assert faults(page) == []
    for sizes, width in (("1024", "(700px < width < 1200px)"), ("390", "(width < 700px)")):
        shown = f"{hidden} @media {width} {{ .second {{ display: block }} }}"
        style = READABLE.replace("</style>", f"{shown}</style>")
        page.set_content(style.replace("<main", f"{navs}<main"))
        (found,) = faults(page)
        assert found.startswith(f"{sizes} light: landmark-unique: <nav")


def test_a_note_that_came_in_has_no_faults(staff):
    """The demo's sandbox holds one until the fetching is turned on."""
    staff.goto("/incoming")
    if staff.get_by_role("button", name="Ligar").is_visible():
        staff.get_by_role("button", name="Ligar").click()
    link = staff.locator("main tbody a[href^='/incoming/']").first

    def has_come() -> bool:
        staff.goto("/incoming")
        return link.is_visible()

    wait_until(has_come)
    staff.goto(link.get_attribute("href"))
    assert faults(staff) == []
    staff.get_by_role("link", name="Todas as recebidas").click()
    assert faults(staff) == []
