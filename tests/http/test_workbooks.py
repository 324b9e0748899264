"""A table as a workbook: what each cell is to a program; no row is kept once it has left."""

import datetime as dt
import weakref
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.support.spreadsheets import sheets_of
from webapp.http import xlsx
from webapp.http.xlsx import XlsxForm

FORM = XlsxForm(ZoneInfo("America/Sao_Paulo"), "Pedidos")


def written(header, rows):
    return sheets_of(b"".join(FORM.chunks(header, rows)))


def test_cells_are_what_they_are():
    moment = dt.datetime(2026, 11, 29, 2, 30, tzinfo=dt.UTC)
    row = [7, Decimal("1234.56"), moment, dt.date(2026, 11, 29), None, "0012345678901234567"]
    [[header, cells]] = written(["A", "B", "C", "D", "E", "F"], [row])
    assert header == ["A", "B", "C", "D", "E", "F"]
    local = dt.datetime(2026, 11, 28, 23, 30)
    assert cells == [7, 1234.56, local, dt.date(2026, 11, 29), "", "0012345678901234567"]


def test_text_is_text_whatever_it_begins_with():
    texts = ["=1+1", "+55", "@SUM(1)", " two  ", "<b>&\n", "_x0041_", "a\x00b\x1f"]
    [[_header, cells]] = written(["T"] * 7, [texts])
    assert cells == [*texts[:6], "ab"]


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch):
    monkeypatch.setattr(xlsx, "ROWS_OF_A_SHEET", 3)
    sheets = written(["N"], [[number] for number in range(5)])
    assert sheets == [[["N"], [0], [1]], [["N"], [2], [3]], [["N"], [4]]]
    assert written(["N"], []) == [[["N"]]]


class Row(list):
    """One that can be counted while it is alive."""


def test_few_rows_are_alive_at_once():
    most, made = 0, []

    def rows():
        nonlocal most
        for number in range(2000):
            if number % 500 == 499:
                most = max(most, sum(each() is not None for each in made))
            row = Row([number, "x" * 50])
            made.append(weakref.ref(row))
            yield row

    size = sum(len(chunk) for chunk in FORM.chunks(["N", "T"], rows()))
    assert size and 0 < most <= 2 * xlsx.LINES_AT_ONCE
