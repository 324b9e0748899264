"""Dicts to XML text, and amounts as the schema's types want them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

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


def xml(tag: str, value: Section) -> bytes:
    parts: list[str] = []
    _write(parts.append, tag, value)
    return "".join(parts).encode()


def _write(out: Callable[[str], None], tag: str, value: Section | list[Section]) -> None:
    if isinstance(value, list):
        for section in value:
            _write(out, tag, section)
        return
    attributes = [f' {name[1:]}="{escape(text)}"' for name, text in value.items() if name[0] == "@"]
    out(f"<{tag}{''.join(attributes)}>")
    for name, child in value.items():
        if child is None or name[0] == "@":
            continue
        if isinstance(child, str):
            if "&" in child or "<" in child:
                child = escape(child)
            out(f"<{name}>{child}</{name}>")
        else:
            _write(out, name, child)
    out(f"</{tag}>")
