"""The official XSDs by package, each compiled once per process out of what is in it: nothing is
fetched, no entity is resolved."""

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Protocol, cast

from lxml import etree

from webapp.fiscal.widening import widened
from webapp.platform.whole import whole_number

_LOCK = (
    Lock()
)  # an XMLSchema keeps one error log: two threads validating at once would read each other's errors
# A draft lacks its signature. Optional in the schema, it is no error that has to be made and left
# out again for each note; whether a note is signed is looked at apart.
_SIGNED, _MAY_BE_SIGNED = re.compile(rb'(ref="(?:\w+:)?Signature")\s*/>'), rb'\1 minOccurs="0"/>'
_LAYOUT = "leiauteNFe_v4.00.xsd"
_XSD = "http://www.w3.org/2001/XMLSchema"
_ELEMENT, _SIMPLE_TYPE = f"{{{_XSD}}}element", f"{{{_XSD}}}simpleType"
_ENUMERATION = f"{{{_XSD}}}enumeration"
NOTE, PROCESSED, VOIDING = "nfe_v4.00.xsd", "procNFe_v4.00.xsd", "inutNFe_v4.00.xsd"
# The folder of nfelib and the schema by an event's kind (tpEvento).
EVENTS = {
    "110110": ("nfe_evento_cce", "CCe_v1.00.xsd"),
    "110111": ("nfe_evento_cancel", "eventoCancNFe_v1.00.xsd"),
    "110150": ("nfe_ator_interessado", "eventoAtorInteressado_v1.00.xsd"),
    "110192": ("nfe_insucesso", "EventoInsucessoNFe_v1.00.xsd"),
    "110193": ("nfe_insucesso", "EventoCancInsucessoNFe_v1.00.xsd"),
    **dict.fromkeys(
        ("210200", "210210", "210220", "210240"), ("nfe_evento_mde", "confRecebto_v1.00.xsd")
    ),
}


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


@dataclass(frozen=True, eq=False)
class Package:
    """The authority's schema files of one name, by their file names, in force from `starts` until
    the next one is."""

    name: str
    starts: date
    files: Mapping[str, bytes]

    def problems(self, document: etree._Element, name: str = NOTE) -> list[SchemaProblem]:
        """What the schema refuses, in document order. The signature that a draft lacks is not
        counted. Raises etree.LxmlError for files that are no schema."""
        with _LOCK:
            xsd = self._compiled.get(name) or self._compile(name)
            if xsd.validate(document):
                return []
            errors = [
                (error.path, error.message) for error in cast(Iterable[_LogEntry], xsd.error_log)
            ]
        return _located(document, errors) if errors else []

    def knows(self, tag: str) -> bool:
        """Whether a note may have an element of this name."""
        return tag in self._tags

    def paths(self, tag: str) -> list[str]:
        """The places of an element in a note, as paths below `infNFe` such as "det/prod/NCM"."""
        return self._places.get(tag, [])

    def order(self, path: str) -> dict[str, int]:
        """The elements that may stand at a path, with their rank there."""
        return self._layout[path]

    def values(self, tag: str) -> frozenset[str]:
        """What an element of this name may hold, where the package lists it; none else."""
        return self._listed[tag] if tag in self._listed else self._list(tag)

    @cached_property
    def _listed(self) -> dict[str, frozenset[str]]:
        return {}

    def _list(self, tag: str) -> frozenset[str]:
        parsed = [self._parsed(name) for name in self.files]
        elements = [e for tree in parsed for e in tree.iter(_ELEMENT) if e.get("name") == tag]
        named = {e.get("type") for e in elements if e.get("type")}
        kinds = [t for tree in parsed for t in tree.iter(_SIMPLE_TYPE) if t.get("name") in named]
        found = {v.get("value", "") for e in (*elements, *kinds) for v in e.iter(_ENUMERATION)}
        self._listed[tag] = frozenset(found)
        return self._listed[tag]

    @cached_property
    def _places(self) -> dict[str, list[str]]:
        places: dict[str, list[str]] = {}
        for path in self._layout:
            places.setdefault(path.rpartition("/")[2], []).append(path)
        return places

    @cached_property
    def _layout(self) -> dict[str, dict[str, int]]:
        parsed = [self._parsed(name) for name in sorted(self.files)]
        types = {
            found.get("name"): found
            for schema in parsed
            for found in schema.findall(f"{{{_XSD}}}complexType[@name]")
        }
        layout: dict[str, dict[str, int]] = {}

        def walk(path: str, element: etree._Element) -> None:
            named = types.get(element.get("type"))
            below = list(_elements(element if named is None else named))
            layout[path] = {child.get("name", ""): rank for rank, child in enumerate(below)}
            for child in below:
                walk(f"{path}/{child.get('name')}".lstrip("/"), child)

        found = (node for schema in parsed for node in schema.iter(f"{{{_XSD}}}element"))
        walk("", next(node for node in found if node.get("name") == "infNFe"))
        return layout

    @cached_property
    def _compiled(self) -> dict[str, etree.XMLSchema]:
        return {}

    def _compile(self, name: str) -> etree.XMLSchema:
        """Out of files of its own: a schema names others, and whoever hands these to libxml2 out of
        memory loses them when another thread parses at that moment."""
        with tempfile.TemporaryDirectory() as folder:
            self._write(name, Path(folder))
            found = self._compiled[name] = etree.XMLSchema(file=os.path.join(folder, name))
        return found

    def _write(self, name: str, folder: Path) -> None:
        """A schema and those that it names, which must be of the package; without a document type,
        and with it entities."""
        schema = self._parsed(name)
        content = etree.tostring(schema)
        if name == _LAYOUT:
            content = _SIGNED.sub(_MAY_BE_SIGNED, content)
        (folder / name).write_bytes(content)
        for named in schema.iter(f"{{{_XSD}}}include", f"{{{_XSD}}}import", f"{{{_XSD}}}redefine"):
            other = named.get("schemaLocation", "")
            if other not in self.files or Path(other).name != other:
                raise etree.XMLSchemaParseError(f"{other} is not in the package")
            if not (folder / other).exists():
                self._write(other, folder)

    def _parsed(self, name: str) -> etree._Element:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        return etree.fromstring(self.files[name], parser)

    @cached_property
    def _tags(self) -> frozenset[str]:
        return frozenset(
            element.get("name", "")
            for name in self.files
            for element in self._parsed(name).iter(f"{{{_XSD}}}element")
        )


