"""The authority that the settings name."""

from webapp.authority.sandbox import Sandbox
from webapp.authority.service_states import Watched
from webapp.fiscal.authority import Authority
from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.store.queries import the_shop


def authority() -> Authority:
    return Watched(Sandbox(), _state())


def _state() -> str:
    """The issuer's. Whoever asks the authority has no transaction open, and begins none here."""
    if db.session().in_transaction():
        return the_shop().state
    with only_reading():
        state = the_shop().state
        db.session.rollback()
    return state
