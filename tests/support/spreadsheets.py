"""What a downloaded file holds, as a spreadsheet program reads it."""

import csv
import io
from typing import Any

from python_calamine import CalamineWorkbook


def rows_of(answer: Any) -> list[list[Any]]:
    """Its header and rows: of a CSV as text, of a workbook as what its cells are."""
    if answer.mimetype == "text/csv":
        text = answer.text.removeprefix("\ufeff")
        head = text.partition("\n")[0]
        return list(csv.reader(io.StringIO(text), delimiter=max(";,", key=head.count)))
    return sheets_of(answer.data)[0]


def sheets_of(file: bytes) -> list[list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(file))
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
