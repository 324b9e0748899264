"""Orders of which no money is in a statement that should have it."""

import datetime as dt
from collections import Counter
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, delete, select

from webapp.http.formatting import shop_day
from webapp.http.periods import Period
from webapp.payments.models import Finding, FindingKind, Receipt, Statement
from webapp.platform.database import db
from webapp.platform.money import ZERO
from webapp.sales.models import PaymentMethod, Sale, Status

# A person reads no more of them: something else is wrong then.
MOST_NAMED = 5000
# Of each twenty of its lines one is of the method, else that is none of the statement's.
SHARE = 20
# What an earlier statement left out at its end is looked for in the next one.
LOOK_BACK = dt.timedelta(days=31)


def look_for_orders(statement: Statement, now: dt.datetime, is_first: bool = False) -> int:
    """Names the orders that should be in the statement and whose money never came; what was named
    before and not settled is named anew. `is_first`: which orders those are is told by the ones
    that are in it. The number of them."""
    if is_first:
        _guess(statement)
    mine = (Finding.statement_id == statement.id) & (Finding.kind == FindingKind.NO_MONEY)
    db.session.execute(delete(Finding).where(mine, Finding.settled_at.is_(None)))
    rows = db.session.execute(_missing(statement)).all() if statement.methods else []
    for sale_id, total in rows:
        db.session.add(
            Finding(
                kind=FindingKind.NO_MONEY,
                sale_id=sale_id,
                statement_id=statement.id,
                expected=total,
                created_at=now,
            )
        )
    db.session.flush()
    return len(rows)


def _missing(statement: Statement) -> Select[int, Decimal]:
    came = select(Receipt.id).where(Receipt.sale_id == Sale.id).exists()
    named = select(Finding.id).where(
        Finding.sale_id == Sale.id, Finding.kind == FindingKind.NO_MONEY
    )
    query = select(Sale.id, Sale.total).where(
        *_paid_within(statement),
        Sale.payment_method.in_([PaymentMethod(method) for method in statement.methods]),
        Sale.status != Status.CANCELLED,
        Sale.total > ZERO,
        ~came,
        ~named.exists(),
    )
    if statement.channel:
        query = query.where(Sale.channel == statement.channel)
    return query.order_by(Sale.paid_at, Sale.id).limit(MOST_NAMED)


def _paid_within(statement: Statement) -> list[ColumnElement[bool]]:
    period = Period(statement.orders_from, statement.orders_until)
    return [Sale.paid_at >= period.begins, Sale.paid_at < period.ends]


def _guess(statement: Statement) -> None:
    """Which orders are to be in it, by those that are: their methods, their channel where it is one
    alone, and how many days after the order its money comes."""
    query = (
        select(Receipt.day, Sale.paid_at, Sale.payment_method, Sale.channel)
        .join(Sale, Sale.id == Receipt.sale_id)
        .where(Receipt.statement_id == statement.id, Sale.paid_at.is_not(None))
    )
    rows = db.session.execute(query).all()
    if not rows or not statement.begins_on or not statement.ends_on:
        return
    methods = Counter(method for _day, _paid, method, _channel in rows)
    statement.methods = sorted(
        str(method) for method, times in methods.items() if times * SHARE >= len(rows)
    )
    channels = {channel for _day, _paid, _method, channel in rows}
    statement.channel = channels.pop() if len(channels) == 1 else ""
    lags = sorted((day - shop_day(paid)).days for day, paid, _m, _c in rows if paid)
    quick, slow = lags[len(lags) // SHARE], lags[-1 - len(lags) // SHARE]
    begins = statement.begins_on - dt.timedelta(days=max(quick, 0))
    statement.orders_until = statement.ends_on - dt.timedelta(days=max(slow, 0))
    statement.orders_from = min(begins, _after_the_last(statement, begins) or begins)


def _after_the_last(statement: Statement, begins: dt.date) -> dt.date | None:
    """The day after those that the statement before this one looked at, if it was of the same
    orders."""
    query = select(Statement).where(
        Statement.id != statement.id,
        Statement.channel == statement.channel,
        Statement.orders_until >= begins - LOOK_BACK,
        Statement.orders_until < begins,
    )
    before = [
        each.orders_until
        for each in db.session.scalars(query)
        if each.methods == statement.methods and each.orders_until
    ]
    return max(before) + dt.timedelta(days=1) if before else None
