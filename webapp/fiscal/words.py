"""How a check or a refusal is told to people. Messages are msgids; they are translated when
shown."""

import re
from dataclasses import dataclass

from flask_babel import gettext

ERROR, WARNING = "error", "warning"
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def N_(msgid: str) -> str:
    """Marks `msgid` for the catalogue; it is translated where it is shown."""
    return msgid


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check, or the authority, found. Every part is plain data, so that it can be kept as
    JSON.

    A finding that is ok has the check's name as message. `*` in `field` is the item that
    `params["item"]` (from 1) and `params["sku"]` name; `params["label"]` is a msgid too.
    """

    code: str
    level: str
    field: str
    message: str
    params: dict
    ok: bool
    mend: str = ""
    who: str = "clerk"
    same_number: bool = True

    @property
    def text(self) -> str:
        """The message in the reader's language; a value nobody knows is shown as a dash."""
        told = {name: value for name, value in self.params.items() if value not in (None, "")}
        values = dict.fromkeys(_PLACEHOLDER.findall(self.message), "—") | told
        if label := self.params.get("label"):
            values["label"] = gettext(label)
        return gettext(self.message) % values if values else gettext(self.message)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A refusal in words. `field` is where it is mended, `who` mends it (clerk, reviewer, admin or
    system)."""

    code: str
    field: str
    message: str
    mend: str
    who: str = "clerk"
    same_number: bool = True

    def finding(self, params: dict, level: str = ERROR) -> Finding:
        return Finding(
            self.code,
            level,
            self.field,
            self.message,
            params,
            False,
            self.mend,
            self.who,
            self.same_number,
        )
