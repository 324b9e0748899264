"""axe finds nothing on any page: light and dark, on a desk, a tablet and a phone. No table is cut
without a cue."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests.browser.test_errand import sign_in

MENU = (
    "/",
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
)
OTHERS = (
    "/account",
    "/agents",
    "/search?q=web",
    "/sales/new",
    "/sales?q=nothing",
    "/products/new",
    "/customers/new",
    "/staff/new",
    "/packing-slips/print?ids=1,2",
    "/packing-slips/shipment?ids=1,2",
    "/rules?on=2027-01-01",
    "/rules/draft",
    "/rules/help",
    "/rules/versions",
    "/rules/versions/2",
    "/rules/packing_slip/orders",
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
DESK, TABLET, PHONE = (
    {"width": width, "height": height} for width, height in ((1440, 900), (1024, 768), (390, 844))
)
# Named, so that no release of axe leaves them out.
NAMED_RULES = ("landmark-unique", "link-in-text-block")
EVERY_RULE = {"rules": {rule: {"enabled": True} for rule in NAMED_RULES}}
IN_BOTH = {"light": EVERY_RULE, "dark": {"runOnly": ["color-contrast", "link-in-text-block"]}}
LOOKS = ((DESK, IN_BOTH), (TABLET, {"light": {"runOnly": NAMED_RULES}}), (PHONE, IN_BOTH))
# Tables and rows of tabs that go on beyond their edge and do not say so.
CUT_WITHOUT_A_CUE = """() => [...document.querySelectorAll(".table-scroll, .tabs")]
    .filter((box) => box.scrollWidth - box.clientWidth > 1 && !box.hasAttribute("data-more-after"))
    .map((box) => box.getAttribute("aria-label"))"""


@pytest.fixture(scope="module")
def staff(browser, live_shop):
    """One signed-in page for all of them. Nothing moves: a colour is not judged in the middle of a
    fade."""
    context = browser.new_context(base_url=live_shop.url, locale="pt-BR", reduced_motion="reduce")
    page = context.new_page()
    sign_in(page, "admin")
    yield page
    context.close()


# Of rows and items that differ in nothing but their words the first is enough: axe takes four times
# as long for twice as many.
LEAVE_ONE_OF_A_KIND = """() => {
    const kind = (element) => [element, ...element.querySelectorAll("*")]
        .map((part) => `${part.tagName}.${part.className}.${part.role}`).join();
    for (const box of document.querySelectorAll("tbody, ul, ol, dl")) {
        const met = new Set();
        for (const item of [...box.children].filter((child) => child.matches("tr, li")))
            if (met.size === met.add(kind(item)).size) item.remove();
    }
}"""


def faults(page) -> list[str]:
    """What is cut or wider than the screen, and what axe finds in each look; the dark one differs
    in its colours alone."""
    found = [fault for viewport, _schemes in LOOKS for fault in _out_of_room(page, viewport)]
    page.evaluate(AXE_SCRIPT)
    page.evaluate(LEAVE_ONE_OF_A_KIND)
    for viewport, schemes in LOOKS:
        page.set_viewport_size(viewport)
        for scheme, options in schemes.items():
            page.emulate_media(color_scheme=scheme)
            result = page.evaluate(
                "(options) => axe.run(document, options)", {"resultTypes": ["violations"]} | options
            )
            for violation in result["violations"]:
                nodes = ", ".join(node["html"][:120] for node in violation["nodes"][:3])
                found.append(f"{violation['id']} ({scheme}, {viewport['width']}): {nodes}")
    return found


def _out_of_room(page, viewport) -> list[str]:
    page.set_viewport_size(viewport)
    # What the script marks as cut it marks once the page is laid out.
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    width = viewport["width"]
    found = [
        f"cut without a cue at {width} pixels: {box}" for box in page.evaluate(CUT_WITHOUT_A_CUE)
    ]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append(f"wider than {width} pixels")
    return found


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
def test_an_opened_record_has_no_faults(staff, listed):
    staff.goto(listed)
    link = staff.locator(f"main tbody a[href^='{OPENED[listed]}']").first
    link.wait_for(timeout=20_000)
    staff.goto(link.get_attribute("href"))
    assert faults(staff) == []


def test_the_sign_in_has_no_faults(page):
    page.goto("/login")
    assert faults(page) == []
