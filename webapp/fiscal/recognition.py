"""Whether a note that the authority has, of which the shop holds only key and digest, is one that
it would build itself: after a database came out of a backup, the notes issued since are not in it.

The digest is over all that a note says. A key gives its series, number and code, so that the second
at which it was issued is all there is to find: if one makes the digest, the note is the same to the
last letter, and its bytes are at hand again.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from lxml import etree

from webapp.fiscal.access_key import NORMAL_EMISSION, emission_of, number_of, series_of
from webapp.fiscal.document import Numbering, access_key_of
from webapp.fiscal.xml import NAMESPACE

_DIGEST = re.compile(rb"<digVal>([^<]*)</digVal>")
# An issuer's clock may be so far ahead of the authority's.
AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class KnownNote:
    """A note as the authority tells of it: `digest` in base64, `received_at` aware."""

    access_key: str
    digest: str
    received_at: datetime


def digest_in(protnfe: bytes) -> str | None:
    """Of the note that a protocol is about."""
    found = _DIGEST.search(protnfe)
    return found[1].decode() if found else None


def recognize(
    make: Callable[[Numbering], etree._Element], zone: tzinfo, known: KnownNote, span: timedelta
) -> Numbering | None:
    """With what `make` makes the known note; None if it makes another. `zone` is the issuer's. It
    may have been issued up to `span` before it was received. One that went to a standby service is
    not recognised: when and why that was is not known any more."""
    key = known.access_key
    if emission_of(key) != NORMAL_EMISSION:
        return None
    last, first = known.received_at + AHEAD, known.received_at - span
    for moment in _days(zone, first, last):
        given = Numbering(series_of(key), number_of(key), moment, key[35:43])
        document = make(given)
        if access_key_of(document) != key:
            # Another issuer's, or another month's.
            continue
        if issued_at := _second(document, moment, first, known.digest):
            return replace(given, issued_at=issued_at)
    return None


def _days(zone: tzinfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """The last moment of each day from `last` back to `first`: taxes are those of a day."""
    moment = last.astimezone(zone).replace(microsecond=0)
    while moment >= first:
        yield moment
        moment = moment.replace(hour=0, minute=0, second=0) - timedelta(seconds=1)


def _second(
    document: etree._Element, last: datetime, first: datetime, digest: str
) -> datetime | None:
    """The second, from `last` back to the day's first or `first`, that makes the digest."""
    wanted = base64.b64decode(digest)
    before, after = _around(document, f"<dhEmi>{_written(last)}</dhEmi>".encode())
    head = hashlib.sha1(before, usedforsecurity=False)
    moment = last
    while moment >= first and moment.date() == last.date():
        tried = head.copy()
        tried.update(f"<dhEmi>{_written(moment)}</dhEmi>".encode())
        tried.update(after)
        if tried.digest() == wanted:
            return moment
        moment -= timedelta(seconds=1)
    return None


def _around(document: etree._Element, written: bytes) -> tuple[bytes, bytes]:
    """What is digested of an unsigned note before `written`, and after it."""
    canonical = etree.tostring(document, method="c14n")
    head, end = f'<NFe xmlns="{NAMESPACE}"><infNFe'.encode(), b"</NFe>"
    assert canonical.startswith(head) and canonical.endswith(end), "an unsigned note"
    before, after = canonical[len(head) : -len(end)].split(written, 1)
    return f'<infNFe xmlns="{NAMESPACE}"'.encode() + before, after


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
