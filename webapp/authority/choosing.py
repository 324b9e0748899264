"""The authority that the settings name."""

from typing import Any, NoReturn

from flask import current_app

from webapp.authority.certificates import NO_AUTHORITY, certificate
from webapp.authority.connections import CONNECTIONS
from webapp.authority.sandbox import Sandbox
from webapp.authority.sefaz import Sefaz
from webapp.authority.service_states import Watched
from webapp.authority.trust import roots
from webapp.fiscal.authority import Authority, AuthorityAway, Service
from webapp.fiscal.certificate import CertificateError
from webapp.platform.clock import is_moved
from webapp.platform.database import db
from webapp.platform.issues import N_
from webapp.platform.transactions import only_reading
from webapp.store.queries import the_shop

MOVED_CLOCK = N_("The shop issues with fiscal value, and its clock is moved (CLOCK_AHEAD).")
NO_CERTIFICATE = N_("The shop has no digital certificate that can be used now.")


def authority() -> Authority:
    """Whoever asks it has no transaction open, and begins none here."""
    if db.session().in_transaction():
        return _chosen()
    with only_reading():
        chosen = _chosen()
        db.session.rollback()
    return chosen


def _chosen() -> Authority:
    settings, shop = current_app.extensions["settings"], the_shop()
    if is_moved() and shop.is_production:
        return Unasked(MOVED_CLOCK)
    if settings.nfe_authority == "sandbox":
        return Unasked(NO_AUTHORITY) if shop.is_production else Watched(Sandbox(), shop.state)
    try:
        client = CONNECTIONS.client(certificate(), roots())
    except CertificateError:
        return Unasked(NO_CERTIFICATE)
    return Watched(Sefaz(client, shop.state, shop.is_production), shop.state)


class Unasked:
    """No authority can be asked as the shop is set up: whoever asks hears that it is away, and asks
    again later."""

    def __init__(self, cause: str) -> None:
        self._cause = cause

    def _refuse(self, *_given: Any, **_more: Any) -> NoReturn:
        raise AuthorityAway(Service.AUTHORIZATION, self._cause, was_sent=False)

    authorize = query = event = void = status = register = distribution = _refuse
