"""XML signature of a note, an event or a voiding: enveloped, inclusive C14N 1.0, RSA-SHA1 (MOC 7.0,
annex I), straight to final bytes."""

import base64
import binascii
import hashlib
import re
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from webapp.fiscal.xml import NAMESPACE, SIGNATURE_NAMESPACE

C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
# What is signed of each document: its first element, which bears the Id.
SIGNED_PARTS = {"NFe": "infNFe", "evento": "infEvento", "inutNFe": "infInut"}
_SIGNED_INFO = (
    f'<SignedInfo xmlns="{SIGNATURE_NAMESPACE}"><CanonicalizationMethod '
    f'Algorithm="{C14N}"></CanonicalizationMethod>'
    f'<SignatureMethod Algorithm="{SIGNATURE_NAMESPACE}rsa-sha1"></SignatureMethod><Reference '
    'URI="#%s"><Transforms>'
    f'<Transform Algorithm="{SIGNATURE_NAMESPACE}enveloped-signature"></Transform><Transform '
    f'Algorithm="{C14N}">'
    f'</Transform></Transforms><DigestMethod Algorithm="{SIGNATURE_NAMESPACE}sha1"></DigestMethod>'
    "<DigestValue>%s</DigestValue></Reference></SignedInfo>"
)
_INHERITED = f' xmlns="{SIGNATURE_NAMESPACE}"'
_PARTS = re.compile(
    rb'(<(infNFe|infEvento|infInut) .*</\2>)<Signature xmlns="'
    + SIGNATURE_NAMESPACE.encode()
    + rb'">(<SignedInfo>.*</SignedInfo>)'
    rb"<SignatureValue>([^<]*)</SignatureValue>.*<X509Certificate>([^<]*)</X509Certificate>",
    re.DOTALL,
)
_REFERENCE = re.compile(rb'<Reference URI="#([^"]*)">')
_DIGEST = re.compile(rb"<DigestValue>([^<]*)</DigestValue>")


class SignatureError(ValueError):
    """The signature is missing, of another form, or does not fit the document."""


class ReformattedError(SignatureError):
    """Blanks stand between the document's elements, which no note is sent with: another program
    wrote the file anew, and what was signed is not there any more."""


class Signer:
    """Signs with a key kept in memory; one instance may be shared by threads."""

    def __init__(self, key: rsa.RSAPrivateKey, certificate: x509.Certificate):
        self._key = key
        encoded = base64.b64encode(certificate.public_bytes(serialization.Encoding.DER))
        self._tail = (
            b"</SignatureValue><KeyInfo><X509Data><X509Certificate>"
            + encoded
            + b"</X509Certificate></X509Data></KeyInfo></Signature>"
        )

    def sign(self, document: etree._Element) -> bytes:
        """The final bytes of `document` with its signature. Keep them as they are: any rewriting
        breaks the digest."""
        canonical = etree.tostring(document, method="c14n")
        root = etree.QName(document).localname
        part = SIGNED_PARTS.get(root, "")
        start, end = canonical.find(f"<{part} ".encode()), len(canonical) - len(f"</{root}>")
        is_whole = canonical.startswith(f'<{root} xmlns="{NAMESPACE}"'.encode())
        if not (part and is_whole and canonical.endswith(f"</{part}></{root}>".encode())):
            raise SignatureError("the document is not an unsigned NFe, evento or inutNFe")
        digest = _digest(part, canonical[start:end])
        info = _SIGNED_INFO % (document[0].get("Id"), digest.decode())
        value = base64.b64encode(self._key.sign(info.encode(), padding.PKCS1v15(), hashes.SHA1()))
        inner = info.replace(_INHERITED, "", 1).encode()
        return b"".join(
            (
                canonical[:end],
                b'<Signature xmlns="',
                SIGNATURE_NAMESPACE.encode(),
                b'">',
                inner,
                b"<SignatureValue>",
                value,
                self._tail,
                canonical[end:],
            )
        )


def _digest(part: str, info: bytes) -> bytes:
    # lxml misplaces xmlns when it canonicalises a subelement, so it is cut out of the whole and
    # given its own
    sha = hashlib.sha1(f'<{part} xmlns="{NAMESPACE}"'.encode(), usedforsecurity=False)
    sha.update(memoryview(info)[len(f"<{part}") :])
    return base64.b64encode(sha.digest())


def is_signed(document: etree._Element) -> bool:
    return document.find(f"{{{SIGNATURE_NAMESPACE}}}Signature") is not None


def verify(document: etree._Element) -> x509.Certificate:
    """The certificate that signed `document` (the root of its tree). Raises SignatureError; where
    the file is not as it was signed, ReformattedError."""
    try:
        return _verified(document)
    except (SignatureError, etree.C14NError, UnsupportedAlgorithm) as error:
        if _is_reformatted(document):
            raise ReformattedError("the document was written anew after it was signed") from error
        raise error if isinstance(error, SignatureError) else SignatureError(str(error)) from error


def _is_reformatted(document: etree._Element) -> bool:
    blanks = (
        text
        for node in document.iter("*")
        if len(node)
        for text in (node.text, *(child.tail for child in node))
    )
    return any(text and text.isspace() for text in blanks)


def _verified(document: etree._Element) -> x509.Certificate:
    parts = _PARTS.search(etree.tostring(document, method="c14n"))
    if not parts:
        raise SignatureError("no signature of the form the layout asks for")
    info, part, signed_info, value, encoded = parts.groups()
    digest, reference = _DIGEST.search(signed_info), _REFERENCE.search(signed_info)
    if not digest or digest[1] != _digest(part.decode(), info):
        raise SignatureError("the digest does not fit the document")
    if not reference or reference[1].decode() != document[0].get("Id"):
        raise SignatureError("the signature refers to another document")
    canonical = signed_info.replace(b"<SignedInfo>", f"<SignedInfo{_INHERITED}>".encode(), 1)
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(encoded))
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise SignatureError("the certificate's key is not RSA")
        key.verify(base64.b64decode(value), canonical, padding.PKCS1v15(), hashes.SHA1())
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise SignatureError("the signature does not fit the document") from error
    return certificate


def digest_of(signed: bytes) -> str:
    """The digest that signed bytes carry, in base64."""
    found = _DIGEST.search(signed)
    if not found:
        raise SignatureError("no digest in the document")
    return found[1].decode()


def is_valid_on(certificate: x509.Certificate, moment: datetime) -> bool:
    return (
        certificate.not_valid_before_utc
        <= moment.astimezone(UTC)
        <= certificate.not_valid_after_utc
    )
