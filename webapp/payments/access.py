"""How payment providers are reached: what an administrator set, its secrets sealed."""

from urllib.parse import urlsplit

from flask_babel import gettext as _

from webapp.payments.forms import ProviderIn
from webapp.payments.models import PaymentProvider, ProviderAccess
from webapp.payments.providers import MERCADO_PAGO_URL, Access
from webapp.payments.queries import access_to
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.platform.sealed import OtherKey, seal, unseal

PURPOSE = "payment provider"


def opened(sealed: bytes | None) -> str:
    """Blank where there is none, and where it was sealed with another SECRET_KEY."""
    try:
        return unseal(PURPOSE, sealed).decode() if sealed else ""
    except OtherKey:
        return ""


def access_of(provider: PaymentProvider) -> Access | None:
    """As it is asked; None where it is not set up to be."""
    row = access_to(provider)
    token = opened(row.token_sealed) if row else ""
    if row is None or not token:
        return None
    url = row.base_url or (MERCADO_PAGO_URL if provider is PaymentProvider.MERCADO_PAGO else "")
    if not url:
        return None
    certificate = opened(row.certificate_sealed).encode()
    return Access(provider, url, row.client_id, token, certificate)


def save_access(provider: PaymentProvider, wanted: ProviderIn) -> None:
    """Secrets left blank stay as they are. Raises Refusal."""
    row = access_to(provider)
    if row is None:
        row = ProviderAccess(provider=provider)
        db.session.add(row)
    if wanted.base_url and not _is_address(wanted.base_url):
        raise Refusal(_("Use an address that begins with https://."), "base_url")
    row.base_url, row.client_id = wanted.base_url, wanted.client_id
    for name in ("secret", "token", "certificate"):
        if told := getattr(wanted, name):
            setattr(row, f"{name}_sealed", seal(PURPOSE, told.encode()))


def forget_access(provider: PaymentProvider) -> None:
    """Nothing is taken from it and it is asked nothing any more."""
    if row := access_to(provider):
        db.session.delete(row)


def _is_address(written: str) -> bool:
    """Over loopback without TLS: a stand-in, or a gateway of one's own."""
    parts = urlsplit(written)
    is_own = parts.hostname in ("127.0.0.1", "localhost", "::1")
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_own))
