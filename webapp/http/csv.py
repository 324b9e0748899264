"""Files for a spreadsheet, as those of the reader's country read them: semicolons and a decimal
comma in Brazil, moments in the shop's zone, codes kept whole."""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from webapp.http.localization import time_zone
from webapp.http.numbers import field_text, is_brazilian

# A spreadsheet takes a cell that begins so for a formula, in full width too.
_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(rf"[{_SIGNS}\t\r\n]")
# Where one that parts cells by another sign than ours would begin a cell.
_FORMULA_INSIDE = re.compile(rf"([;,\t\r\n]\s*)(?=[{_SIGNS}])")
_GUARDED = re.compile(rf"'(?=[{_SIGNS}\t0-9])")
_GUARDED_INSIDE = re.compile(rf"([;,\t\r\n]\s*)'(?=[{_SIGNS}])")
# It keeps fifteen digits of a number and no zero at its head.
_CODE = re.compile(r"0[0-9]+|[0-9]{12,}", re.ASCII)
LINES_AT_ONCE = 50


class CsvForm(NamedTuple):
    """How a file's cells are written for its reader; fixed before it is sent, when the request is
    over."""

    brazilian: bool
    zone: dt.tzinfo

    def chunks(self, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
        left = iter(rows)
        yield self.begin(header)
        while some := list(islice(left, LINES_AT_ONCE)):
            yield self.lines(some)

    def begin(self, header: Sequence[str]) -> bytes:
        """The mark at its head tells spreadsheets that the file is UTF-8."""
        return ("\ufeff" + self._written([header])).encode()

    def lines(self, rows: Iterable[Sequence[object]]) -> bytes:
        cells = ([_cell(value, self.brazilian, self.zone) for value in row] for row in rows)
        return self._written(cells).encode()

    def _written(self, rows: Iterable[Sequence[object]]) -> str:
        file = io.StringIO()
        csv.writer(file, delimiter=";" if self.brazilian else ",").writerows(rows)
        return file.getvalue()


def reader_form(zone: dt.tzinfo | None = None) -> CsvForm:
    """That of the reader of this answer, in the shop's zone where no other is told."""
    return CsvForm(is_brazilian(), zone or ZoneInfo(time_zone()))


def _cell(value: object, brazilian: bool, zone: dt.tzinfo) -> object:
    if isinstance(value, Decimal):
        return field_text(value, brazilian)
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    return _text(value) if isinstance(value, str) else value


def unguarded(text: str) -> str:
    """A cell of a file that came back, without what `_text` put before its signs; spreadsheets
    guard codes so themselves."""
    bare = text[1:] if _GUARDED.match(text) else text
    return _GUARDED_INSIDE.sub(r"\1", bare)


def _text(value: str) -> str:
    harmless = _FORMULA_INSIDE.sub(r"\1'", value)
    return "'" + harmless if _FORMULA.match(value) or _CODE.fullmatch(value) else harmless
