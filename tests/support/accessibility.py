"""What axe finds on a page in each look, and what is cut or too wide."""

from pathlib import Path
from weakref import WeakKeyDictionary

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import CDPSession, Page

SCRIPT = f"{{ {AXE_SCRIPT}\n{Path(__file__).with_suffix('.js').read_text()} }}"
DESK, TABLET, PHONE = (
    {"width": width, "height": height} for width, height in ((1440, 900), (1024, 768), (390, 844))
)
# What axe judges by kind: what passed in one place passes in each.
CONTRAST, LINKS, LANDMARKS = "color-contrast", "link-in-text-block", "landmark-unique"
# The first two need no second verdict; the third is named, so that no release of axe leaves it out.
WHOLE = {"rules": {rule: {"enabled": rule == LANDMARKS} for rule in (CONTRAST, LINKS, LANDMARKS)}}
# A dark look differs in its colours alone; of a tablet's the arrangement is in question. From each
# look to the next little changes, and the next page is looked at the other way round.
LOOKS = (
    (DESK, "dark", (CONTRAST, LINKS), None),
    (DESK, "light", (CONTRAST, LINKS), WHOLE),
    (TABLET, "light", (LINKS, LANDMARKS), None),
    (PHONE, "light", (CONTRAST, LINKS), WHOLE),
    (PHONE, "dark", (CONTRAST, LINKS), None),
)
# The kinds that axe passed, by scheme.
_passed: dict[str, set[str]] = {"light": set(), "dark": set()}
# The scheme that a page is shown in, and the way past playwright to it.
_shown: WeakKeyDictionary[Page, str] = WeakKeyDictionary()
_wires: WeakKeyDictionary[Page, CDPSession] = WeakKeyDictionary()


def faults(page: Page) -> list[str]:
    """All that is wrong with the page in any look; axe sees one of each kind of row."""
    _give_axe(page)
    passed = {scheme: "\0".join(kinds) for scheme, kinds in _passed.items()}
    page.evaluate("(passed) => looks.know(passed)", passed)
    found, size = [], None
    for viewport, scheme, *asked in LOOKS if page.viewport_size == DESK else LOOKS[::-1]:
        if viewport != size:
            page.set_viewport_size(viewport)
        if scheme != _shown.get(page):
            page.emulate_media(color_scheme=scheme)
            _shown[page] = scheme
        seen = page.evaluate("(asked) => looks.judge(...asked)", [viewport != size, scheme, *asked])
        size = viewport
        found += _at(viewport, seen["cut"]) + _at(viewport, seen["faults"], scheme)
        _passed[scheme].update(seen["passes"])
    return found


def _give_axe(page: Page) -> None:
    """As a script of the page, which the browser compiles once for all pages; what playwright
    evaluates it compiles each time."""
    if page not in _wires:
        _wires[page] = page.context.new_cdp_session(page)
    answer = _wires[page].send("Runtime.evaluate", {"expression": SCRIPT})
    assert "exceptionDetails" not in answer, answer


def _at(viewport, faults: list[str], scheme: str = "") -> list[str]:
    return [f"{viewport['width']} {scheme}: {fault}" for fault in faults]
