"""The official XSDs, read from the installed nfelib and compiled once per process."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Protocol, cast

from lxml import etree

from webapp.fiscal.xml import NAMESPACE, SIGNATURE_NAMESPACE

_LOCK = (
    Lock()
)  # an XMLSchema keeps one error log: two threads validating at once would read each other's errors
_UNSIGNED = (
    f"Element '{{{NAMESPACE}}}NFe': Missing child element(s). Expected is one of ( "
    f"{{{NAMESPACE}}}infNFeSupl, "
    f"{{{SIGNATURE_NAMESPACE}}}Signature )."
)
NOTE, PROCESSED = "nfe_v4.00.xsd", "procNFe_v4.00.xsd"


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """`place` is the path of tags below `infNFe`; `item` the number of the `det` it lies in, or
    None."""

    place: str
    value: str
    reason: str
    item: int | None


class _LogEntry(Protocol):
    path: str
    message: str


@cache
def _compiled(name: str) -> etree.XMLSchema:
    package = Path(str(files("nfelib")))
    return etree.XMLSchema(etree.parse(str(package / "nfe/schemas/v4_0" / name)))


def problems(document: etree._Element, name: str = NOTE) -> list[SchemaProblem]:
    """What the schema refuses, in document order. The signature that a draft lacks is not
    counted."""
    with _LOCK:
        xsd = _compiled(name)
        if xsd.validate(document):
            return []
        errors = [
            (error.path, error.message)
            for error in cast(Iterable[_LogEntry], xsd.error_log)
            if error.message != _UNSIGNED
        ]
    return _located(document, errors) if errors else []


def _located(document: etree._Element, errors: list[tuple[str, str]]) -> list[SchemaProblem]:
    prefixes = {
        prefix: uri for node in document.iter("*") for prefix, uri in node.nsmap.items() if prefix
    }
    find = etree.XPathEvaluator(document.getroottree(), namespaces=prefixes)
    return [_problem(cast(list[object], find(path))[0], message) for path, message in errors]


def _problem(element: object, message: str) -> SchemaProblem:
    if not isinstance(
        element, etree._Element
    ):  # an attribute: libxml2 names its path, xpath gives its text
        return SchemaProblem(
            "@" + (getattr(element, "attrname", None) or ""), str(element), message, None
        )
    trail = [element, *element.iterancestors()]
    names = [etree.QName(node).localname for node in reversed(trail)]
    item = next((int(number) for node in trail if (number := node.get("nItem"))), None)
    below = names[names.index("infNFe") + 1 :] if "infNFe" in names else names
    return SchemaProblem("/".join(below), (element.text or "").strip(), message, item)
