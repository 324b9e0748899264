"""Royalty slips as lists, and what authors are owed for a month, reversals taken off."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import joinedload

from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.platform.database import db
from webapp.platform.kept import kept
from webapp.platform.money import ZERO
from webapp.platform.text import storable


def royalties_of(sale_ids: Sequence[int]) -> dict[int, list[RoyaltySlip]]:
    """Each sale's royalties, by its id."""
    query = select(RoyaltySlip).where(RoyaltySlip.sale_id.in_(sale_ids)).order_by(RoyaltySlip.id)
    found: dict[int, list[RoyaltySlip]] = {sale_id: [] for sale_id in sale_ids}
    for royalty in db.session.scalars(query):
        found[royalty.sale_id].append(royalty)
    return found


def royalty_slips(month: str, author: str | None = None) -> Select:
    query = select(RoyaltySlip).where(RoyaltySlip.month == month)
    query = query.options(joinedload(RoyaltySlip.sale), joinedload(RoyaltySlip.effect))
    return query if author is None else query.where(RoyaltySlip.author == storable(author))


@dataclass(frozen=True)
class AuthorTotal:
    """`copies`, `base` and `amount` are net of reversals; `reversals` is the part of `amount` that
    was taken off (≤ 0)."""

    author: str
    copies: int
    base: Decimal
    amount: Decimal
    reversals: Decimal = ZERO


def total_of(totals: Iterable[AuthorTotal]) -> AuthorTotal:
    """Of all authors together, who have no name."""
    authors = list(totals)
    return AuthorTotal(
        "",
        copies=sum(total.copies for total in authors),
        base=sum((total.base for total in authors), ZERO),
        amount=sum((total.amount for total in authors), ZERO),
        reversals=sum((total.reversals for total in authors), ZERO),
    )


def author_totals(month: str) -> list[AuthorTotal]:
    """What each author is owed for the month; the most first."""
    mark = db.session.scalar(select(func.max(RoyaltySlip.id)).where(RoyaltySlip.month == month))
    return kept(("authors", month), mark, lambda: _author_totals(month))


def _author_totals(month: str) -> list[AuthorTotal]:
    # A reversal is a negative twin: its copies come off too.
    copies = func.sum(
        case((RoyaltySlip.base < ZERO, -func.abs(RoyaltySlip.quantity)), else_=RoyaltySlip.quantity)
    )
    amount = func.sum(RoyaltySlip.amount)
    reversals = func.sum(case((RoyaltySlip.base < ZERO, RoyaltySlip.amount), else_=ZERO))
    rows = db.session.execute(
        select(RoyaltySlip.author, copies, func.sum(RoyaltySlip.base), amount, reversals)
        .where(RoyaltySlip.month == month)
        .group_by(RoyaltySlip.author)
        .order_by(amount.desc(), RoyaltySlip.author)
    )
    return [
        AuthorTotal(author, int(count), base, owed, taken_off)
        for author, count, base, owed, taken_off in rows
    ]
