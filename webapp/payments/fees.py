"""What payments cost: as providers told it, else as agreed."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import func, select

from webapp.payments.models import AgreedFee, Receipt
from webapp.platform.database import db
from webapp.platform.money import ZERO
from webapp.sales.models import PaymentMethod, Sale

# By method, those of the most instalments first.
Agreed = Mapping[PaymentMethod, Sequence[AgreedFee]]


class Fee(NamedTuple):
    """`amount`: None where neither a provider nor an agreement tells; `is_known`: a provider
    did."""

    amount: Decimal | None
    is_known: bool


class PaidBy(NamedTuple):
    """One of the ways in which a sale is paid."""

    method: PaymentMethod
    amount: Decimal
    installments: int


def agreed_fees() -> Agreed:
    found: dict[PaymentMethod, list[AgreedFee]] = {}
    for fee in db.session.scalars(select(AgreedFee).order_by(AgreedFee.installments.desc())):
        found.setdefault(fee.method, []).append(fee)
    return found


def payments_of(sale: Sale) -> list[PaidBy]:
    told = (sale.invoice_details or {}).get("payments", [])
    if not told:
        return [PaidBy(sale.payment_method, sale.total, 1)]
    return [
        PaidBy(PaymentMethod(row["method"]), Decimal(row["amount"]), row.get("installments") or 1)
        for row in told
    ]


def agreed_fee(payments: Iterable[PaidBy], agreed: Agreed) -> Decimal | None:
    """Of all of them together; None where of one nothing was agreed."""
    total = ZERO
    for payment in payments:
        rows = agreed.get(payment.method, ())
        fee = next((row for row in rows if row.installments <= payment.installments), None)
        if fee is None:
            return None
        total += fee.of(payment.amount)
    return total


def fees_of(sales: Sequence[Sale]) -> dict[int, Fee]:
    """By id, in two statements for any number of sales."""
    agreed, told = agreed_fees(), _told_fees([sale.id for sale in sales])
    return {
        sale.id: Fee(told[sale.id], True)
        if sale.id in told
        else Fee(agreed_fee(payments_of(sale), agreed), False)
        for sale in sales
    }


def fee_by(sale: Sale, receipts: Iterable[Receipt]) -> Fee:
    """Where the money that came for it is at hand already."""
    told = [receipt.fee for receipt in receipts if receipt.fee is not None]
    if told:
        return Fee(sum(told, ZERO), True)
    return Fee(agreed_fee(payments_of(sale), agreed_fees()), False)


def _told_fees(sale_ids: Sequence[int]) -> dict[int, Decimal]:
    """What providers kept, of sales of which that is known."""
    told = Receipt.sale_id.in_(sale_ids) & Receipt.fee.is_not(None)
    query = select(Receipt.sale_id, func.sum(Receipt.fee)).where(told).group_by(Receipt.sale_id)
    return {
        sale_id: fee for sale_id, fee in db.session.execute(query) if sale_id and fee is not None
    }
