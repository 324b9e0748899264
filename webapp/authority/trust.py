"""To whom the real authority's certificate may go back: the roots of ICP-Brasil that come with the
program, and those that an administrator adds."""

import datetime as dt
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from webapp.authority.models import TrustedRoot
from webapp.fiscal.certificate import Certificate, reaches
from webapp.fiscal.signature import is_valid_on
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid

MOST_BYTES = 16 * 1024
SHORTEST_RSA, SHORTEST_EC = 2048, 256
FIELD = "root"
TOO_LONG = _l("A certificate has at most 16 kB.")
NO_CERTIFICATE = _l("This is no certificate that can be read. Choose a file .crt, .cer or .pem.")
SEVERAL = _l("This file holds several certificates. Add them one by one.")
NO_ROOT = _l(
    "This is not a root, nor is it signed by one that this shop trusts. Choose the one at the head "
    "of the chain."
)
NO_ISSUER = _l("Nobody may issue certificates with this one; it is a server's or a person's.")
NOT_NOW = _l("This root does not count today; look at its first and its last day.")
UNKNOWN_CHAIN = _l(
    "The certificate's chain leads to no root of ICP-Brasil that is known here: SEFAZ may not take "
    "it."
)
WEAK = _l("The key of this root is shorter than anybody may trust.")


class ShippedRoot(NamedTuple):
    name: str
    expires_at: dt.datetime


@cache
def _shipped() -> str:
    return files("webapp.authority").joinpath("icp_brasil.pem").read_text("ascii")


@cache
def shipped_roots() -> tuple[ShippedRoot, ...]:
    found = x509.load_pem_x509_certificates(_shipped().encode())
    return tuple(sorted(ShippedRoot(name_of(one), one.not_valid_after_utc) for one in found))


def added_roots() -> Sequence[TrustedRoot]:
    return db.session.scalars(select(TrustedRoot).order_by(TrustedRoot.id)).all()


def roots() -> str:
    """All of them, as PEM."""
    return _shipped() + "".join(root.pem for root in added_roots())


def trust(data: bytes) -> TrustedRoot:
    """Adds a root, or one that a root signed; one that is there already is left as it is. Raises
    Invalid."""
    certificate = _read(data)
    _refuse_unfit(certificate)
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
    query = select(TrustedRoot).where(TrustedRoot.fingerprint == fingerprint)
    if found := db.session.scalar(query):
        return found
    root = TrustedRoot(
        fingerprint=fingerprint,
        name=name_of(certificate),
        pem=certificate.public_bytes(Encoding.PEM).decode(),
        expires_at=certificate.not_valid_after_utc,
    )
    db.session.add(root)
    return root


def name_of(certificate: x509.Certificate) -> str:
    """Whose it is, as people know it."""
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value if names else certificate.subject.rfc4514_string())[:200]


def distrust(root_id: int) -> None:
    """Said twice, once."""
    if root := db.session.get(TrustedRoot, root_id):
        db.session.delete(root)


def _read(data: bytes) -> x509.Certificate:
    if len(data) > MOST_BYTES:
        raise _refused(TOO_LONG)
    try:
        if b"-----BEGIN" not in data:
            return x509.load_der_x509_certificate(data)
        found = x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise _refused(NO_CERTIFICATE) from error
    if len(found) > 1:
        raise _refused(SEVERAL)
    return found[0]


def _refuse_unfit(certificate: x509.Certificate) -> None:
    if not is_valid_on(certificate, utc_now()):
        raise _refused(NOT_NOW)
    if not _may_issue(certificate):
        raise _refused(NO_ISSUER)
    # One below a root helps with servers that do not show it; alone it vouches for nothing.
    above = x509.load_pem_x509_certificates(roots().encode())
    if not any(_is_issued_by(one, certificate) for one in (certificate, *above)):
        raise _refused(NO_ROOT)
    if not _is_strong(certificate):
        raise _refused(WEAK)


def _is_issued_by(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _may_issue(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _is_strong(certificate: x509.Certificate) -> bool:
    match certificate.public_key():
        case rsa.RSAPublicKey() as key:
            return key.key_size >= SHORTEST_RSA
        case ec.EllipticCurvePublicKey() as key:
            return key.key_size >= SHORTEST_EC
        case _:
            return False


def _refused(message: object) -> Invalid:
    return Invalid([FieldError(FIELD, message)])


def is_trusted(certificate: Certificate) -> bool:
    """Whether the chain of the shop's own certificate leads to one of the roots."""
    return reaches(certificate, x509.load_pem_x509_certificates(roots().encode()))
