"""What axe finds on a page in each look, and what is cut or too wide."""

from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT

SCRIPT = f"() => {{ {AXE_SCRIPT}\n{Path(__file__).with_suffix('.js').read_text()} }}"
DESK, TABLET, PHONE = (
    {"width": width, "height": height} for width, height in ((1440, 900), (1024, 768), (390, 844))
)
# Named, so that no release of axe leaves them out.
NAMED_RULES = ("landmark-unique", "link-in-text-block")
EVERY_RULE = {"rules": {rule: {"enabled": True} for rule in NAMED_RULES}}
OF_COLOURS = {"runOnly": ["link-in-text-block"]}
# A dark look differs in its colours alone; of a tablet's the arrangement is in question. In this
# order little changes from one look to the next, and from the last to the next page's first.
LOOKS = (
    (PHONE, "light", EVERY_RULE),
    (PHONE, "dark", OF_COLOURS),
    (DESK, "dark", OF_COLOURS),
    (DESK, "light", EVERY_RULE),
    (TABLET, "light", {"runOnly": NAMED_RULES}),
)
# The kinds of text that axe could read, by scheme: what passed on one page passes on each.
_readable: dict[str, set[str]] = {"light": set(), "dark": set()}


def faults(page) -> list[str]:
    """All that is wrong with the page in any look; one of each kind of row is left of it."""
    page.evaluate(SCRIPT)
    found = []
    for viewport in (TABLET, DESK, PHONE):
        page.set_viewport_size(viewport)
        found += _at(viewport, page.evaluate("looks.outOfRoom()"))
    page.evaluate("looks.leaveOneOfAKind()")
    shown = None
    for viewport, scheme, options in LOOKS:
        page.set_viewport_size(viewport)
        if scheme != shown:
            page.emulate_media(color_scheme=scheme)
            shown = scheme
        seen = page.evaluate("(options) => looks.structure(options)", options)
        if viewport != TABLET:
            seen += _hard_to_read(page, scheme)
        found += _at(viewport, seen, scheme)
    return found


def _hard_to_read(page, scheme: str) -> list[str]:
    known = sorted(_readable[scheme])
    seen = page.evaluate("(known) => looks.contrast(known)", known)
    _readable[scheme].update(seen["passes"])
    return seen["faults"]


def _at(viewport, faults: list[str], scheme: str = "") -> list[str]:
    return [f"{viewport['width']} {scheme}: {fault}" for fault in faults]
