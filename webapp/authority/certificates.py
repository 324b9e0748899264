"""The certificate that the shop signs with: the one that the environment names, else the one taken
on the settings page, else, in the test environment, one made for the occasion.

Where none can be used nothing fails: what is to be signed waits, and goes on once one can.
"""

import dataclasses
import datetime as dt
import os
import tempfile
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.authority.models import StoredCertificate
from webapp.fiscal.certificate import (
    Certificate,
    CertificateError,
    certificate_of,
    load,
    make_test_certificate,
    open_pfx,
    refuse_unfit,
)
from webapp.fiscal.signature import Signer
from webapp.http.formatting import clock_text, day_text
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.documents import format_document
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.platform.issues import N_, WARNING, Issue
from webapp.platform.sealed import OtherKey, seal, unseal
from webapp.platform.settings import Settings
from webapp.store.models import Shop
from webapp.store.queries import the_shop

MOST_BYTES = 64 * 1024
TEST_PASSWORD = "homologacao"
# From so many days before its end on an administrator is reminded, and then everybody.
REMINDED_DAYS, PRESSING_DAYS = 30, 7
_KEY, _PURPOSE = 1, "certificate"
_ROOT = 8

FIX = N_("Install a certificate")
UNCONFIRMED = N_(
    "NFE_ENVIRONMENT was set to %(value)s: an administrator has to confirm that in the settings."
)
NO_AUTHORITY = N_(
    "The shop issues with fiscal value, and the simulated SEFAZ would answer it (NFE_AUTHORITY)."
)
MISSING = N_("There is no digital certificate yet.")
NO_ISSUER = N_("Fill in the issuer's CNPJ first.")
LOST = N_(
    "The digital certificate was kept under another SECRET_KEY and cannot be opened. Install it "
    "again."
)
TOO_LONG = N_("A certificate's file has at most 64 kB; this one has %(size)s kB.")
EXPIRED = N_("The digital certificate expired on %(day)s.")
NOT_YET = N_("The digital certificate counts from %(day)s on.")
OTHER_COMPANY = N_(
    "The digital certificate is of another company: it bears the CNPJ %(found)s, and the shop's is "
    "%(wanted)s. The first eight places must be the same."
)


class Source(StrEnum):
    ENVIRONMENT = "environment"
    SETTINGS = "settings"
    TEST = "test"


def certificate() -> Certificate:
    """Raises CertificateError where there is none that can be used now: what would be signed
    waits."""
    shop = the_shop()
    found = installed(shop)
    refuse_unusable(found, shop, utc_now())
    return found


def source() -> Source | None:
    """Where the certificate comes from; None while there is none."""
    settings = _settings()
    if settings.nfe_certificate:
        return Source.ENVIRONMENT
    if the_shop().certificate_ends_at:
        return Source.SETTINGS
    return None if the_shop().is_production or not the_shop().cnpj else Source.TEST


def installed(shop: Shop) -> Certificate:
    """Whether it can be used or not. Raises CertificateError where there is none, or it cannot be
    read."""
    settings = _settings()
    if settings.nfe_certificate:
        return load(settings.nfe_certificate, settings.nfe_certificate_password)
    if kept := stored():
        return _opened(kept)
    if shop.is_production:
        raise CertificateError(MISSING)
    if not shop.cnpj:
        raise CertificateError(NO_ISSUER)
    return _test_certificate(shop)


def stored() -> StoredCertificate | None:
    return db.session.get(StoredCertificate, _KEY)


def refuse_unusable(found: Certificate, shop: Shop, now: dt.datetime) -> None:
    """Raises CertificateError for one that does not count now, or is not the shop's."""
    if now > found.expires_at:
        raise CertificateError(EXPIRED, day=day_text(found.expires_at))
    if not found.is_valid_on(now):
        raise CertificateError(NOT_YET, day=day_text(found.x509.not_valid_before_utc))
    if found.cnpj[:_ROOT] != shop.cnpj[:_ROOT]:
        told = {"found": format_document(found.cnpj), "wanted": format_document(shop.cnpj)}
        raise CertificateError(OTHER_COMPANY, **told)


class Reminder(NamedTuple):
    """What is to be told of the certificate on every page: that it ends, or why (`issue`) NF-e
    wait."""

    days: int
    expires_at: dt.datetime | None
    issue: Issue | None

    @property
    def text(self) -> str:
        """In the reader's language."""
        if self.issue:
            return _("NF-e wait: %(why)s", why=self.issue.text)
        if self.expires_at and not self.days:
            return _(
                "The digital certificate expires on %(day)s at %(time)s. After that NF-e wait for "
                "another one.",
                day=day_text(self.expires_at),
                time=clock_text(self.expires_at),
            )
        return ngettext(
            "The digital certificate expires in %(num)s day, on %(day)s. After that NF-e wait for "
            "another one.",
            "The digital certificate expires in %(num)s days, on %(day)s. After that NF-e wait for "
            "another one.",
            self.days,
            day=day_text(self.expires_at),
        )

    @property
    def is_pressing(self) -> bool:
        """It is told to everybody, not to administrators alone."""
        return self.days <= PRESSING_DAYS


