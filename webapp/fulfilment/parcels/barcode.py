"""Bar codes (Code 128) as the path of an SVG drawing, in units of one module."""

from dataclasses import dataclass
from itertools import groupby

QUIET = 10  # modules that stay white at either end, so that readers find where the code begins
MODULE_MM = 0.33
WIDEST_MM = 175  # what a sheet of A4 has room for


@dataclass(frozen=True)
class BarCode:
    """`modules` wide, both quiet zones included, and one unit high."""

    text: str
    modules: int
    path: str

    @property
    def width_mm(self) -> float:
        return round(min(self.modules * MODULE_MM, WIDEST_MM), 2)


def bar_code(text: str) -> BarCode | None:
    """Pairs of digits share a symbol (set C). None for a text that Code 128 cannot tell: anything
    but printable ASCII."""
    # Brings an imaging library along: only a process that prints slips pays for it.
    from barcode.codex import Code128

    if not (text and text.isascii() and text.isprintable()):
        return None
    modules = Code128(text).build()[0]
    strokes, at = [], QUIET
    for is_bar, run in groupby(modules, "1".__eq__):
        width = sum(1 for _module in run)
        if is_bar:
            strokes.append(f"M{at} 0h{width}v1h-{width}z")
        at += width
    return BarCode(text, at + QUIET, "".join(strokes))
