"""The list of memberships as a declaration."""

import enum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from webapp.customers.queries import named_customers
from webapp.fulfilment.memberships.models import Membership
from webapp.fulfilment.memberships.queries import memberships
from webapp.http.lists import Order
from webapp.http.query import query_choice
from webapp.platform.searching import Ids
from webapp.staff.access import shown_document
from webapp.web.listings import Cell, Listing


class MembershipTab(enum.StrEnum):
    """The tabs of the list."""

    ACTIVE = "active"
    LAPSED = "lapsed"
    UPGRADED = "upgraded"

    @property
    def label(self) -> LazyString:
        return VIEW_LABELS[self]


VIEW_LABELS = {
    MembershipTab.ACTIVE: _l("Active"),
    MembershipTab.LAPSED: _l("Lapsed"),
    MembershipTab.UPGRADED: _l("Upgraded"),
}


def _named(q: str) -> Ids | None:
    buyers = named_customers(q)
    if buyers is None:
        return None
    return select(Membership.id).where(Membership.customer_id.in_(buyers))


MEMBERSHIPS = Listing(
    name="memberships",
    label=_l("Memberships"),
    endpoint="memberships.index",
    rows=lambda asked: memberships(
        query_choice("status", MembershipTab, asked), asked.get("q", "")
    ),
    orders={"since": Order((Membership.since, Membership.id), down=True)},
    named=_named,
    cells=(
        Cell(_l("Customer"), lambda membership: membership.customer.name),
        Cell(_l("CPF or CNPJ"), lambda membership: shown_document(membership.customer.document)),
        Cell(_l("E-mail"), lambda membership: membership.customer.email),
        Cell(_l("Plan"), lambda membership: membership.plan),
        Cell(_l("Status"), lambda membership: str(membership.status.label)),
        Cell(_l("Since"), lambda membership: membership.since),
    ),
    filters=("q", "status"),
)
