"""Dicts to XML text, and amounts as the schema's types want them."""

from decimal import Decimal
from typing import Any, cast

from lxml import etree

from webapp.platform.money import cents

NAMESPACE = "http://www.portalfiscal.inf.br/nfe"
SIGNATURE_NAMESPACE = "http://www.w3.org/2000/09/xmldsig#"
# Children by tag: a text, a section, a list of sections, or None: left out. `@` marks an attribute.
Section = dict[str, Any]


def amount(value: Decimal) -> str:
    return str(cents(value))


def positive(value: Decimal) -> str | None:
    """For the types that refuse zero: an absent element says zero."""
    return amount(value) if value else None


def rate(value: Decimal) -> str:
    return format(value, ".4f")


def escape(text: str) -> str:
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    )


class UnreadableXml(ValueError):
    """It is no XML, or declares a document type, which no document of the NF-e has."""


def read_xml(document: bytes) -> etree._Element:
    """The root, with neither entities nor the network; comments are left out. Raises
    UnreadableXml."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableXml(str(error)) from error
    if cast(Any, root.getroottree().docinfo).doctype:
        raise UnreadableXml("it declares a document type")
    return root


def xml(tag: str, value: Section) -> bytes:
    return _written(tag, value).encode()


def _written(tag: str, value: Section | list[Section]) -> str:
    if isinstance(value, list):
        return "".join([_written(tag, section) for section in value])
    attributes = inside = ""
    for name, child in value.items():
        if child is None:
            continue
        if not isinstance(child, str):
            inside += _written(name, child)
        elif name[0] == "@":
            attributes += f' {name[1:]}="{escape(child)}"'
        else:
            if "&" in child or "<" in child:
                child = escape(child)
            inside += f"<{name}>{child}</{name}>"
    return f"<{tag}{attributes}>{inside}</{tag}>"
