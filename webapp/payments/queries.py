"""What was agreed with payment providers, what they told, and what is strange about money."""

import datetime as dt
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from webapp.payments.models import (
    AgreedFee,
    Finding,
    FindingKind,
    PaymentNotice,
    PaymentProvider,
    ProviderAccess,
    Receipt,
    Statement,
)
from webapp.platform.database import db
from webapp.platform.rows import row_by_id
from webapp.sales.models import PaymentMethod


def agreed() -> Select[Any]:
    return select(AgreedFee)


def agreed_with(method: PaymentMethod, installments: int) -> AgreedFee | None:
    """Exactly from so many instalments on."""
    query = select(AgreedFee).where(
        AgreedFee.method == method, AgreedFee.installments == installments
    )
    return db.session.scalar(query)


def fee_by_id(fee_id: int) -> AgreedFee:
    """Raises NotFound."""
    return row_by_id(AgreedFee, fee_id, _l("There is no such fee."))


def access_to(provider: PaymentProvider) -> ProviderAccess | None:
    return db.session.scalar(select(ProviderAccess).where(ProviderAccess.provider == provider))


def open_findings(kind: FindingKind | None = None) -> Select[Any]:
    """What is strange about money and not settled."""
    query = select(Finding).where(Finding.settled_at.is_(None))
    return query.where(Finding.kind == kind) if kind else query


def findings_of(statement_id: int, is_open: bool = False) -> Select[Any]:
    query = select(Finding).where(Finding.statement_id == statement_id)
    return query.where(Finding.settled_at.is_(None)) if is_open else query


def shown(query: Select[Any]) -> Select[Any]:
    """Findings with their order and money, in a fixed number of statements."""
    return query.options(selectinload(Finding.sale), selectinload(Finding.receipt))


def statements() -> Select[Any]:
    return select(Statement)


def statement_by_id(statement_id: int, lock: bool = False) -> Statement:
    """Raises NotFound."""
    return row_by_id(Statement, statement_id, _l("There is no such statement."), lock)


def notices() -> Select[Any]:
    return select(PaymentNotice)


def told_money(amounts: Collection[Decimal], first: dt.date, last: dt.date) -> Select[Any]:
    """What providers told of and no statement had yet, of these sums and days."""
    return (
        select(Receipt)
        .where(
            Receipt.amount.in_(amounts),
            Receipt.day.between(first, last),
            Receipt.is_told,
            Receipt.statement_id.is_(None),
        )
        .order_by(Receipt.day, Receipt.id)
    )
