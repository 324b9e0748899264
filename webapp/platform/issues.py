"""Something to tell a person about one field of a sale, its note or the shop: what is wrong or
worth a look, and where it is fixed.

Messages are msgids with named values, translated when somebody reads them.
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

ERROR, WARNING = "error", "warning"
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def N_(msgid: str) -> str:
    """Marks `msgid` for the catalogue; it is translated where it is shown."""
    return msgid


@dataclasses.dataclass(frozen=True, slots=True)
class Issue:
    """`field` is the place to fix (`address.street`, `settings.issuer.cnpj`), empty where there is
    none; `*` in it is the item that `params["item"]` (from 1) and `params["sku"]` name.
    `params["label"]` is a msgid too. `fix` labels the link to the place, `who` may fix it (clerk,
    reviewer, accountant, manager, admin or system). `same_number` is False when the note's number
    itself is what cannot be used."""

    code: str
    field: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    level: str = ERROR
    message: str = ""
    fix: str = ""
    who: str = "clerk"
    same_number: bool = True

    @property
    def text(self) -> str:
        """The message in the reader's language; a value nobody knows is shown as a dash."""
        known = {name: value for name, value in self.params.items() if value not in (None, "")}
        values = dict.fromkeys(_PLACEHOLDER.findall(self.message), "—") | known
        if label := self.params.get("label"):
            values["label"] = gettext(label)
        return gettext(self.message) % values if values else gettext(self.message)

    @property
    def fix_label(self) -> str:
        """What the link to the place says, in the reader's language; empty where unsaid."""
        return gettext(self.fix) if self.fix else ""

    @property
    def area(self) -> str:
        """The first part of `field`: address, customer, lines, settings, …"""
        return self.field.partition(".")[0]

    def to_json(self) -> dict[str, Any]:
        """As the columns of invoices and sales hold it; `issue_from_json` reads it."""
        return {
            "code": self.code,
            "level": self.level,
            "field": self.field,
            "message": self.message,
            "params": dict(self.params),
            "ok": False,
            "mend": self.fix,
            "who": self.who,
            "same_number": self.same_number,
        }


def issue_from_json(stored: Mapping[str, Any]) -> Issue:
    return Issue(
        code=stored["code"],
        field=stored["field"],
        params=stored["params"],
        level=stored["level"],
        message=stored["message"],
        fix=stored.get("mend", ""),
        who=stored.get("who", "clerk"),
        same_number=stored.get("same_number", True),
    )
