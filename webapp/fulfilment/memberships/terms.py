"""For how long each plan's memberships last, and how long ahead of their end their owners are
reminded."""

import calendar
import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import CompoundSelect, union_all, update

from webapp.catalog.models import Kind, Product
from webapp.fulfilment.memberships.models import Membership, MembershipStatus
from webapp.http.lists import each_value
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.store.queries import the_shop

USUAL_REMINDER = 14


class PlanTerm(NamedTuple):
    """`months`: None where it has no end; `reminded_days` ahead, 0: nobody is reminded."""

    months: int | None = None
    reminded_days: int = USUAL_REMINDER

    def last_day(self, begins: dt.date) -> dt.date | None:
        """The day before the one of the same number; where that month has none, the day before the
        next month's first (Civil Code, art. 132, § 3)."""
        if self.months is None:
            return None
        month = begins.month - 1 + self.months
        year, month = begins.year + month // 12, month % 12 + 1
        days = calendar.monthrange(year, month)[1]
        if begins.day > days:
            return dt.date(year, month, days)
        return dt.date(year, month, begins.day) - dt.timedelta(1)

    def renewed(self, ends_on: dt.date | None, today: dt.date) -> dt.date | None:
        """The last day once more of it was bought: what is left of the term before is not lost."""
        left = ends_on is not None and ends_on >= today
        return self.last_day(ends_on + dt.timedelta(1) if left and ends_on else today)


def term_of(plan: str) -> PlanTerm:
    kept = the_shop().membership_terms.get(plan)
    return PlanTerm(*kept) if kept else PlanTerm()


def known_plans() -> list[str]:
    """Those that a product sells, and those that have a term."""
    plans = set(db.session.scalars(sold_plans()))
    return sorted(plans | the_shop().membership_terms.keys())


def sold_plans() -> CompoundSelect:
    """Of each kind of membership those that a product on sale bears."""
    kinds = (kind for kind in Kind if kind.is_membership)
    on_sale = Product.archived_at.is_(None)
    return union_all(*(each_value(Product.plan, Product.kind == kind, on_sale) for kind in kinds))


def set_terms(terms: Iterable[tuple[str, PlanTerm]]) -> None:
    """From now on; a membership that runs keeps its last day, and is looked at again for its
    reminder."""
    shop = the_shop()
    wanted = {plan: list(term) for plan, term in terms if term != PlanTerm()}
    changed = [
        plan
        for plan in wanted.keys() | shop.membership_terms.keys()
        if wanted.get(plan) != shop.membership_terms.get(plan)
    ]
    if not changed:
        return
    shop.membership_terms = wanted
    runs = (Membership.status == MembershipStatus.ACTIVE) & Membership.ends_on.is_not(None)
    db.session.execute(
        update(Membership).where(runs, Membership.plan.in_(changed)).values(due_at=utc_now())
    )
