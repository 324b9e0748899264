"""Money that a provider told of: matched with its order, and applied once."""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select

from webapp.http.formatting import shop_day
from webapp.payments.fees import Agreed, agreed_fees
from webapp.payments.judging import MoneyVerdict, judge
from webapp.payments.models import (
    Charge,
    Finding,
    FindingKind,
    NoticeStatus,
    PaymentNotice,
    PaymentProvider,
    Receipt,
)
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.sales.models import Sale, Status
from webapp.sales.queries import sale_of

# What money that comes settles by itself: it was missed.
MISSED = (FindingKind.NO_MONEY, FindingKind.SHORT)


class ProviderPayment(NamedTuple):
    """`reference`: the charge's key or the order's own. `fee`: None where it is not told."""

    provider: PaymentProvider
    payment_id: str
    reference: str
    amount: Decimal
    fee: Decimal | None
    at: dt.datetime


class Received(NamedTuple):
    status: NoticeStatus
    sale_id: int | None


def await_payment(sale: Sale, provider: PaymentProvider, key: str) -> Charge:
    """A provider was told to collect for the sale; it is asked until the money is here. Said twice,
    it is one charge. Raises Refusal for one that is another sale's."""
    query = select(Charge).where(Charge.provider == provider, Charge.key == key)
    charge = db.session.scalar(query)
    if charge is None:
        if sale.status is Status.CANCELLED:
            raise Refusal(_("This order was cancelled; it cannot be paid any more."))
        charge = Charge(sale_id=sale.id, provider=provider, key=key)
        db.session.add(charge)
        if sale.paid_at is None:
            charge.await_money(utc_now())
        else:
            charge.end()
        db.session.flush()
    if charge.sale_id != sale.id:
        raise Refusal(_("Another order has this charge already."), "key")
    return charge


def take_payment(payment: ProviderPayment, notice: PaymentNotice | None = None) -> Received:
    """The order is paid where all of its money is here; what is strange is left to a person. Told
    again, it changes nothing. Commits nothing."""
    now = utc_now()
    charge, sale_id = _whose(payment.provider, payment.reference)
    # Locked first: who tells the same at once waits here, and finds the money there.
    sale = sale_of(sale_id, lock=True) if sale_id else None
    receipt = _known(payment)
    if receipt is not None and receipt.is_told:
        return Received(NoticeStatus.KNOWN, receipt.sale_id)
    if receipt is None:
        receipt = _new_receipt(payment)
    elif receipt.fee is None:
        receipt.fee = payment.fee
    receipt.is_told, receipt.notice_id = True, notice.id if notice else None
    earlier = receipts_of([sale_id]).get(sale_id, []) if sale_id else []
    db.session.add(receipt)
    if charge:
        charge.paid()
    if sale is not None:
        settle_what_came(receipt, sale, now)
    strange = attach(receipt, sale, earlier, agreed_fees(), now, pays=True)
    is_strange = any(kind is not FindingKind.FEE for kind in strange)
    return Received(NoticeStatus.STRANGE if is_strange else NoticeStatus.APPLIED, sale_id)


def attach(
    receipt: Receipt,
    sale: Sale | None,
    earlier: Sequence[Receipt],
    agreed: Agreed,
    now: dt.datetime,
    pays: bool,
) -> list[FindingKind]:
    """The money is the order's (None: nobody knows whose). What is strange is noted for a person,
    and returned; `pays`: an order that did not know is paid, else that is strange too. What was
    judged before (a statement had it first) is not noted again."""
    verdicts = judge(sale, receipt, [each for each in earlier if each is not receipt], agreed)
    was_judged = receipt.sale_id == sale.id if sale else receipt.is_told and receipt.statement_id
    if sale is not None:
        receipt.sale_id = sale.id
        if pays and _is_confirmed(verdicts):
            sale.pay(now)
            verdicts = [each for each in verdicts if each.kind is not FindingKind.UNPAID]
    if not was_judged:
        note(receipt, verdicts, now)
    return [verdict.kind for verdict in verdicts]


def settle_what_came(receipt: Receipt, sale: Sale, now: dt.datetime) -> None:
    """Before its money is judged: what was missing is here, and whose this is is known."""
    settle(now, Finding.sale_id == sale.id, Finding.kind.in_((*MISSED, FindingKind.UNPAID)))
    if receipt.id is not None:
        settle(now, Finding.receipt_id == receipt.id, Finding.kind == FindingKind.NO_ORDER)


def _is_confirmed(verdicts: Iterable[MoneyVerdict]) -> bool:
    return any(verdict.kind is FindingKind.UNPAID for verdict in verdicts)


def _whose(provider: PaymentProvider, reference: str) -> tuple[Charge | None, int | None]:
    """By the charge that we know of, else the order of that reference, if it is one alone."""
    if not reference:
        return None, None
    query = select(Charge).where(Charge.provider == provider, Charge.key == reference)
    if charge := db.session.scalar(query):
        return charge, charge.sale_id
    ids = db.session.scalars(select(Sale.id).where(Sale.reference == reference).limit(2)).all()
    return None, ids[0] if len(ids) == 1 else None


def _known(payment: ProviderPayment) -> Receipt | None:
    """Told before, or found in a statement."""
    query = select(Receipt).where(
        Receipt.payment_id == payment.payment_id, Receipt.amount == payment.amount
    )
    return db.session.scalars(query.order_by(Receipt.id).limit(1)).first()


def _new_receipt(payment: ProviderPayment) -> Receipt:
    return Receipt(
        key=f"{payment.provider}:{payment.payment_id}"[:80],
        payment_id=payment.payment_id,
        reference=payment.reference[:80],
        day=shop_day(payment.at),
        amount=payment.amount,
        fee=payment.fee,
        part=1,
        parts=1,
    )


def receipts_of(sale_ids: Iterable[int]) -> dict[int, list[Receipt]]:
    """What came for each order, in its order."""
    found: dict[int, list[Receipt]] = {}
    query = select(Receipt).where(Receipt.sale_id.in_(list(sale_ids))).order_by(Receipt.id)
    for receipt in db.session.scalars(query):
        found.setdefault(receipt.sale_id or 0, []).append(receipt)
    return found


def note(receipt: Receipt, verdicts: Iterable[MoneyVerdict], now: dt.datetime) -> None:
    """What is strange is kept for a person."""
    for kind, expected, found in verdicts:
        finding = Finding(
            kind=kind,
            receipt=receipt,
            sale_id=receipt.sale_id,
            statement_id=receipt.statement_id,
            expected=expected,
            found=found,
            created_at=now,
        )
        db.session.add(finding)


def settle(now: dt.datetime, *which: ColumnElement[bool]) -> None:
    """What was strange is so no more, without anybody's doing."""
    for finding in db.session.scalars(select(Finding).where(Finding.settled_at.is_(None), *which)):
        finding.settle("", now)
