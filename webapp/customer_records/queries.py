"""Who may be one customer twice. Two who both have a document are two people."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, literal, literal_column, or_, select, union_all
from sqlalchemy.orm import aliased

from webapp.customers.models import WITHOUT_DOCUMENT, Customer
from webapp.platform.database import db

MOST_TWINS, MOST_PAIRS = 10, 50
# Of those without a document, the latest are looked at: each by three indexes.
LOOKED_AT = 2000
_BLANK: ColumnElement[str] = literal_column("''")
# By what two are alike, the surest first.
ALIKE = ("email", "phone", "name")


class Pair(NamedTuple):
    """`merged` has no document; `kept` has one, or is the older one."""

    kept: Customer
    merged: Customer
    alike: str


def twins_of(customer: Customer) -> Select:
    """Those who may be the same person."""
    alike = [
        (getattr(Customer, name) == value) & (getattr(Customer, name) != _BLANK)
        for name in ALIKE
        if (value := getattr(customer, name))
    ]
    query = select(Customer).where(
        or_(*alike),
        Customer.id != customer.id,
        Customer.merged_into_id.is_(None),
        Customer.anonymised_at.is_(None),
    )
    if customer.document:
        query = query.where(Customer.document.is_(None))
    return query.order_by(Customer.id).limit(MOST_TWINS)


def pairs_alike() -> Select:
    """Ids and by what they are alike; each pair once for each."""
    latest = select(Customer.id).where(WITHOUT_DOCUMENT).order_by(Customer.id.desc())
    looked_at = latest.limit(LOOKED_AT).subquery()
    found = union_all(*(_alike(looked_at, name) for name in ALIKE)).subquery()
    return select(found)


def _alike(looked_at: Any, name: str) -> Select:
    one, other = aliased(Customer), aliased(Customer)
    same, twin = getattr(one, name), getattr(other, name)
    query = (
        select(other.id.label("kept"), one.id.label("merged"), literal(name).label("alike"))
        .select_from(looked_at)
        .join(one, one.id == looked_at.c.id)
        .join(other, (twin == same) & (twin != _BLANK))
        .where(
            other.id != one.id,
            other.merged_into_id.is_(None),
            other.anonymised_at.is_(None),
            or_(other.document.is_not(None), other.id < one.id),
        )
        .limit(MOST_PAIRS)
    )
    return select(query.subquery())


def pairs() -> list[Pair]:
    found = db.session.execute(pairs_alike()).all()
    ids = {number for row in found for number in (row.kept, row.merged)}
    customers = {row.id: row for row in db.session.scalars(select(Customer).where(_of(ids)))}
    once: dict[tuple[int, int], Pair] = {}
    for row in found:
        pair = Pair(customers[row.kept], customers[row.merged], row.alike)
        once.setdefault((row.kept, row.merged), pair)
    return list(once.values())[:MOST_PAIRS]


def _of(ids: set[int]) -> ColumnElement[bool]:
    return Customer.id.in_(ids)
