"""Memberships as lists and one by one, with what changed them."""

import datetime as dt

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from webapp.customers.models import Customer
from webapp.fulfilment.memberships.models import Membership, MembershipEvent, MembershipEventKind
from webapp.http.formatting import shop_day
from webapp.platform.clock import utc_now
from webapp.platform.rows import row_by_id
from webapp.platform.searching import matching
from webapp.rules.models import Effect

SOON = dt.timedelta(days=30)


def _membership_is(view: str) -> ColumnElement[bool]:
    """A view of the list: "active", "lapsed", "ending" (within SOON), or "upgraded" (an upgrade
    that still counts)."""
    if view == "ending":
        ends = Membership.ends_on <= shop_day(utc_now()) + SOON
        return and_(Membership.status == "active", ends)
    if view != "upgraded":
        return Membership.status == view
    undone = aliased(MembershipEvent)
    reversal = (
        select(undone.id)
        .join(Effect, Effect.id == undone.effect_id)
        .where(
            undone.membership_id == MembershipEvent.membership_id,
            Effect.reverses == MembershipEvent.effect_id,
        )
    )
    upgrades = select(MembershipEvent.membership_id).where(
        MembershipEvent.kind == MembershipEventKind.UPGRADED, ~reversal.exists()
    )
    return Membership.id.in_(upgrades)


def memberships(view: str | None = None, q: str = "", customer_id: int | None = None) -> Select:
    """Memberships with their customers; `q` finds by name, document, e-mail or phone."""
    query = (
        select(Membership).join(Membership.customer).options(contains_eager(Membership.customer))
    )
    if view:
        query = query.where(_membership_is(view))
    if customer_id is not None:
        query = query.where(Membership.customer_id == customer_id)
    return query.where(matching(Customer, q))


def membership_ids(view: str) -> Select:
    return select(Membership.id).where(_membership_is(view))


def membership_by_id(membership_id: int, lock: bool = False) -> Membership:
    """Raises NotFound."""
    return row_by_id(Membership, membership_id, _l("There is no such membership."), lock)


def membership_history(membership_id: int) -> Select:
    """What changed it, with the orders that did."""
    query = select(MembershipEvent).where(MembershipEvent.membership_id == membership_id)
    return query.options(joinedload(MembershipEvent.sale))


def latest_changes(membership_id: int) -> Select:
    """The last few, for the customer's page."""
    return membership_history(membership_id).order_by(MembershipEvent.id.desc()).limit(5)
