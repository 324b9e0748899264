"""What axe finds on a page in each look, and what is cut or too wide."""

from itertools import groupby
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT

SCRIPT = f"() => {{ {AXE_SCRIPT}\n{Path(__file__).with_suffix('.js').read_text()} }}"
DESK, TABLET, PHONE = (
    {"width": width, "height": height} for width, height in ((1440, 900), (1024, 768), (390, 844))
)
# Named, so that no release of axe leaves them out.
NAMED_RULES = ("landmark-unique", "link-in-text-block")
EVERY_RULE = {"rules": {rule: {"enabled": True} for rule in NAMED_RULES}}
# A dark look differs in its colours alone; of a tablet's the arrangement is in question. From each
# look to the next little changes, and the next page is looked at the other way round.
LOOKS = (
    (DESK, "dark", None),
    (DESK, "light", EVERY_RULE),
    (TABLET, "light", {"runOnly": NAMED_RULES}),
    (PHONE, "light", EVERY_RULE),
    (PHONE, "dark", None),
)
# The kinds of text that axe could read, by scheme: what passed on one page passes on each.
_readable: dict[str, set[str]] = {"light": set(), "dark": set()}


def faults(page) -> list[str]:
    """All that is wrong with the page in any look; axe sees one of each kind of row."""
    page.evaluate(SCRIPT)
    found, shown = [], None
    looks = LOOKS if page.viewport_size == DESK else LOOKS[::-1]
    for viewport, same_size in groupby(looks, key=lambda look: look[0]):
        page.set_viewport_size(viewport)
        found += _at(viewport, page.evaluate("looks.outOfRoom()"))
        for _, scheme, options in same_size:
            if scheme != shown:
                page.emulate_media(color_scheme=scheme)
                shown = scheme
            if options:
                told = page.evaluate("(options) => looks.structure(options)", options)
                found += _at(viewport, told, scheme)
            if viewport != TABLET:
                found += _at(viewport, _of_colours(page, scheme, with_links=not options), scheme)
    return found


def _of_colours(page, scheme: str, with_links: bool) -> list[str]:
    asked = [sorted(_readable[scheme]), with_links]
    seen = page.evaluate("([known, withLinks]) => looks.colours(known, withLinks)", asked)
    _readable[scheme].update(seen["passes"])
    return seen["faults"]


def _at(viewport, faults: list[str], scheme: str = "") -> list[str]:
    return [f"{viewport['width']} {scheme}: {fault}" for fault in faults]