def _elements(node: etree._Element) -> Iterator[etree._Element]:
    """Those of a type's own content, in order, not those within them."""
    for child in node.iterchildren(f"{{{_XSD}}}*"):
        if child.tag == f"{{{_XSD}}}element":
            if child.get("name"):
                yield child
        else:
            yield from _elements(child)


def shipped(folder: str) -> dict[str, bytes]:
    """The files in a folder of the pinned nfelib, as they are."""
    found = Path(str(files("nfelib"))) / folder
    return {path.name: path.read_bytes() for path in found.glob("*.xsd")}


def _package(name: str, folder: str) -> Package:
    held = {file: widened(content) for file, content in shipped(folder).items()}
    return Package(name, date.min, held)


# The package of the pinned nfelib.
BUILT_IN = _package("010f", "nfe/schemas/v4_0")


@cache
def events_package(folder: str) -> Package:
    return _package(folder, f"{folder}/schemas/v1_0")


def event_problems(event: etree._Element, kind: str) -> list[SchemaProblem]:
    """What the schema of an event of this kind, signed, refuses. Raises KeyError for a kind that
    has none."""
    folder, name = EVENTS[kind]
    return events_package(folder).problems(event, name)


def problems(document: etree._Element, name: str = NOTE) -> list[SchemaProblem]:
    """What the shipped package refuses."""
    return BUILT_IN.problems(document, name)


def _located(document: etree._Element, errors: list[tuple[str, str]]) -> list[SchemaProblem]:
    prefixes = {
        prefix: uri for node in document.iter("*") for prefix, uri in node.nsmap.items() if prefix
    }
    find = etree.XPathEvaluator(document.getroottree(), namespaces=prefixes)
    return [_problem(_found(find, path, document), message) for path, message in errors]


def _found(find: Callable[[str], object], path: str, document: etree._Element) -> object:
    """What libxml2 names by this path; the whole document where xpath does not find it."""
    try:
        return cast(list[object], find(path))[0]
    except (etree.XPathError, IndexError):
        return document


def _problem(element: object, message: str) -> SchemaProblem:
    if not isinstance(
        element, etree._Element
    ):  # an attribute: libxml2 names its path, xpath gives its text
        return SchemaProblem(
            "@" + (getattr(element, "attrname", None) or ""), str(element), message, None
        )
    trail = [element, *element.iterancestors()]
    names = [etree.QName(node).localname for node in reversed(trail)]
    item = next((number for node in trail if (number := whole_number(node.get("nItem")))), None)
    below = names[names.index("infNFe") + 1 :] if "infNFe" in names[:-1] else names
    return SchemaProblem("/".join(below), (element.text or "").strip(), message, item)
