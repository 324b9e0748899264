"""Why stock moved, in the reader's language."""

import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

# What the shop notes by itself is kept in these words; what a person typed stands as it was typed.
REASONS = {
    "sold": _l("sold"),
    "gift": _l("gift"),
    "first stock": _l("first stock"),
    "edited": _l("edited"),
    "counted by hand": _l("counted by hand"),
    "its kind keeps no stock": _l("its kind keeps no stock"),
    "order changed": _l("order changed"),
    "order cancelled": _l("order cancelled"),
    "not paid in time": _l("not paid in time"),
}
# How the first versions wrote it, with the order's number behind.
EARLIER = {"sale ": "sold", "gift in ": "gift"}
# Of a part, with the kit that took it (see `in_kit`); a SKU has no spaces.
_IN_KIT = re.compile(r"(kit \S+ · )(.*)")


# With the name of the file behind.
IMPORT = "import "


def reason_words(reason: str, of_sale: bool = False) -> str:
    """`of_sale`: an order moved it."""
    if of_sale:
        reason = next(
            (known for start, known in EARLIER.items() if reason.startswith(start)), reason
        )
    kit = _IN_KIT.fullmatch(reason)
    return kit[1] + _words(kit[2]) if kit else _words(reason)


def _words(reason: str) -> str:
    if reason.startswith(IMPORT):
        return _("import of %(name)s", name=reason.removeprefix(IMPORT))
    return str(REASONS.get(reason, reason))
