"""The rows of a table as a person sends it: text parted by signs, in whatever encoding, or a
spreadsheet. Looked over by what a zip says of itself before anything is unpacked; then read once,
row by row, with a bound on all that is read."""

import codecs
import csv
import io
import itertools
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import IO, Any

from webapp.http.csv import unguarded
from webapp.imports.ofx import NotOfx, is_ofx, ofx_rows
from webapp.imports.sheets import NotRead, sheet_rows

MOST_COLUMNS, MOST_ROWS, LONGEST_CELL = 200, 200_000, 5_000
# What is kept of a cell that is longer.
SHOWN_OF_LONG = 100
# Of a spreadsheet unpacked, and how many times what it is packed in; sheets pack well.
MOST_UNPACKED, MOST_RATIO, MOST_ENTRIES = 150 * 2**20, 400, 2_000
# Rows among which the names of the columns are looked for.
HEAD = 20
PIECE = 2**20
# It is read as a whole.
LONGEST_OFX = 50 * PIECE
_LONGEST_LINE = 1_000_000
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_SIGNS = (";", ",", "\t", "|")
_SEPARATOR = re.compile(r"sep=(.)\s*")
# As programs keep a code from becoming a number in a spreadsheet.
_WRAPPED = re.compile(r'="([^"]*)"')
Cell = Any
# Counted from 1, as a spreadsheet counts; its cells.
Row = tuple[int, list[Cell]]


class NoTable(Exception):
    """A file that cannot be read as a table: a code of `imports.words.FILES`, and its values."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code)
        self.problem = {"code": code, **values}


def refuse_bomb(file: IO[bytes]) -> None:
    """By what a zip's own list says alone: nothing is unpacked. Raises NoTable."""
    if _head(file)[:4] != _ZIP:
        return
    for entry in _entries(file):
        if entry.file_size > MOST_RATIO * max(entry.compress_size, 1) and entry.file_size > PIECE:
            raise NoTable("bomb")


def _head(file: IO[bytes]) -> bytes:
    file.seek(0)
    head = file.read(4096)
    file.seek(0)
    return head


def _entries(file: IO[bytes]) -> list[zipfile.ZipInfo]:
    """Raises NoTable."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError):
        raise NoTable("broken") from None
    file.seek(0)
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise NoTable("bomb")
    names = {entry.filename for entry in entries}
    if not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
        raise NoTable("archive")
    return entries


def _unpack(file: IO[bytes]) -> None:
    """Unpacks it to nowhere: its list may lie about the sizes. Raises NoTable."""
    left = MOST_UNPACKED
    try:
        with zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                with archive.open(entry) as unpacked:
                    while piece := unpacked.read(PIECE):
                        left -= len(piece)
                        if left < 0:
                            raise NoTable("bomb")
    except (zipfile.BadZipFile, RuntimeError, EOFError, OSError, ValueError, zlib.error):
        raise NoTable("broken") from None
    file.seek(0)


def rows_of(file: IO[bytes]) -> Iterator[Row]:
    """Every row that has anything in it. Raises NoTable."""
    head = _head(file)
    if is_ofx(head):
        rows = _of_ofx(file)
    elif head[:4] == _ZIP:
        _entries(file)
        _unpack(file)
        rows = _of_sheet(file)
    elif head[:4] == _OLE:
        rows = _of_sheet(file)
    else:
        _refuse_other(head)
        rows = _of_text(file)
    return _bounded(rows)


def _bounded(rows: Iterator[list[Cell]]) -> Iterator[Row]:
    count = 0
    for line, row in enumerate(rows, 1):
        cells = [_plain(cell) for cell in row]
        while cells and cells[-1] == "":
            cells.pop()
        if not cells:
            continue
        count += 1
        if len(cells) > MOST_COLUMNS:
            raise NoTable("columns", line=line, count=len(cells), most=MOST_COLUMNS)
        if any("\0" in cell for cell in cells if isinstance(cell, str)):
            raise NoTable("nul", line=line)
        if count > MOST_ROWS:
            raise NoTable("rows", most=MOST_ROWS)
        yield line, [_cut(cell) for cell in cells]


def _cut(cell: Cell) -> Cell:
    """What is too long refuses its row, if its column tells anything."""
    is_long = isinstance(cell, str) and len(cell) > LONGEST_CELL
    return {"long": cell[:SHOWN_OF_LONG]} if is_long else cell


def _plain(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return "" if cell is None else cell
    text = cell.replace("\u00a0", " ").strip()
    if wrapped := _WRAPPED.fullmatch(text):
        return wrapped[1].strip()
    return unguarded(text)


def _of_sheet(file: IO[bytes]) -> Iterator[list[Cell]]:
    try:
        yield from sheet_rows(file)
    except NotRead as refused:
        raise NoTable(str(refused)) from None


def _of_ofx(file: IO[bytes]) -> Iterator[list[Cell]]:
    encoding = _encoding(file)
    if file.seek(0, io.SEEK_END) > LONGEST_OFX:
        raise NoTable("rows", most=MOST_ROWS)
    file.seek(0)
    try:
        yield from ofx_rows(file.read().decode(encoding))
    except NotOfx:
        raise NoTable("broken_ofx") from None


def _refuse_other(head: bytes) -> None:
    """What is often sent for a table and is none."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if not start:
        raise NoTable("empty")
    if start.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta")):
        raise NoTable("page")
    if start.startswith((b"%pdf", b"\x89png", b"\xff\xd8\xff", b"gif8", b"{\\rtf")):
        raise NoTable("no_table")


def _of_text(file: IO[bytes]) -> Iterator[list[Cell]]:
    encoding = _encoding(file)
    text = io.TextIOWrapper(file, encoding, newline="")
    lines = _lines(text)
    first = list(itertools.islice(lines, HEAD))
    sign = None
    if first and (told := _SEPARATOR.fullmatch(first[0])):
        sign, first[0] = told[1], "\n"
    sign = sign or _sign(first)
    reader = csv.reader(itertools.chain(first, lines), delimiter=sign)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error:
            raise NoTable("cell", line=reader.line_num) from None
        yield row
    text.detach()


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise NoTable("line")
        yield line


def _sign(lines: list[str]) -> str:
    """What parts the cells: the one sign that as many of the first lines as possible have as often.
    Raises NoTable."""
    best: tuple[int, int, str] = (0, 0, "")
    for sign in _SIGNS:
        lengths = Counter(len(row) for row in csv.reader(lines, delimiter=sign) if len(row) > 1)
        if lengths:
            [(length, times)] = lengths.most_common(1)
            best = max(best, (times, length, sign))
    if not best[2]:
        raise NoTable("no_table")
    return best[2]


def _encoding(file: IO[bytes]) -> str:
    """As it says itself, else UTF-8 if all of it is, else what Windows writes. Raises NoTable."""
    head = _head(file)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        named = "utf-16"
    elif head[1:60:2].count(0) > len(head[:60]) // 4:
        named = "utf-16-le"
    elif head.startswith(codecs.BOM_UTF8):
        named = "utf-8-sig"
    else:
        named = ""
    for encoding in [named] if named else ["utf-8", "cp1252"]:
        if _decodes(file, encoding):
            return encoding
    raise NoTable("encoding")


def _decodes(file: IO[bytes], encoding: str) -> bool:
    """Raises NoTable for a NUL, which no text has."""
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    file.seek(0)
    try:
        while piece := file.read(PIECE):
            text = decoder.decode(piece)
            if "\0" in text:
                raise NoTable("nul", line=line + text[: text.index("\0")].count("\n"))
            line += text.count("\n")
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    finally:
        file.seek(0)
    return True
