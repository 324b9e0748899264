"""Slips, royalties, memberships, commissions and tasks as lists and sums."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import contains_eager, joinedload

from webapp.asked import matching, storable
from webapp.customers.models import Customer
from webapp.errors import FieldError, Invalid, NotFound
from webapp.extensions import db, utc_now
from webapp.formatting import shop_day
from webapp.fulfilment.models import (
    MAY_LEAVE,
    Commission,
    Membership,
    MembershipStatus,
    PackingSlip,
    RoyaltySlip,
    SlipStatus,
    Task,
)
from webapp.money import ZERO
from webapp.sales.models import Sale, Shipping, Status

# Named one by one, not as "none of those", so that the index on the status serves.
UNDER_WAY = tuple(status for status in Status if status not in (*MAY_LEAVE, Status.CANCELLED))
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])", re.ASCII)
MAX_ID = 2**31 - 1
_LINES = contains_eager(PackingSlip.sale).selectinload(Sale.lines)


def month_of(written: str | None) -> str:
    """The month asked for, like "2026-11"; the shop's present one when none is. Raises Invalid."""
    if not written:
        return shop_day(utc_now()).strftime("%Y-%m")
    if not _MONTH.fullmatch(written):
        raise Invalid([FieldError("month", _("Write the month like 2026-11."))])
    return written


# -- packing slips ----------------------------------------------------------------------------------


def _slip_is(status: SlipStatus):
    """`PackingSlip.status` as a condition on slips joined with their sales."""
    if status is SlipStatus.CANCELLED:
        return (Sale.status == Status.CANCELLED) | (Sale.shipping == Shipping.NONE)
    ships = Sale.shipping != Shipping.NONE
    if status is SlipStatus.HELD:
        return PackingSlip.released_at.is_(None) & (Sale.status != Status.CANCELLED) & ships
    released = PackingSlip.released_at.is_not(None)
    if status is SlipStatus.AWAITING_NFE:
        return released & Sale.status.in_(UNDER_WAY) & ships
    return released & Sale.status.in_(MAY_LEAVE) & (Sale.shipping == Shipping(status))


def slip_ids(status: SlipStatus | None = None) -> Select:
    query = select(PackingSlip.id).join(PackingSlip.sale)
    return query if status is None else query.where(_slip_is(status))


def packing_slips(status: SlipStatus | None = None, q: str = "") -> Select:
    """Slips with their sales; `q` finds by order, customer or document."""
    query = select(PackingSlip).join(PackingSlip.sale).options(contains_eager(PackingSlip.sale))
    if status is not None:
        query = query.where(_slip_is(status))
    return query.where(matching(Sale.search_text, q))


def slips_by_ids(ids: Sequence[int]) -> list[PackingSlip]:
    """With their sales and lines, in the order asked for; ids of none are passed over."""
    query = packing_slips().where(PackingSlip.id.in_(ids))
    found = {slip.id: slip for slip in db.session.scalars(query.options(_LINES))}
    return [found[slip_id] for slip_id in dict.fromkeys(ids) if slip_id in found]


def packing_slip(slip_id: int) -> PackingSlip:
    """With its sale and lines. Raises NotFound."""
    found = slips_by_ids([slip_id]) if slip_id <= MAX_ID else []
    if not found:
        raise NotFound(_("There is no such packing slip."))
    return found[0]


def slip_to_change(slip_id: int) -> PackingSlip:
    """It and its sale, locked: of two people the second finds what the first left. Raises NotFound."""
    query = _locked(packing_slips().where(PackingSlip.id == slip_id))
    slip = db.session.scalar(query) if slip_id <= MAX_ID else None
    if slip is None:
        raise NotFound(_("There is no such packing slip."))
    return slip


def references_of(slip_ids: Sequence[int]) -> dict[int, str]:
    """The order's reference by slip's id."""
    query = select(PackingSlip.id, Sale.reference).join(PackingSlip.sale).where(PackingSlip.id.in_(slip_ids))
    return {slip_id: reference for slip_id, reference in db.session.execute(query)}


def slip_of_sale(sale_id: int, lock: bool = False) -> PackingSlip | None:
    query = packing_slips().where(PackingSlip.sale_id == sale_id)
    return db.session.scalar(_locked(query) if lock else query)


def _locked(query: Select) -> Select:
    """By the sale's row, as everybody else who changes what a sale comes to."""
    return query.with_for_update(of=Sale).execution_options(populate_existing=True)


