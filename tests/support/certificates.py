"""PFX files as certification authorities give them out, and as they should not be."""

from datetime import timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from webapp.fiscal.certificate import CNPJ_OID
from webapp.platform.clock import utc_now

SHOPS_CNPJ, PASSWORD = "99888777000100", "senha dela"
# As Windows exports it to this day.
OLD = (
    PrivateFormat.PKCS12.encryption_builder()
    .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
    .hmac_hash(hashes.SHA1())
    .build(PASSWORD.encode())
)


@lru_cache
def key_of(kind):
    """Of so many bits, or on a curve. Making one takes long."""
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, kind)


def certificate(
    cnpj=SHOPS_CNPJ,
    kind=2048,
    days=365,
    began=-1,
    named_apart=True,
    name="PICO NEVADO LTDA",
    issuer=None,
):
    """`days` from now it ends. `named_apart`: its CNPJ stands in the alternative name, not behind
    its holder's alone. `issuer`: the certificate above it, of the key `key_of(2049)`."""
    now = utc_now()
    common = name if named_apart or not cnpj else f"{name}:{cnpj}"
    owner = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    made = (
        x509.CertificateBuilder()
        .subject_name(owner)
        .issuer_name(issuer.subject if issuer else owner)
        .public_key(key_of(kind).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=min(began, days - 1)))
        .not_valid_after(now + timedelta(days=days, minutes=5))
    )
    if named_apart and cnpj:
        identity = x509.OtherName(CNPJ_OID, b"\x0c" + bytes([len(cnpj)]) + cnpj.encode())
        made = made.add_extension(x509.SubjectAlternativeName([identity]), False)
    return made.sign(key_of(2049) if issuer else key_of(kind), hashes.SHA256())


def pfx(encryption=None, chain=None, **facts):
    how = encryption or BestAvailableEncryption(PASSWORD.encode())
    key = key_of(facts.get("kind", 2048))
    return pkcs12.serialize_key_and_certificates(b"a1", key, certificate(**facts), chain, how)


def of_two_keys():
    """The key of one certificate beside another certificate."""
    how = BestAvailableEncryption(PASSWORD.encode())
    other = [certificate(kind=2049)]
    return pkcs12.serialize_key_and_certificates(b"a1", key_of(2048), None, other, how)


def without_key():
    how = BestAvailableEncryption(PASSWORD.encode())
    return pkcs12.serialize_key_and_certificates(None, None, certificate(), None, how)
