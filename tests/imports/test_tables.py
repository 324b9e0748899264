"""Files as they come: encodings, separators, spreadsheets, and what is hostile or no table."""

import io
import os

import pytest

from tests.support.incoming_notes import zipped
from tests.support.made_spreadsheets import ods, xlsx, xlsx_of
from webapp.imports import tables
from webapp.imports.tables import NoTable, refuse_bomb, rows_of

TEXT = "código;preço\nÁ1;1,50\n"
ROWS = [(1, ["código", "preço"]), (2, ["Á1", "1,50"])]


def read(content: bytes) -> list:
    file = io.BytesIO(content)
    refuse_bomb(file)
    return list(rows_of(file))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
def test_text_is_read_in_whatever_encoding_it_was_saved(encoding):
    assert read(TEXT.encode(encoding)) == ROWS


@pytest.mark.parametrize("sign", [";", ",", "\t", "|"])
def test_cells_are_parted_by_the_sign_that_the_lines_share(sign):
    text = f'a{sign}b\n"1,5;2"{sign}x\r\n\n"two\nlines"{sign}"say ""hi"""\n'
    assert read(text.encode()) == [
        (1, ["a", "b"]),
        (2, ["1,5;2", "x"]),
        (4, ["two\nlines", 'say "hi"']),
    ]


def test_the_sign_may_be_told_and_codes_be_guarded():
    text = "sep=,\nsku,name\n=\"00123\",'-5\n'0012,\u00a0x \n"
    assert read(text.encode()) == [(2, ["sku", "name"]), (3, ["00123", "-5"]), (4, ["0012", "x"])]


@pytest.mark.parametrize("make", [xlsx, ods])
def test_numbers_of_a_spreadsheet_come_as_numbers(make):
    rows = read(make([["sku", "preço"], ["A", 12.5], [7891234567895, 3]]))
    assert rows == [(1, ["sku", "preço"]), (2, ["A", 12.5]), (3, [7891234567895, 3])]


def test_dates_merged_cells_formulas_and_errors_of_a_spreadsheet_are_told_apart():
    cells = ['<c s="1"><v>46025</v></c>', "<c ><f>1+1</f><v>2</v></c>", "<c ><f>1+1</f></c>"]
    merged = '<mergeCells><mergeCell ref="A3:A4"/></mergeCells>'
    rows = read(
        xlsx([["a", "b", "c", "d"], ["x", *cells], ["m", 1, 1, 1], [None, 2, 2, 2]], merged)
    )
    assert rows[1] == (2, ["x", {"date": "2026-01-03"}, 2])
    assert rows[2][1][0] == {"merged": "m"}
    assert rows[3][1][0] == {"merged": ""}


FAR_OUT = (
    '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
)
WORKSHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)
HOSTILE = {
    "nothing": (b"", "empty"),
    "white space": (b"\xef\xbb\xbf \n", "empty"),
    "one column": (b"sku\nA\n", "no_table"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "no_table"),
    "noise": (os.urandom(64) + b"\x81\x8d\x00" + os.urandom(64), None),
    "a page": (b"<html><table><tr><td>sku</td></tr></table>", "page"),
    "NUL": (b"sku;name\nA;B\nC;\x00D\n", "nul"),
    "a NUL that a spreadsheet spells": (xlsx([["a", "b"], ["x_x0000_", "y"]]), "nul"),
    "letters of no encoding": (b"sku;name\nA;\x81\x8d\n", "encoding"),
    "a quotation mark that is not closed": (b'sku;name\nA;"' + b"x;y\n" * 50_000, "cell"),
    "a line without end": (b"a;b\n" + b"x" * 1_100_000, "line"),
    "40,000 columns": (b";".join([b"x"] * 40_000) + b"\n", "columns"),
    "a zip of something else": (
        zipped({"a.xml": b"<a/>"}),
        "archive",
    ),
    "a zip cut short": (xlsx([["a", "b"]])[:-40], "broken"),
    "a bomb by its list": (xlsx([["a"]], **{"xl/pad.xml": " " * 3_000_000}), "bomb"),
    "a cell far out": (xlsx_of(f"{WORKSHEET}{FAR_OUT}</sheetData></worksheet>"), "too_big"),
    "no sheet": (xlsx_of("<nothing"), None),
    "a cell a billion times": (ods([["a"]], ' table:number-columns-repeated="1000000000"'), None),
    "OLE that is none": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "broken"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_table_is_named(what):
    content, code = HOSTILE[what]
    with pytest.raises(NoTable) as refused:
        read(content)
    assert code in (None, refused.value.problem["code"])


def test_a_zip_that_lies_about_its_sizes_is_bounded_while_it_is_unpacked(monkeypatch):
    file = xlsx([["a", "b"]], **{"xl/pad.xml": "x" * 90_000})
    monkeypatch.setattr(tables, "MOST_UNPACKED", 50_000)
    monkeypatch.setattr(tables, "_entries", lambda _file: [])
    with pytest.raises(NoTable, match="bomb"):
        read(file)


def test_rows_are_bounded(monkeypatch):
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    with pytest.raises(NoTable, match="rows"):
        read(b"a;b\n" * 4)


def test_a_cell_that_is_too_long_is_kept_as_such():
    assert read(b"a;b\n" + b"x" * 5_001 + b";1\n")[1] == (2, [{"long": "x" * 100}, "1"])
