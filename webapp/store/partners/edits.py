"""Saving a company that an NF-e names beside shop and buyer."""

from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError

from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.store.models import Partner
from webapp.store.partners.forms import PartnerIn


def save_partner(partner: Partner, wanted: PartnerIn) -> Partner:
    """Raises Refusal where another one of the kind has the code."""
    for name in PartnerIn.model_fields:
        setattr(partner, name, getattr(wanted, name))
    db.session.add(partner)
    try:
        db.session.flush()
    except IntegrityError:
        message = _l("Another one has the code %(code)s already.", code=wanted.code)
        raise Refusal(message, "code") from None
    return partner
