"""What axe finds on a page in each look, and what is cut or too wide."""

from pathlib import Path
from weakref import WeakKeyDictionary

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import CDPSession, Page

# Told a page once, for all that it loads, and run where it is asked for.
SCRIPT = f"""Object.defineProperty(window, "looks", {{ configurable: true, get() {{
    delete window.looks;
    {AXE_SCRIPT}
    {Path(__file__).with_suffix(".js").read_text()}
    return window.looks;
}} }});"""
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
# Laid out as on another screen; what is drawn of it stays as it is.
SCREEN = {"deviceScaleFactor": 1, "mobile": False, "dontSetVisibleSize": True}
# The kinds that axe passed, by scheme.
_passed: dict[str, set[str]] = {"light": set(), "dark": set()}
# The last look at a page, and the way past playwright to it.
_shown: WeakKeyDictionary[Page, tuple[dict, str]] = WeakKeyDictionary()
_wires: WeakKeyDictionary[Page, CDPSession] = WeakKeyDictionary()


def faults(page: Page) -> list[str]:
    """All that is wrong with the page in any look; axe sees one of each kind of row."""
    _give_axe(page)
    passed = {scheme: "\0".join(kinds) for scheme, kinds in _passed.items()}
    page.evaluate("(passed) => looks.know(passed)", passed)
    last, scheme_shown = _shown.get(page, (PHONE, ""))
    found, size = [], None
    for viewport, scheme, *asked in LOOKS if last == DESK else LOOKS[::-1]:
        if viewport != size:
            _wires[page].send("Emulation.setDeviceMetricsOverride", viewport | SCREEN)
        if scheme != scheme_shown:
            page.emulate_media(color_scheme=scheme)
        seen = page.evaluate("(asked) => looks.judge(...asked)", [viewport != size, scheme, *asked])
        size, scheme_shown = viewport, scheme
        found += _at(viewport, seen["cut"]) + _at(viewport, seen["faults"], scheme)
        _passed[scheme].update(seen["passes"])
    _shown[page] = size, scheme_shown
    return found


def _give_axe(page: Page) -> None:
    if page not in _wires:
        _wires[page] = page.context.new_cdp_session(page)
        page.add_init_script(SCRIPT)
        page.evaluate(SCRIPT)


def _at(viewport, faults: list[str], scheme: str = "") -> list[str]:
    return [f"{viewport['width']} {scheme}: {fault}" for fault in faults]
