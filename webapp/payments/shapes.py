"""The shapes of payments in answers."""

from webapp.http.answers import MoneyText, OutShape
from webapp.payments.models import ChargeStatus, FindingKind, PaymentProvider


class ChargeOut(OutShape):
    provider: PaymentProvider
    key: str
    status: ChargeStatus


class FindingOut(OutShape):
    """`sale_id`: null where nobody knows whose money it is; `expected` and `found`: of a fee what
    was agreed and what was kept."""

    id: int
    kind: FindingKind
    sale_id: int | None
    reference: str
    payment_id: str
    expected: MoneyText | None
    found: MoneyText | None
