"""The note on paper: the DANFE, and the label of its parcel (the simplified DANFE of NT 2020.004,
100 × 150 mm).

Printing costs a hundred times what the XML does, and its fonts and images would stay with a web
process for life: it is done by a process of its own, alone with this file.
"""

import base64
import enum
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple


class Paper(enum.StrEnum):
    DANFE = "danfe"
    LABEL = "label"


class PrintedNote(NamedTuple):
    """An `nfeProc` to be printed; `cancelled` is written across the paper."""

    nfe_proc: bytes
    cancelled: bool = False


# How long one may take, and how long many: on a slow machine, some times what it takes on another.
SECONDS, SECONDS_OF_MANY = 30, 180


def danfe(nfe_proc: bytes, cancelled: bool = False) -> bytes:
    """The PDF of one note."""
    with in_one_file(Paper.DANFE, [PrintedNote(nfe_proc, cancelled)]) as file:
        return file.read()


def in_one_file(paper: Paper, notes: Sequence[PrintedNote]) -> BinaryIO:
    """One PDF of all notes in their order, on the disk, to be read from its begin. Raises
    `subprocess.SubprocessError`."""
    file = tempfile.TemporaryFile()
    try:
        _print("one", paper, notes, file, SECONDS if len(notes) == 1 else SECONDS_OF_MANY)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def one_by_one(notes: Sequence[PrintedNote]) -> list[bytes]:
    """The DANFE of each, b"" for one that cannot be printed. Raises
    `subprocess.SubprocessError`."""
    with tempfile.TemporaryFile() as file:
        _print("each", Paper.DANFE, notes, file, SECONDS)
        file.seek(0)
        return [base64.b64decode(line) for line in file.read().splitlines()]


def _print(
    mode: str, paper: Paper, notes: Sequence[PrintedNote], into: BinaryIO, seconds: int
) -> None:
    asked = [(note.nfe_proc.decode(), note.cancelled) for note in notes]
    subprocess.run(
        [sys.executable, "-I", __file__, mode, paper],
        input=json.dumps(asked).encode(),
        stdout=into,
        stderr=subprocess.PIPE,
        timeout=seconds,
        check=True,
    )


# -- what the other process does -----------------------------------------------------------------


def _printed(paper: str, xml: str, cancelled: bool) -> bytes:
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


def _print_one(paper: str, notes: list[tuple[str, bool]]) -> None:
    if len(notes) == 1:
        sys.stdout.buffer.write(_printed(paper, *notes[0]))
        return
    import pypdfium2

    together = pypdfium2.PdfDocument.new()
    for note in notes:
        with pypdfium2.PdfDocument(_printed(paper, *note)) as pages:
            together.import_pages(pages)
    together.save(sys.stdout.buffer)


def _print_each(paper: str, notes: list[tuple[str, bool]]) -> None:
    for note in notes:
        try:
            printed = _printed(paper, *note)
        except Exception as error:
            # The others are printed all the same; whoever asked tells of this one.
            print(f"not printed: {type(error).__name__}", file=sys.stderr)
            printed = b""
        sys.stdout.buffer.write(base64.b64encode(printed) + b"\n")


if __name__ == "__main__":
    {"one": _print_one, "each": _print_each}[sys.argv[1]](
        sys.argv[2], json.loads(sys.stdin.buffer.read())
    )
