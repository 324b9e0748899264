"""A workbook of one table, written while it is sent: no row is kept once it has left.

Written here because the libraries that write one keep all of it, or a file of it, until the end.
What a reader's program makes of numbers and days is its own language's: the file says what they
are, not how they look.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain, islice
from typing import NamedTuple
from xml.sax.saxutils import escape

from webapp.http.zips import File, zipped

# The format's own bounds (ECMA-376).
ROWS_OF_A_SHEET, LONGEST_CELL = 1_048_576, 32_767
LINES_AT_ONCE = 50
_DAY_ONE = dt.datetime(1899, 12, 30)
# Signs that XML cannot hold; and text that the format would take for one of its escapes.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
# Places in the list of styles below.
_HEAD, _AMOUNT, _MOMENT, _DAY = 1, 2, 3, 4
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
# 4: two decimals; 22: day and time; 14: a day; each as the reader's program writes them.
_PLAIN = 'fillId="0" borderId="0" xfId="0"'
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/>'
    '</font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill>'
    '<patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf numFmtId="0" '
    f'fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="5"><xf numFmtId="0" '
    f'fontId="0" {_PLAIN}/><xf numFmtId="0" fontId="1" {_PLAIN} applyFont="1"/>'
    + "".join(
        f'<xf numFmtId="{number}" fontId="0" {_PLAIN} applyNumberFormat="1"/>'
        for number in (4, 22, 14)
    )
    + "</cellXfs></styleSheet>"
)
_ROOT = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)


class XlsxForm(NamedTuple):
    """How a workbook is written: moments in this zone, under this name at the foot."""

    zone: dt.tzinfo
    title: str

    def chunks(self, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
        return zipped(self._files(header, rows))

    def _files(self, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[File]:
        """More rows than a sheet has room for go on in further ones."""
        left, count = iter(rows), 0
        while True:
            count += 1
            some = islice(left, ROWS_OF_A_SHEET - 1)
            yield f"xl/worksheets/sheet{count}.xml", self._sheet(header, some)
            following = next(left, None)
            if following is None:
                break
            left = chain([following], left)
        for name, text in self._frame(count):
            yield name, text.encode()

    def _sheet(self, header: Sequence[str], rows: Iterator[Sequence[object]]) -> Iterator[bytes]:
        widths = (
            f'<col min="{place}" max="{place}" width="{max(14, len(label) + 3)}" customWidth="1"/>'
            for place, label in enumerate(header, 1)
        )
        yield (
            f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane '
            'ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>'
            f"</sheetViews><cols>{''.join(widths)}</cols><sheetData><row>"
            f"{''.join(_text(label, _HEAD) for label in header)}</row>"
        ).encode()
        while some := [self._row(row) for row in islice(rows, LINES_AT_ONCE)]:
            yield "".join(some).encode()
        yield b"</sheetData></worksheet>"

    def _row(self, row: Sequence[object]) -> str:
        return f"<row>{''.join(map(self._cell, row))}</row>"

    def _cell(self, value: object) -> str:
        if value is None or value == "":
            return "<c/>"
        if isinstance(value, Decimal):
            return _number(str(value), _AMOUNT)
        if isinstance(value, int):
            return _number(str(value), 0)
        if isinstance(value, dt.datetime):
            return _number(_serial(value.astimezone(self.zone).replace(tzinfo=None)), _MOMENT)
        if isinstance(value, dt.date):
            return _number(str((value - _DAY_ONE.date()).days), _DAY)
        return _text(str(value), 0)

    def _frame(self, sheets: int) -> Iterator[tuple[str, str]]:
        """What tells a program where the sheets are."""
        numbers = range(1, sheets + 1)
        title = escape(re.sub(r"[\[\]:*?/\\']", " ", self.title)[:28], {'"': "&quot;"})
        yield "xl/styles.xml", _STYLES
        named = (
            f'<sheet name="{title}{f" {n}" if n > 1 else ""}" sheetId="{n}" r:id="rId{n}"/>'
            for n in numbers
        )
        yield (
            "xl/workbook.xml",
            f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{"".join(named)}'
            "</sheets></workbook>",
        )
        places = [("worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
        links = (
            f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
            for n, (kind, target) in enumerate([*places, ("styles", "styles.xml")], 1)
        )
        yield (
            "xl/_rels/workbook.xml.rels",
            f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{"".join(links)}'
            "</Relationships>",
        )
        yield "_rels/.rels", _ROOT
        kinds = [("xl/workbook.xml", "sheet.main"), ("xl/styles.xml", "styles")]
        kinds += [(f"xl/{place}", "worksheet") for _kind, place in places]
        parts = (
            f'<Override PartName="/{place}" ContentType="{_KIND}.{kind}+xml"/>'
            for place, kind in kinds
        )
        yield (
            "[Content_Types].xml",
            f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{"".join(parts)}</Types>',
        )


def _number(written: str, style: int) -> str:
    return f'<c s="{style}"><v>{written}</v></c>' if style else f"<c><v>{written}</v></c>"


def _text(value: str, style: int) -> str:
    """Text is never a formula there, whatever it begins with."""
    plain = escape(_ESCAPE.sub("_x005F_", _UNWRITABLE.sub("", value)[:LONGEST_CELL]))
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{plain}</t></is></c>'


def _serial(moment: dt.datetime) -> str:
    """Days since the format's own beginning."""
    since = moment - _DAY_ONE
    return f"{since.days + since.seconds / 86400:.8f}"
