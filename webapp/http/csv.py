"""Files for a spreadsheet, as those of the reader's country read them: semicolons and a decimal
comma in Brazil."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from flask import Response, stream_with_context

from webapp.http.numbers import field_text, is_brazilian

# A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
CHUNK_CHARACTERS = 32_768


def csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A download called `name`.csv. Cells are text, whole numbers and `Decimal`.

    `rows` are a list, or an iterator that is read while the file is sent. Whoever takes it may be
    slow, so such an iterator leaves no transaction open between the rows that it reads at once.
    """
    chunks = _chunks(header, rows, is_brazilian())
    body = list(chunks) if isinstance(rows, list) else stream_with_context(chunks)
    response = Response(body, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _chunks(
    header: Sequence[str], rows: Iterable[Sequence[object]], brazilian: bool
) -> Iterator[str]:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";" if brazilian else ",")
    # The mark at its head tells spreadsheets that the file is UTF-8.
    file.write("\ufeff")
    writer.writerow(header)
    for row in rows:
        writer.writerow([_cell(value, brazilian) for value in row])
        if file.tell() > CHUNK_CHARACTERS:
            yield file.getvalue()
            file.seek(0)
            file.truncate()
    yield file.getvalue()


def _cell(value: object, brazilian: bool) -> object:
    if isinstance(value, Decimal):
        return field_text(value, brazilian)
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
