"""Bank statements as OFX: read as a table of their transactions."""

import re
from collections.abc import Iterator
from html import unescape

# Its tags in their order, and the name of the column.
COLUMNS = ("FITID", "DTPOSTED", "TRNAMT", "CHECKNUM", "NAME", "MEMO", "TRNTYPE")
_BEGIN = re.compile(r"<OFX>", re.IGNORECASE)
_END = re.compile(r"</OFX>", re.IGNORECASE)
_TRANSACTION = re.compile(r"<STMTTRN>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([A-Za-z0-9.]+)>")


class NotOfx(Exception):
    """It is cut short, or no OFX after all."""


def is_ofx(head: bytes) -> bool:
    bare = head.replace(b"\0", b"").upper()
    return b"OFXHEADER" in bare or b"<OFX>" in bare


def ofx_rows(text: str) -> Iterator[list[str]]:
    """The names of the columns, then a row for each transaction. Raises NotOfx."""
    # Read when the first one comes: it takes a fifth of a second.
    from ofxtools.Parser import ParseError, TreeBuilder

    begin = _BEGIN.search(text)
    if begin is None or not _END.search(text):
        raise NotOfx
    # Tags are written in any case, and read in one.
    body = _TAG.sub(lambda tag: f"<{tag[1]}{tag[2].upper()}>", text[begin.start() :])
    builder = TreeBuilder()
    try:
        builder.feed(body)
        root = builder.close()
    except (ParseError, AssertionError, RecursionError):
        raise NotOfx from None
    found = list(root.iter("STMTTRN"))
    if len(found) != len(_TRANSACTION.findall(body)):
        # What the reader passed over is not to be missed by us.
        raise NotOfx
    yield list(COLUMNS)
    for transaction in found:
        told = {part.tag: part.text or "" for part in transaction}
        yield [" ".join(unescape(told.get(name, "")).split()) for name in COLUMNS]
