"""Contingency SVC: while the state's own service does not serve, NF-e go to the one that stands in
for it, under the same numbers and with keys of their own."""

import datetime as dt
from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.authority.models import Contingency
from webapp.fiscal.document import Standby
from webapp.fiscal.standby import standby_emission
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.store.queries import the_shop

MOST_SHOWN = 10
# After so long without the state's own service it is entered by itself.
PATIENCE = dt.timedelta(minutes=10)
# What NF-e say then (xJust): it is read by authorities, in Portuguese.
BY_ITSELF = "Servico de autorizacao da SEFAZ de origem sem resposta ha mais de dez minutos"
_PRESENT = select(Contingency).where(Contingency.until.is_(None))


def present_contingency() -> Contingency | None:
    return db.session.scalar(_PRESENT)


def past_contingencies() -> Sequence[Contingency]:
    """The last ones that are over."""
    query = select(Contingency).where(Contingency.until.is_not(None))
    return db.session.scalars(query.order_by(Contingency.id.desc()).limit(MOST_SHOWN)).all()


def present_standby() -> Standby | None:
    """What an NF-e that is signed now says of it; None while the state's own service takes them."""
    present = present_contingency()
    if present is None:
        return None
    return Standby(standby_emission(the_shop().state), present.since, present.reason)


def enter_contingency(reason: str, now: dt.datetime, by_itself: bool = False) -> None:
    """Raises Refusal where it is entered already."""
    if present_contingency():
        raise Refusal(_("NF-e go to the standby service already."))
    db.session.add(Contingency(since=now, reason=reason, by_itself=by_itself))


def leave_contingency(now: dt.datetime) -> None:
    """Idempotent."""
    present = present_contingency()
    if present:
        present.until = now
