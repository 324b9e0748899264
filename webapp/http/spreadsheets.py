"""Tables as files for a spreadsheet, in either of two forms, sent while they are read."""

import enum
from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from flask import Response, stream_with_context

from webapp.http.csv import reader_form
from webapp.http.localization import time_zone
from webapp.http.xlsx import XlsxForm


class FileKind(enum.StrEnum):
    CSV = "csv"
    XLSX = "xlsx"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self]


MEDIA_TYPES = {
    FileKind.CSV: "text/csv",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def spreadsheet(
    name: str,
    kind: FileKind,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    title: str = "",
) -> Response:
    """A download called `name` with the ending of its kind. Cells are text, whole numbers,
    `Decimal`, days and moments.

    `rows` are a list, or an iterator that is read while the file is sent. Whoever takes it may be
    slow, so such an iterator leaves no transaction open between the rows that it reads at once.
    """
    chunks = chunks_of(kind, header, rows, title or name)
    return download(name, kind, list(chunks) if isinstance(rows, list) else chunks)


def chunks_of(
    kind: FileKind, header: Sequence[str], rows: Iterable[Sequence[object]], title: str
) -> Iterator[bytes]:
    """The bytes of a file, as its reader's country reads it; `rows` are read while it is taken."""
    if kind is FileKind.XLSX:
        return XlsxForm(ZoneInfo(time_zone()), title).chunks(header, rows)
    return reader_form().chunks(header, rows)


def download(name: str, kind: FileKind, chunks: Iterator[bytes] | list[bytes]) -> Response:
    body = chunks if isinstance(chunks, list) else stream_with_context(chunks)
    response = Response(body, mimetype=kind.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A download called `name`.csv."""
    return spreadsheet(name, FileKind.CSV, header, rows)