def sales_to_ship() -> Select:
    """Ids of the sales whose goods may leave and have not."""
    return select(Sale.id).where(Sale.shipping.in_((Shipping.TO_PACK, Shipping.PACKED)), Sale.status.in_(MAY_LEAVE))


# -- royalties --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AuthorTotal:
    author: str
    copies: int
    base: Decimal
    amount: Decimal


def royalty_slips(month: str, author: str | None = None) -> Select:
    query = select(RoyaltySlip).where(RoyaltySlip.month == month).options(joinedload(RoyaltySlip.sale))
    return query if author is None else query.where(RoyaltySlip.author == storable(author))


def author_totals(month: str) -> list[AuthorTotal]:
    """What each author is owed for the month, reversals taken off; the most first."""
    # A reversal is a negative twin: its copies come off too.
    copies = func.sum(case((RoyaltySlip.base < ZERO, -func.abs(RoyaltySlip.quantity)), else_=RoyaltySlip.quantity))
    amount = func.sum(RoyaltySlip.amount)
    rows = db.session.execute(
        select(RoyaltySlip.author, copies, func.sum(RoyaltySlip.base), amount)
        .where(RoyaltySlip.month == month).group_by(RoyaltySlip.author).order_by(amount.desc(), RoyaltySlip.author)
    )
    return [AuthorTotal(author, int(count), base, owed) for author, count, base, owed in rows]


def royalties_of(sale_ids: Sequence[int]) -> dict[int, list[RoyaltySlip]]:
    """Each sale's royalties, by its id."""
    query = select(RoyaltySlip).where(RoyaltySlip.sale_id.in_(sale_ids)).order_by(RoyaltySlip.id)
    found: dict[int, list[RoyaltySlip]] = {sale_id: [] for sale_id in sale_ids}
    for royalty in db.session.scalars(query):
        found[royalty.sale_id].append(royalty)
    return found


# -- memberships ------------------------------------------------------------------------------------


def memberships(status: str | None = None, q: str = "", customer_id: int | None = None) -> Select:
    """Memberships with their customers; `q` finds by name, document, e-mail or phone."""
    query = select(Membership).join(Membership.customer).options(contains_eager(Membership.customer))
    if status:
        query = query.where(Membership.status == status)
    if customer_id is not None:
        query = query.where(Membership.customer_id == customer_id)
    return query.where(matching(Customer.search_text, q))


def membership_ids(status: MembershipStatus) -> Select:
    return select(Membership.id).where(Membership.status == status)


# -- commissions ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AgentTotal:
    """`sales` counts those with something left after reversals; `sold` is what the commission is taken of."""

    agent: str
    sales: int
    sold: Decimal
    commission: Decimal


def commissions(month: str, agent: str | None = None) -> Select:
    query = select(Commission).where(Commission.month == month).options(joinedload(Commission.sale))
    return query.where(Commission.agent_code == storable(agent)) if agent else query


def paid_agents(month: str, agent: str | None = None) -> Select:
    """One commission of the month, the newest, for each agent: a list of agents, paged by their code."""
    newest = select(func.max(Commission.id)).where(Commission.month == month).group_by(Commission.agent_code)
    query = select(Commission).where(Commission.id.in_(newest))
    return query.where(Commission.agent_code == storable(agent)) if agent else query


def agent_totals(month: str) -> dict[str, AgentTotal]:
    """Net of reversals, by agent's code."""
    by_sale = (
        select(Commission.agent_code, func.sum(Commission.base).label("sold"), func.sum(Commission.amount).label("earned"))
        .where(Commission.month == month).group_by(Commission.agent_code, Commission.sale_id).subquery()
    )
    rows = db.session.execute(
        select(
            by_sale.c.agent_code, func.sum(case((by_sale.c.sold > ZERO, 1), else_=0)),
            func.sum(by_sale.c.sold), func.sum(by_sale.c.earned),
        ).group_by(by_sale.c.agent_code)
    )
    return {agent: AgentTotal(agent, int(sales), sold, earned) for agent, sales, sold, earned in rows}


# -- tasks ------------------------------------------------------------------------------------------


def tasks(done: bool | None = None) -> Select:
    query = select(Task).options(joinedload(Task.sale))
    if done is None:
        return query
    return query.where(Task.done_at.is_not(None) if done else Task.done_at.is_(None))


def open_task_ids() -> Select:
    return select(Task.id).where(Task.done_at.is_(None))


def task_by_id(task_id: int, lock: bool = False) -> Task:
    task = db.session.get(Task, task_id, with_for_update=lock) if task_id <= MAX_ID else None
    if task is None:
        raise NotFound(_("There is no such task."))
    return task
