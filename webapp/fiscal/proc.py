"""The file to keep and to give out: a note, an event or a voiding with the authority's answer to
it, joined as bytes, never rewritten."""

import re

from webapp.fiscal.document import VERSION
from webapp.fiscal.signature import digest_of
from webapp.fiscal.xml import NAMESPACE

_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
_EVENT_VERSION = "1.00"
# What an answer repeats of the event or the voiding that it is to.
_OF_EVENT = ("chNFe", "tpEvento", "nSeqEvento")
_OF_VOIDING = ("ano", "CNPJ", "serie", "nNFIni", "nNFFin")


class ProtocolMismatch(ValueError):
    """The protocol is of another document: joining them would make a file without value."""


def nfe_proc(signed: bytes, protocol: bytes) -> bytes:
    """`signed` is what was sent, `protocol` the authority's `protNFe`. Raises ProtocolMismatch."""
    if f"<digVal>{digest_of(signed)}</digVal>".encode() not in protocol:
        raise ProtocolMismatch("the protocol's digest is not the document's")
    return _DECLARATION + _joined("nfeProc", VERSION, signed, protocol)


def event_proc(signed: bytes, ret_event: bytes) -> bytes:
    """The procEventoNFe of an event and its `retEvento`, as a file. Raises ProtocolMismatch."""
    _refuse_another(signed, ret_event, _OF_EVENT)
    return _DECLARATION + _joined("procEventoNFe", _EVENT_VERSION, signed, ret_event)


def voiding_proc(signed: bytes, ret_void: bytes) -> bytes:
    """The ProcInutNFe of a voiding and its `retInutNFe`, as a file. Raises ProtocolMismatch."""
    _refuse_another(signed, ret_void, _OF_VOIDING)
    return _DECLARATION + _joined("ProcInutNFe", VERSION, signed, ret_void)


def _joined(tag: str, version: str, signed: bytes, answer: bytes) -> bytes:
    head = f'<{tag} xmlns="{NAMESPACE}" versao="{version}">'.encode()
    return b"".join((head, signed, answer, f"</{tag}>".encode()))


def _refuse_another(signed: bytes, answer: bytes, tags: tuple[str, ...]) -> None:
    for tag in tags:
        said, asked = _text(answer, tag), _text(signed, tag)
        if said is not None and said != asked:
            raise ProtocolMismatch(f"the answer's {tag} is not the document's")


def _text(document: bytes, tag: str) -> bytes | None:
    found = re.search(f"<{tag}>([^<]*)</{tag}>".encode(), document)
    return found[1] if found else None
