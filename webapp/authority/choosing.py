"""The authority that the settings name."""

from flask import current_app

from webapp.authority.certificates import certificate
from webapp.authority.connections import CONNECTIONS
from webapp.authority.sandbox import Sandbox
from webapp.authority.sefaz import Sefaz
from webapp.authority.service_states import Watched
from webapp.authority.trust import roots
from webapp.fiscal.authority import Authority
from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.store.queries import the_shop


def authority() -> Authority:
    """Whoever asks it has no transaction open, and begins none here. Raises CertificateError where
    the real one is to be asked and there is no certificate to ask it with."""
    if db.session().in_transaction():
        return _chosen()
    with only_reading():
        chosen = _chosen()
        db.session.rollback()
    return chosen


def _chosen() -> Authority:
    settings, state = current_app.extensions["settings"], the_shop().state
    if settings.nfe_authority == "sandbox":
        return Watched(Sandbox(), state)
    client = CONNECTIONS.client(certificate(), roots())
    return Watched(Sefaz(client, state, settings.production), state)
