"""The list of memberships, and the history of one, as declarations."""

import enum
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from webapp.audit.history import who
from webapp.customers.queries import named_customers
from webapp.fulfilment.memberships.models import (
    Membership,
    MembershipEvent,
    MembershipEventKind,
)
from webapp.fulfilment.memberships.queries import (
    membership_by_id,
    membership_history,
    memberships,
)
from webapp.http.lists import Order, Orders, newest_first
from webapp.http.query import WrongFilter, query_choice
from webapp.platform.searching import Ids
from webapp.platform.whole import whole_number
from webapp.staff.access import shown_document
from webapp.web.listings import Asked, Cell, Listing


class MembershipTab(enum.StrEnum):
    """The tabs of the list."""

    ACTIVE = "active"
    ENDING = "ending"
    LAPSED = "lapsed"
    UPGRADED = "upgraded"

    @property
    def label(self) -> LazyString:
        return VIEW_LABELS[self]


VIEW_LABELS = {
    MembershipTab.ACTIVE: _l("Active"),
    MembershipTab.ENDING: _l("End soon"),
    MembershipTab.LAPSED: _l("Lapsed"),
    MembershipTab.UPGRADED: _l("Upgraded"),
}


ORDERS = {"since": Order((Membership.since, Membership.id), down=True)}
# What ends first; by since all that are active would be looked through.
ENDING_ORDERS = {"ends_on": Order((Membership.ends_on, Membership.id))} | ORDERS


def _named(q: str) -> Ids | None:
    buyers = named_customers(q)
    if buyers is None:
        return None
    return select(Membership.id).where(Membership.customer_id.in_(buyers))


def _orders(asked: Asked) -> Orders:
    return ENDING_ORDERS if asked.get("status") == MembershipTab.ENDING else ORDERS


MEMBERSHIPS = Listing(
    name="memberships",
    label=_l("Memberships"),
    endpoint="memberships.index",
    rows=lambda asked: memberships(
        query_choice("status", MembershipTab, asked), asked.get("q", "")
    ),
    orders=_orders,
    named=_named,
    cells=(
        Cell(_l("Customer"), lambda membership: membership.customer.name),
        Cell(_l("CPF or CNPJ"), lambda membership: shown_document(membership.customer.document)),
        Cell(_l("E-mail"), lambda membership: membership.customer.email),
        Cell(_l("Plan"), lambda membership: membership.plan),
        Cell(_l("Status"), lambda membership: str(membership.status.label)),
        Cell(_l("Since"), lambda membership: membership.since),
        Cell(_l("Ends on"), lambda membership: membership.ends_on),
    ),
    filters=("q", "status"),
)


def _changes(asked: Asked) -> Select[Any]:
    membership_id = whole_number(asked.get("membership"), 1)
    if membership_id is None:
        raise WrongFilter("membership", args=asked)
    return membership_history(membership_by_id(membership_id).id)


def _of_event(label: LazyString, name: str) -> Cell:
    return Cell(label, lambda event: getattr(event, name))


MEMBERSHIP_CHANGES = Listing(
    name="membership-changes",
    label=_l("History of a membership"),
    endpoint="memberships.index",
    rows=_changes,
    orders=newest_first(MembershipEvent.id),
    cells=(
        _of_event(_l("When"), "at"),
        Cell(_l("Change"), lambda event: str(MembershipEventKind(event.kind).label)),
        _of_event(_l("Plan"), "plan"),
        Cell(_l("Status"), lambda event: str(event.status.label)),
        _of_event(_l("Since"), "since"),
        _of_event(_l("Ends on"), "ends_on"),
        Cell(_l("Order"), lambda event: event.sale.reference if event.sale else ""),
        Cell(_l("Who"), lambda event: who(event.actor if event.is_by_hand else "").name),
        _of_event(_l("Reason"), "reason"),
    ),
    filters=("membership",),
    has_page=False,
)
