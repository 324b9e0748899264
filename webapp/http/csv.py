"""Files for a spreadsheet, as those of the reader's country read them: semicolons and a decimal
comma in Brazil."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

from flask import Response
from flask_babel import get_locale

# A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence]) -> Response:
    """A download called `name`.csv. Cells are text, whole numbers and `Decimal`."""
    brazilian = str(get_locale()).startswith("pt")
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";" if brazilian else ",")
    writer.writerow(header)
    writer.writerows([_cell(cell, brazilian) for cell in row] for row in rows)
    # The mark at its head tells spreadsheets that the file is UTF-8.
    response = Response("\ufeff" + file.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _cell(value, brazilian: bool):
    if isinstance(value, Decimal):
        return str(value).replace(".", "," if brazilian else ".")
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
