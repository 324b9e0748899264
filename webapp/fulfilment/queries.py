"""Slips, memberships and tasks as lists; what is owed by month is in `months`."""

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from webapp.customers.models import Customer
from webapp.fulfilment.models import (
    MAY_LEAVE,
    Membership,
    MembershipEvent,
    PackingSlip,
    RoyaltySlip,
    SlipStatus,
    Task,
)
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.platform.text import matching, storable
from webapp.rules.models import Effect
from webapp.sales.models import Sale, Shipping, Status

# Named one by one, not as "none of those", so that the index on the status serves.
UNDER_WAY = tuple(status for status in Status if status not in (*MAY_LEAVE, Status.CANCELLED))
MAX_ID = 2**31 - 1
_LINES = contains_eager(PackingSlip.sale).selectinload(Sale.lines)


# -- packing slips
# ----------------------------------------------------------------------------------


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
    """It and its sale, locked: of two people the second finds what the first left. Raises
    NotFound."""
    query = _locked(packing_slips().where(PackingSlip.id == slip_id))
    slip = db.session.scalar(query) if slip_id <= MAX_ID else None
    if slip is None:
        raise NotFound(_("There is no such packing slip."))
    return slip


def references_of(slip_ids: Sequence[int]) -> dict[int, str]:
    """The order's reference by slip's id."""
    query = (
        select(PackingSlip.id, Sale.reference)
        .join(PackingSlip.sale)
        .where(PackingSlip.id.in_(slip_ids))
    )
    return {slip_id: reference for slip_id, reference in db.session.execute(query)}


def slip_of_sale(sale_id: int, lock: bool = False) -> PackingSlip | None:
    query = packing_slips().where(PackingSlip.sale_id == sale_id)
    return db.session.scalar(_locked(query) if lock else query)


def _locked(query: Select) -> Select:
    """By the sale's row, as everybody else who changes what a sale comes to."""
    return query.with_for_update(of=Sale).execution_options(populate_existing=True)


def sales_to_ship() -> Select:
    """Ids of the sales whose goods may leave and have not."""
    return select(Sale.id).where(
        Sale.shipping.in_((Shipping.TO_PACK, Shipping.PACKED)), Sale.status.in_(MAY_LEAVE)
    )


# -- royalties
# --------------------------------------------------------------------------------------


def royalties_of(sale_ids: Sequence[int]) -> dict[int, list[RoyaltySlip]]:
    """Each sale's royalties, by its id."""
    query = select(RoyaltySlip).where(RoyaltySlip.sale_id.in_(sale_ids)).order_by(RoyaltySlip.id)
    found: dict[int, list[RoyaltySlip]] = {sale_id: [] for sale_id in sale_ids}
    for royalty in db.session.scalars(query):
        found[royalty.sale_id].append(royalty)
    return found


# -- memberships
# ------------------------------------------------------------------------------------


def _membership_is(view: str):
    """A view of the list: "active", "lapsed", or "upgraded" (an upgrade that still counts)."""
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
        MembershipEvent.kind == "upgraded", ~reversal.exists()
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
    return query.where(matching(Customer.search_text, q))


def membership_ids(view: str) -> Select:
    return select(Membership.id).where(_membership_is(view))


def membership_by_id(membership_id: int, lock: bool = False) -> Membership:
    membership = (
        db.session.get(Membership, membership_id, with_for_update=lock)
        if membership_id <= MAX_ID
        else None
    )
    if membership is None:
        raise NotFound(_("There is no such membership."))
    return membership


def membership_history(membership_id: int) -> Select:
    """What changed it, with the orders that did."""
    query = select(MembershipEvent).where(MembershipEvent.membership_id == membership_id)
    return query.options(joinedload(MembershipEvent.sale))


def latest_changes(membership_id: int) -> Select:
    """The last few, for the customer's page."""
    return membership_history(membership_id).order_by(MembershipEvent.id.desc()).limit(5)


# -- tasks
# ------------------------------------------------------------------------------------------


def tasks(done: bool | None = None, kind: str = "", q: str = "") -> Select:
    """With their orders and the effects that opened them; `kind` is their code, `q` finds by order,
    customer or document."""
    query = select(Task).join(Task.sale).options(contains_eager(Task.sale), joinedload(Task.effect))
    if kind:
        query = query.where(Task.code == storable(kind))
    if done is not None:
        query = query.where(Task.done_at.is_not(None) if done else Task.done_at.is_(None))
    return query.where(matching(Sale.search_text, q))


def open_task_ids(kind: str = "") -> Select:
    query = select(Task.id).where(Task.done_at.is_(None))
    return query.where(Task.code == storable(kind)) if kind else query


def task_by_id(task_id: int, lock: bool = False) -> Task:
    task = db.session.get(Task, task_id, with_for_update=lock) if task_id <= MAX_ID else None
    if task is None:
        raise NotFound(_("There is no such task."))
    return task
