"""The shop's A1 certificate: read from its PFX file and judged by itself, or made for tests."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509 import Certificate as X509
from cryptography.x509.oid import NameOID
from lxml import etree

from webapp.fiscal.signature import SignatureError, Signer, is_valid_on, verify
from webapp.fiscal.xml import NAMESPACE
from webapp.platform.clock import utc_now
from webapp.platform.issues import N_, Issue

CNPJ_OID = x509.ObjectIdentifier(
    "2.16.76.1.3.3"
)  # ICP-Brasil: the alternative name that carries a company's CNPJ
_UTF8_STRING = b"\x0c"
SHORTEST_KEY = 2048
_CNPJ = re.compile(r"[0-9A-Z]{12}[0-9]{2}")
# A PFX is a DER sequence that begins with its version, 3.
_PFX = re.compile(rb"\x30(?:[\x00-\x7f]|\x80|\x81.|\x82..|\x83...)\x02\x01\x03", re.DOTALL)
_TEST = f'<NFe xmlns="{NAMESPACE}"><infNFe Id="NFe0" versao="4.00"></infNFe></NFe>'
NO_PFX = N_("This is not a PFX file (.pfx or .p12). Choose the file of the A1 certificate.")
WRONG_PASSWORD = N_("The password does not open this file. Type it again.")
NO_KEY = N_("The file holds no private key. Export the certificate again, with its key.")
KEY_DIFFERS = N_("The private key in the file does not belong to its certificate.")
NOT_RSA = N_("The key is of the kind %(kind)s; NF-e are signed with RSA keys alone.")
SHORT_KEY = N_("The key has %(bits)s bits; at least %(least)s are asked for.")
NO_CNPJ = N_("It bears no CNPJ: it is not a company's certificate (e-CNPJ).")
CANNOT_SIGN = N_("What it signed for a test does not verify.")
UNREADABLE = N_("The file that NFE_CERTIFICATE names cannot be read: %(reason)s.")


class CertificateError(ValueError):
    """Why a certificate cannot be used, in words; `field` of its issue is what is to be given
    again."""

    def __init__(self, message: str, field: str = "pfx", **params: object) -> None:
        self.issue = Issue("certificate", field, params, message=message)
        super().__init__(message % params if params else message)


@dataclass(frozen=True, slots=True)
class Certificate:
    """`chain`: the certificates that came with it, in no order."""

    x509: X509
    key: rsa.RSAPrivateKey
    signer: Signer
    chain: tuple[X509, ...] = ()

    @property
    def expires_at(self) -> datetime:
        return self.x509.not_valid_after_utc

    def is_valid_on(self, moment: datetime) -> bool:
        return is_valid_on(self.x509, moment)

    @property
    def cnpj(self) -> str:
        return cnpj_of(self.x509)

    @property
    def holder(self) -> str:
        """Its name, without the CNPJ behind it."""
        return _common_name(self.x509.subject).partition(":")[0][:120]

    @property
    def authority(self) -> str:
        """Who issued it."""
        return _common_name(self.x509.issuer).partition(":")[0]

    @property
    def fingerprint(self) -> str:
        return self.x509.fingerprint(hashes.SHA256()).hex()


def certificate_of(
    key: rsa.RSAPrivateKey, certificate: x509.Certificate, chain: Iterable[x509.Certificate] = ()
) -> Certificate:
    return Certificate(certificate, key, Signer(key, certificate), tuple(chain))


def open_pfx(data: bytes, password: str) -> Certificate:
    """What a PFX holds, with a key that may sign NF-e. Raises CertificateError."""
    if not _PFX.match(data):
        raise CertificateError(NO_PFX)
    try:
        key, certificate, chain = pkcs12.load_key_and_certificates(data, password.encode())
    except ValueError as error:
        raise CertificateError(WRONG_PASSWORD, "password") from error
    except UnsupportedAlgorithm as error:
        raise CertificateError(NO_PFX) from error
    if key is None:
        raise CertificateError(NO_KEY)
    if not isinstance(key, rsa.RSAPrivateKey):
        kind = "EC" if isinstance(key, ec.EllipticCurvePrivateKey) else type(key).__name__
        raise CertificateError(NOT_RSA, kind=kind)
    if certificate is None or certificate.public_key() != key.public_key():
        raise CertificateError(KEY_DIFFERS)
    if key.key_size < SHORTEST_KEY:
        raise CertificateError(SHORT_KEY, bits=key.key_size, least=SHORTEST_KEY)
    return certificate_of(key, certificate, chain)


def refuse_unfit(certificate: Certificate) -> None:
    """Of a company it must be, and sign so that others can verify it. Raises CertificateError."""
    if not certificate.cnpj:
        raise CertificateError(NO_CNPJ)
    try:
        verify(etree.fromstring(certificate.signer.sign(etree.fromstring(_TEST))))
    except SignatureError as error:
        raise CertificateError(CANNOT_SIGN) from error


def reaches(certificate: Certificate, known: Sequence[x509.Certificate]) -> bool:
    """Whether its chain, by what came with it and by `known`, ends at one of `known` that issued
    itself."""
    at, left = certificate.x509, [*certificate.chain, *known]
    while at.issuer != at.subject:
        above = next((each for each in left if _issued(each, at)), None)
        if above is None:
            return False
        left.remove(above)
        at = above
    return at in known


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def load(path: str | Path, password: str) -> Certificate:
    """Reading a PFX costs 40 ms, so it is kept until the file changes. Raises CertificateError."""
    try:
        return _read(str(path), password, os.stat(path).st_mtime_ns)
    except OSError as error:
        raise CertificateError(UNREADABLE, reason=error.strerror) from error


@lru_cache(maxsize=2)
def _read(path: str, password: str, _changed: int) -> Certificate:
    return open_pfx(Path(path).read_bytes(), password)


def cnpj_of(certificate: x509.Certificate) -> str:
    """The CNPJ an ICP-Brasil certificate carries, of digits or with letters: in its alternative
    name, else behind the name of its holder (NAME:CNPJ); or an empty text."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        others = names.get_values_for_type(x509.OtherName)
    except (x509.ExtensionNotFound, ValueError):
        others = []
    written = [name.value[2:].decode("ascii", "replace") for name in others if _is_cnpj(name)]
    written.append(_common_name(certificate.subject).rpartition(":")[2])
    return next((cnpj for cnpj in map(str.upper, written) if _CNPJ.fullmatch(cnpj)), "")


def _is_cnpj(name: x509.OtherName) -> bool:
    return name.type_id == CNPJ_OID


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def make_test_certificate(
    path: str | Path, password: str, cnpj: str, name: str, now: datetime | None = None
) -> None:
    """Writes a self-signed PFX for homologation, valid for a year, readable by its owner only.

    Raises FileExistsError: a certificate is never overwritten. The sandbox takes it; a real
    authority does not.
    """
    made = new_certificate(cnpj, name, now or utc_now())
    pfx = pkcs12.serialize_key_and_certificates(
        None, made.key, made.x509, None, BestAvailableEncryption(password.encode())
    )
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(pfx)


def new_certificate(cnpj: str, name: str, now: datetime) -> Certificate:
    """The same for whoever keeps none; a file's password takes as long as the key."""
    key = rsa.generate_private_key(65537, 2048)
    owner = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "BR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "TESTE SEM VALOR"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{name[:40]}:{cnpj}"),
        ]
    )
    identity = x509.OtherName(CNPJ_OID, _UTF8_STRING + bytes([len(cnpj)]) + cnpj.encode())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(owner)
        .issuer_name(owner)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([identity]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    return certificate_of(key, certificate)
