"""An NF-e's XML line by line, with the lines lit up that a finding is about."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lxml import etree

from webapp.fiscal.fields import places_of
from webapp.fiscal.xml import NAMESPACE, escape
from webapp.platform.issues import Issue

_INDENT = "  "


class XmlLine(NamedTuple):
    """`lit`: which of the findings it is about, from 1; 0: none. `is_first`: its first line."""

    text: str
    lit: int = 0
    is_first: bool = False


def xml_lines(document: etree._Element, issues: Iterable[Issue]) -> list[XmlLine]:
    """Each element begins a line; the first finding that is about one lights it, with all that
    stands in it."""
    lit: dict[etree._Element, int] = {}
    for number, issue in enumerate(issues, 1):
        for element in elements_of(document, issue):
            lit.setdefault(element, number)
    lines = list(_lines(document, 0, lit, 0))
    firsts = {line.lit: place for place, line in reversed(list(enumerate(lines))) if line.lit}
    for place in firsts.values():
        lines[place] = lines[place]._replace(is_first=True)
    return lines


def elements_of(document: etree._Element, issue: Issue) -> list[etree._Element]:
    """What stands in the note where the finding is mended; where it is missing there, what it would
    stand in."""
    info, item = document[0], issue.params.get("item")
    if issue.field == "document.*":
        places = [str(issue.params.get("label", ""))]
    else:
        places = places_of(issue.field)
    for place in places:
        if found := _found(info, place.split("/"), item):
            return found
    for place in places:
        *above, _last = place.split("/")
        if above and (found := _found(info, above, item)):
            return found
    return []


def _found(info: etree._Element, tags: list[str], item: object) -> list[etree._Element]:
    if tags[0][0] == "@" or not tags[0]:
        return []
    first = tags[0] if tags[0] != "det" or not item else f'det[@nItem="{item}"]'
    path = "/".join(f"{{{NAMESPACE}}}{tag}" for tag in (first, *tags[1:]))
    return info.findall(path)


def _lines(
    element: etree._Element, depth: int, lit: dict[etree._Element, int], inside: int
) -> Iterator[XmlLine]:
    tag, indent = etree.QName(element).localname, _INDENT * depth
    number = inside or lit.get(element, 0)
    told = ((str(name), str(value)) for name, value in element.items())
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in told)
    begin = f"{indent}<{tag}{attributes}>"
    if not len(element):
        yield XmlLine(f"{begin}{escape(element.text or '')}</{tag}>", number)
        return
    yield XmlLine(begin, number)
    for child in element:
        yield from _lines(child, depth + 1, lit, number)
    yield XmlLine(f"{indent}</{tag}>", number)
