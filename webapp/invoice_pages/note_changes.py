"""What an NF-e says otherwise than its version that was returned or rejected, field by field."""

import re
from collections import Counter
from typing import NamedTuple

from flask_babel import gettext
from lxml import etree

from webapp.fiscal.fields import FIELDS
from webapp.fiscal.xml import NAMESPACE
from webapp.platform.issues import N_

_OFFSET = len(NAMESPACE) + 2
# What each version has of its own, whatever was mended.
_OWN = {"ide/cNF", "ide/nNF", "ide/serie", "ide/dhEmi", "ide/cDV", "infRespTec/hashCSRT"}
MORE_LABELS = {
    "CFOP": N_("CFOP"),
    "CSOSN": N_("tax situation (CSOSN)"),
    "CST": N_("tax situation (CST)"),
    "cPais": N_("country"),
    "fone": N_("phone"),
    "indFinal": N_("final consumer"),
    "indIEDest": N_("the buyer's tax status"),
    "indPres": N_("channel"),
    "infCpl": N_("additional information"),
    "modFrete": N_("who pays the freight"),
    "tPag": N_("means of payment"),
    "vPag": N_("amount paid"),
    "xPais": N_("country"),
}
_ITEM = re.compile(r"^det\[(?P<sku>.*?)\]/(?P<place>.*)$")


class NoteChange(NamedTuple):
    """`place` is the field's path in the document, `sku` the item's that it stands in; empty where
    it is not written."""

    label: str
    sku: str
    place: str
    was: str
    now: str


def changes_between(former: etree._Element, present: etree._Element) -> list[NoteChange]:
    """Items are told apart by their SKU."""
    old, new = _leaves(former[0]), _leaves(present[0])
    return [
        _change(path, old.get(path, ""), new.get(path, ""))
        for path in old | new
        if old.get(path, "") != new.get(path, "")
    ]


def _change(path: str, was: str, now: str) -> NoteChange:
    item = _ITEM.match(path)
    place = f"det/{item['place']}" if item else path
    bare = re.sub(r"\[[0-9]+\]", "", place)
    return NoteChange(_label(bare), item["sku"] if item else "", bare, was, now)


def _label(place: str) -> str:
    """What the schema alone has a name for is told by that."""
    tag = place.rpartition("/")[2]
    _field, label = FIELDS.get(place, ("", MORE_LABELS.get(tag, "")))
    words = gettext(label) if label else ""
    return words[0].upper() + words[1:] if words else tag


def _leaves(info: etree._Element) -> dict[str, str]:
    """Text by path; of several of one name the second bears [2]."""
    found: dict[str, str] = {}
    _gather(info, "", found)
    return {path: text for path, text in found.items() if path not in _OWN}


def _gather(element: etree._Element, above: str, found: dict[str, str]) -> None:
    seen: Counter[str] = Counter()
    for child in element:
        tag = child.tag[_OFFSET:]
        if tag == "Signature":
            continue
        name = _named(child, tag)
        seen[name] += 1
        path = f"{above}{name}" + (f"[{seen[name]}]" if seen[name] > 1 else "")
        if len(child):
            _gather(child, f"{path}/", found)
        else:
            found[path] = child.text or ""


def _named(child: etree._Element, tag: str) -> str:
    if tag != "det":
        return tag
    sku = child.findtext(f"{{{NAMESPACE}}}prod/{{{NAMESPACE}}}cProd", "")
    return f"det[{sku}]"
