"""The note on paper: the DANFE, and the labels of its parcels (the simplified DANFE of NT 2020.004
and a plain address label, 100 × 150 mm).

Printing costs a hundred times what the XML does, and its fonts and images would stay with a web
process for life: it is done by a process of its own, alone with this file.
"""

import base64
import enum
import json
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Sequence
from typing import Any, BinaryIO, NamedTuple


class Paper(enum.StrEnum):
    DANFE = "danfe"
    LABEL = "label"
    # Of a parcel without a note: its data is JSON of `AddressLabel`.
    ADDRESS = "address"
    # A PDF that somebody else made, as it is.
    FILE = "file"


class AddressLabel(NamedTuple):
    """Lines as they are printed; `code` is the bar code, of printable ASCII, or blank."""

    title: str
    to: list[str]
    sender: list[str]
    code: str
    notes: list[str]


class Sheet(NamedTuple):
    paper: Paper
    data: bytes
    cancelled: bool = False


class PrintedNote(NamedTuple):
    """An `nfeProc` to be printed; `cancelled` is written across the paper."""

    nfe_proc: bytes
    cancelled: bool = False


# Of a label, in millimetres.
WIDE, HIGH, MARGIN = 100, 150, 6
# How long one may take, and how long many: on a slow machine, some times what it takes on another.
SECONDS, SECONDS_OF_MANY = 30, 180


def danfe(nfe_proc: bytes, cancelled: bool = False) -> bytes:
    """The PDF of one note."""
    with in_one_file(Paper.DANFE, [PrintedNote(nfe_proc, cancelled)]) as file:
        return file.read()


def in_one_file(paper: Paper, notes: Sequence[PrintedNote]) -> BinaryIO:
    """One PDF of all notes in their order, on the disk, to be read from its begin. Raises
    `subprocess.SubprocessError`."""
    return sheets_in_one_file([Sheet(paper, *note) for note in notes])


def sheets_in_one_file(sheets: Sequence[Sheet]) -> BinaryIO:
    """One PDF of all sheets in their order, as `in_one_file`."""
    file = tempfile.TemporaryFile()
    try:
        _print("one", sheets, file, SECONDS if len(sheets) == 1 else SECONDS_OF_MANY)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def one_by_one(notes: Sequence[PrintedNote]) -> list[bytes]:
    """The DANFE of each, b"" for one that cannot be printed. Raises
    `subprocess.SubprocessError`."""
    with tempfile.TemporaryFile() as file:
        _print("each", [Sheet(Paper.DANFE, *note) for note in notes], file, SECONDS)
        file.seek(0)
        return [base64.b64decode(line) for line in file.read().splitlines()]


def _print(mode: str, sheets: Sequence[Sheet], into: BinaryIO, seconds: int) -> None:
    asked = [(each.paper, base64.b64encode(each.data).decode(), each.cancelled) for each in sheets]
    subprocess.run(
        [sys.executable, "-I", __file__, mode],
        input=json.dumps(asked).encode(),
        stdout=into,
        stderr=subprocess.PIPE,
        timeout=seconds,
        check=True,
    )


# -- what the other process does -----------------------------------------------------------------


def _printed(paper: str, data: str, cancelled: bool) -> bytes:
    content = base64.b64decode(data)
    if paper == Paper.FILE:
        return content
    if paper == Paper.ADDRESS:
        return _address_label(AddressLabel(*json.loads(content)))
    return _printed_note(paper, content.decode(), cancelled)


def _address_label(label: AddressLabel) -> bytes:
    from fpdf import FPDF

    pdf = FPDF(unit="mm", format=(WIDE, HIGH))
    pdf.set_margin(MARGIN)
    pdf.set_auto_page_break(False)
    pdf.add_page()
    for lines, size in (([label.title], 14), (label.to, 13), (label.notes, 10), (label.sender, 8)):
        for place, line in enumerate(lines):
            pdf.set_font("helvetica", "B" if place == 0 else "", size)
            pdf.multi_cell(0, size * 0.45, _in_latin(line), new_x="LMARGIN", new_y="NEXT")
        pdf.ln(4)
    if label.code:
        _bar_code(pdf, label.code)
    return bytes(pdf.output())


# Letters and signs that come apart into none of Latin 1, and what stands for them.
_LIKE = str.maketrans("ŁłĐđ’‘“”–—", "LlDd''\"\"--")


def _in_latin(text: str) -> str:
    """As the fonts that every reader has can show it: an accent that they lack is left out."""
    text = text.translate(_LIKE)
    return "".join(
        each
        if each.encode("latin-1", "ignore")
        else unicodedata.normalize("NFD", each).encode("ascii", "ignore").decode() or "?"
        for each in text
    )


def _bar_code(pdf: Any, code: str) -> None:
    """Code 128 at the foot, with its quiet zones, as wide as there is room for."""
    from barcode.codex import Code128

    modules = Code128(code).build()[0]
    width = min((WIDE - 2 * MARGIN) / (len(modules) + 20), 0.5)
    left, top = (WIDE - width * len(modules)) / 2, HIGH - MARGIN - 22
    for place, module in enumerate(modules):
        if module == "1":
            # Neighbours overlap by a hair, so that no reader sees a gap.
            pdf.rect(left + place * width, top, width * 1.02, 16, style="F")
    pdf.set_font("helvetica", "", 9)
    pdf.set_xy(MARGIN, top + 17)
    pdf.cell(0, 5, code, align="C")


def _printed_note(paper: str, xml: str, cancelled: bool) -> bytes:
    from brazilfiscalreport.danfe import (
        Danfe,
        DanfeConfig,
        DanfeEtiqueta,
        DanfeEtiquetaConfig,
    )

    if paper == Paper.LABEL:
        config = DanfeEtiquetaConfig(display_items=True, watermark_cancelled=cancelled)
        return bytes(DanfeEtiqueta(xml=xml, config=config).output())
    return bytes(Danfe(xml=xml, config=DanfeConfig(watermark_cancelled=cancelled)).output())


def _print_one(sheets: list[tuple[str, str, bool]]) -> None:
    if len(sheets) == 1:
        sys.stdout.buffer.write(_printed(*sheets[0]))
        return
    import pypdfium2

    together = pypdfium2.PdfDocument.new()
    for sheet in sheets:
        with pypdfium2.PdfDocument(_printed(*sheet)) as pages:
            together.import_pages(pages)
    together.save(sys.stdout.buffer)


def _print_each(sheets: list[tuple[str, str, bool]]) -> None:
    for sheet in sheets:
        try:
            printed = _printed(*sheet)
        except Exception as error:
            # The others are printed all the same; whoever asked tells of this one.
            print(f"not printed: {type(error).__name__}", file=sys.stderr)
            printed = b""
        sys.stdout.buffer.write(base64.b64encode(printed) + b"\n")


if __name__ == "__main__":
    {"one": _print_one, "each": _print_each}[sys.argv[1]](json.loads(sys.stdin.buffer.read()))
