"""The file to keep and to give out: note and protocol in one `nfeProc`, joined as bytes, never
rewritten."""

from webapp.fiscal.document import VERSION
from webapp.fiscal.signature import digest_of
from webapp.fiscal.xml import NAMESPACE

_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
_HEAD = f'<nfeProc xmlns="{NAMESPACE}" versao="{VERSION}">'.encode()


class ProtocolMismatch(ValueError):
    """The protocol is of another document: joining them would make a file without value."""


def nfe_proc(signed: bytes, protocol: bytes) -> bytes:
    """`signed` is what was sent, `protocol` the authority's `protNFe`. Raises ProtocolMismatch."""
    if f"<digVal>{digest_of(signed)}</digVal>".encode() not in protocol:
        raise ProtocolMismatch("the protocol's digest is not the document's")
    return b"".join((_DECLARATION, _HEAD, signed, protocol, b"</nfeProc>"))
