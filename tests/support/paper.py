"""What is printed, as one looks at it: pages as pictures, and their bar codes read back."""

from collections.abc import Iterator

import pypdfium2
import zxingcpp
from PIL.Image import Image

# To the inch: what a label printer has, and what an office printer has at least.
DOTS, OFFICE = 203, 300
MM = 25.4 / 72


def sizes(pdf: bytes) -> list[tuple[int, int]]:
    """Width and height of each page, in whole millimetres."""
    with pypdfium2.PdfDocument(pdf) as pages:
        return [tuple(round(side * MM) for side in page.get_size()) for page in pages]


def pictures(pdf: bytes, dots: int = DOTS) -> Iterator[Image]:
    with pypdfium2.PdfDocument(pdf) as pages:
        for page in pages:
            yield page.render(scale=dots / 72).to_pil()


def texts(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as pages:
        return [page.get_textpage().get_text_bounded() for page in pages]


def codes(pdf: bytes, dots: int = DOTS) -> list[list[str]]:
    """What the bar codes of each page say."""
    return [[code.text for code in zxingcpp.read_barcodes(page)] for page in pictures(pdf, dots)]


def bars(image: Image) -> set[str]:
    """What a reader of another house reads of the bar codes."""
    found = zxingcpp.read_barcodes(image)
    assert all(one.format == zxingcpp.BarcodeFormat.Code128 for one in found)
    return {one.text for one in found}
