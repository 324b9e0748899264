"""The connections to the real authority: TLS of both sides, one pool a process."""

import os
import ssl
import tempfile
import threading

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from webapp.fiscal.certificate import Certificate

MOST_AT_ONCE = 16
CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0


class Connections:
    """Keeps one client: another certificate, another set of roots or another process (after a
    fork) begins a new one. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: tuple[tuple[object, ...], httpx.Client] | None = None

    def client(self, certificate: Certificate, roots: str) -> httpx.Client:
        """`roots`: those that the authority's certificate may go back to, as PEM."""
        kind = (os.getpid(), certificate.fingerprint, hash(roots))
        with self._lock:
            if self._made is None or self._made[0] != kind:
                # The former one is dropped, not closed: a call of another thread may be on it.
                self._made = (kind, client_of(context(certificate, roots)))
            return self._made[1]


CONNECTIONS = Connections()


def client_of(verify: ssl.SSLContext) -> httpx.Client:
    return httpx.Client(
        verify=verify,
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=MOST_AT_ONCE, max_keepalive_connections=MOST_AT_ONCE),
        headers={"Accept-Encoding": "identity", "User-Agent": "Balcao"},
    )


def context(
    certificate: Certificate, roots: str, side: int = ssl.PROTOCOL_TLS_CLIENT
) -> ssl.SSLContext:
    """Verification is on, and nothing turns it off."""
    made = ssl.SSLContext(side)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_verify_locations(cadata=roots)
    # OpenSSL reads a key from a file alone: this one is ours only, and gone at once.
    with tempfile.NamedTemporaryFile() as file:
        file.write(_pem(certificate))
        file.flush()
        made.load_cert_chain(file.name)
    return made


def _pem(certificate: Certificate) -> bytes:
    key = certificate.key.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    chain = (certificate.x509, *certificate.chain)
    return key + b"".join(one.public_bytes(Encoding.PEM) for one in chain)
