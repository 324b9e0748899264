"""The shop's A1 certificate: read once from its PFX file, or made for homologation."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from webapp.fiscal.signature import Signer, is_valid_on

CNPJ_OID = x509.ObjectIdentifier(
    "2.16.76.1.3.3"
)  # ICP-Brasil: the alternative name that carries a company's CNPJ
_UTF8_STRING = b"\x0c"


class CertificateError(ValueError):
    """The PFX cannot be read: missing file, wrong password or another format."""


@dataclass(frozen=True, slots=True)
class Certificate:
    x509: x509.Certificate
    signer: Signer

    @property
    def expires_at(self) -> datetime:
        return self.x509.not_valid_after_utc

    def is_valid_on(self, moment: datetime) -> bool:
        return is_valid_on(self.x509, moment)

    @property
    def cnpj(self) -> str:
        return cnpj_of(self.x509)


def load(path: str | Path, password: str) -> Certificate:
    """Reading a PFX costs 40 ms, so it is kept until the file changes. Raises CertificateError."""
    try:
        return _read(str(path), password, os.stat(path).st_mtime_ns)
    except OSError as error:
        raise CertificateError(f"the certificate file cannot be read: {error.strerror}") from error


@lru_cache(maxsize=2)
def _read(path: str, password: str, _changed: int) -> Certificate:
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(
            Path(path).read_bytes(), password.encode()
        )
    except ValueError as error:
        raise CertificateError(
            "the certificate cannot be opened: wrong password or not a PFX file"
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey) or certificate is None:
        raise CertificateError("the file holds no RSA key with its certificate")
    return Certificate(certificate, Signer(key, certificate))


def cnpj_of(certificate: x509.Certificate) -> str:
    """The CNPJ an ICP-Brasil certificate carries, or an empty text."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    values = (
        name.value for name in names.get_values_for_type(x509.OtherName) if name.type_id == CNPJ_OID
    )
    return next((value[2:].decode("ascii", "replace") for value in values), "")


def make_test_certificate(
    path: str | Path, password: str, cnpj: str, name: str, now: datetime | None = None
) -> None:
    """Writes a self-signed PFX for homologation, valid for a year, readable by its owner only.

    Raises FileExistsError: a certificate is never overwritten. The sandbox takes it; a real
    authority does not.
    """
    now = now or datetime.now(UTC)
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
    pfx = pkcs12.serialize_key_and_certificates(
        None, key, certificate, None, BestAvailableEncryption(password.encode())
    )
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(pfx)