def ends_at() -> dt.datetime | None:
    """Of the certificate that somebody installed; None where nobody did. Reads nothing but the
    shop. Raises CertificateError."""
    if _settings().nfe_certificate:
        return installed(the_shop()).expires_at
    return the_shop().certificate_ends_at


def reminder() -> Reminder | None:
    """None where all is well, and of a certificate that makes itself. Every page asks."""
    try:
        end = ends_at()
        if end is None:
            return _of_none()
        if utc_now() > end:
            raise CertificateError(EXPIRED, day=day_text(end))
    except CertificateError as error:
        return Reminder(0, None, error.issue)
    days = (end - utc_now()).days
    return Reminder(days, end, None) if days <= REMINDED_DAYS else None


def _of_none() -> Reminder | None:
    if not the_shop().is_production or not the_shop().cnpj:
        return None
    return Reminder(0, None, CertificateError(MISSING).issue)


def environment_hold() -> Issue | None:
    """Why nothing may be signed in the shop's environment; None where it may."""
    settings, shop = _settings(), the_shop()
    message = ""
    if settings.nfe_environment_from_env and settings.nfe_environment != shop.nfe_environment:
        message = UNCONFIRMED
    elif shop.is_production and settings.nfe_authority == "sandbox":
        message = NO_AUTHORITY
    told = {"value": settings.nfe_environment}
    found = Issue("environment", "settings.environment", told, WARNING, message, who="admin")
    return found if message else None


def signing_hold() -> Issue | None:
    """Why nothing can be signed just now; None where it can."""
    found = signer_or_hold()
    return found if isinstance(found, Issue) else None


def signer_or_hold() -> Signer | Issue:
    """What signs just now, or why nothing can be signed."""
    if held := environment_hold():
        return held
    try:
        return certificate().signer
    except CertificateError as error:
        return dataclasses.replace(
            error.issue, field="settings.certificate", level=WARNING, fix=FIX, who="admin"
        )


# -- taking one -----------------------------------------------------------------------------------


def take_certificate(data: bytes, password: str) -> Certificate:
    """Puts it in the place of the present one, which stays until the new one, as it is kept, has
    signed a test. Raises Invalid, and Refusal where the environment names one."""
    if _settings().nfe_certificate:
        raise Refusal(_("The environment sets NFE_CERTIFICATE; it cannot be changed here."))
    try:
        if len(data) > MOST_BYTES:
            raise CertificateError(TOO_LONG, size=-(-len(data) // 1024))
        return _keep(open_pfx(data, password))
    except CertificateError as error:
        raise Invalid([FieldError(error.issue.field, error.issue.text)]) from error


def _keep(new: Certificate) -> Certificate:
    der = new.x509.public_bytes(Encoding.DER)
    chain = b"".join(each.public_bytes(Encoding.PEM) for each in new.chain)
    sealed = seal(_PURPOSE, _key_bytes(new.key))
    taken = _read(der, chain, unseal(_PURPOSE, sealed))
    refuse_unfit(taken)
    refuse_unusable(taken, the_shop(), utc_now())
    kept = stored()
    if kept is None:
        kept = StoredCertificate(id=_KEY)
        db.session.add(kept)
    if kept.fingerprint != new.fingerprint:
        kept.installed_at = utc_now()
    kept.der, kept.chain, kept.sealed_key = der, chain, sealed
    kept.fingerprint, kept.holder, kept.expires_at = new.fingerprint, new.holder, new.expires_at
    the_shop().certificate_ends_at = new.expires_at
    the_shop().issue_otherwise()
    return taken


def drop_certificate() -> None:
    """Said twice, once."""
    if kept := stored():
        db.session.delete(kept)
        the_shop().certificate_ends_at = None


def _key_bytes(key: RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _opened(kept: StoredCertificate) -> Certificate:
    try:
        return _read(kept.der, kept.chain, unseal(_PURPOSE, kept.sealed_key))
    except OtherKey as error:
        raise CertificateError(LOST) from error


@lru_cache(maxsize=2)
def _read(der: bytes, chain: bytes, key: bytes) -> Certificate:
    # What was taken was tried: to look for flaws again costs more than a signature.
    opened = load_der_private_key(key, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(opened, RSAPrivateKey)
    above = x509.load_pem_x509_certificates(chain) if chain else []
    return certificate_of(opened, x509.load_der_x509_certificate(der), above)


# -- the one for tests ----------------------------------------------------------------------------


def _test_certificate(shop: Shop) -> Certificate:
    path = _settings().data_dir / f"test_certificate_{shop.cnpj}.pfx"
    if not path.exists():
        _make_once(path, shop)
    found = load(path, TEST_PASSWORD)
    if utc_now() > found.expires_at:
        path.unlink(missing_ok=True)
        _make_once(path, shop)
        found = load(path, TEST_PASSWORD)
    return found


def _make_once(path: Path, shop: Shop) -> None:
    """Two workers may come here at once: each makes its own, the first one linked is
    everybody's."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = os.path.join(folder, "made.pfx")
        make_test_certificate(made, TEST_PASSWORD, shop.cnpj, shop.name)
        try:
            os.link(made, path)
        except FileExistsError:
            return


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
