"""What is strange about money that came, by the order that it is for."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from webapp.payments.fees import Agreed, PaidBy, agreed_fee, payments_of
from webapp.payments.models import FindingKind, Receipt
from webapp.platform.money import CENT, ZERO, split
from webapp.sales.models import Sale, Status


class MoneyVerdict(NamedTuple):
    kind: FindingKind
    expected: Decimal | None
    found: Decimal


def judge(
    sale: Sale | None, new: Receipt, earlier: Sequence[Receipt], agreed: Agreed
) -> list[MoneyVerdict]:
    """`earlier`: what came for the order before. An order that does not know yet that it is paid is
    one of the verdicts."""
    if sale is None:
        return [MoneyVerdict(FindingKind.NO_ORDER, None, new.amount)]
    if sale.status is Status.CANCELLED and sale.paid_at is None:
        return [MoneyVerdict(FindingKind.LATE, None, new.amount)]
    payments = payments_of(sale)
    verdicts = [_of_sum(sale, new, earlier, payments, agreed), _of_fee(new, payments, agreed)]
    found = [verdict for verdict in verdicts if verdict]
    if sale.paid_at is None and not {FindingKind.SHORT} & {verdict.kind for verdict in found}:
        found.append(MoneyVerdict(FindingKind.UNPAID, sale.total, new.amount))
    return found


def _of_sum(
    sale: Sale,
    new: Receipt,
    earlier: Sequence[Receipt],
    payments: Sequence[PaidBy],
    agreed: Agreed,
) -> MoneyVerdict | None:
    """Parts of one payment that come one by one are judged each by its share."""
    due = split(sale.total, [Decimal(1)] * new.parts)[new.part - 1]
    same = [each for each in earlier if (each.part, each.parts) == (new.part, new.parts)]
    before = sum((receipt.amount for receipt in same), ZERO)
    came = before + new.amount
    if came == due:
        return None
    if before >= due:
        return MoneyVerdict(FindingKind.TWICE, due, new.amount)
    if came > due:
        return MoneyVerdict(FindingKind.OVER, due, came)
    amounts = [receipt.amount for receipt in same] + [new.amount]
    if _are_among(amounts, payments) or _is_net(new, due - came, payments, agreed):
        return None
    return MoneyVerdict(FindingKind.SHORT, due, came)


def _are_among(amounts: Sequence[Decimal], payments: Sequence[PaidBy]) -> bool:
    """Of an order that is paid in several ways each comes by a way of its own."""
    left = [payment.amount for payment in payments]
    for amount in amounts:
        if amount not in left:
            return False
        left.remove(amount)
    return True


def _is_net(new: Receipt, missing: Decimal, payments: Sequence[PaidBy], agreed: Agreed) -> bool:
    """A statement that tells no fee may tell what is left without it."""
    return new.fee is None and missing == agreed_fee(payments, agreed)


def _of_fee(new: Receipt, payments: Sequence[PaidBy], agreed: Agreed) -> MoneyVerdict | None:
    """A fee is told of a whole payment alone, and a cent is how one rounds."""
    paid = next((payment for payment in payments if payment.amount == new.amount), None)
    if new.fee is None or paid is None or new.parts > 1:
        return None
    expected = agreed_fee([paid], agreed)
    if expected is None or abs(new.fee - expected) <= CENT:
        return None
    return MoneyVerdict(FindingKind.FEE, expected, new.fee)
