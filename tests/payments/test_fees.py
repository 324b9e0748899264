"""What an order's payment costs: as agreed by method and instalments, until a provider told it."""

import datetime as dt
from decimal import Decimal

import pytest

from tests.factories import make_sale, open_shop
from webapp.payments.fees import Fee, PaidBy, agreed_fee, fees_of
from webapp.payments.models import AgreedFee, Receipt
from webapp.sales.models import PaymentMethod

CARD, PIX = PaymentMethod.CREDIT_CARD, PaymentMethod.PIX


def fee(method, percent, fixed="0", installments=1) -> AgreedFee:
    return AgreedFee(
        method=method,
        installments=installments,
        percent=Decimal(percent),
        fixed=Decimal(fixed),
    )


# By method, those of the most instalments first, as `agreed_fees` reads them.
AGREED = {CARD: [fee(CARD, "4.50", "0.40", 7), fee(CARD, "3.19", "0.40")], PIX: [fee(PIX, "0.99")]}


@pytest.mark.parametrize(
    ("payments", "expected"),
    [
        # 0.99 % of 100.50 is 0.99495.
        ([PaidBy(PIX, Decimal("100.50"), 1)], "0.99"),
        ([PaidBy(CARD, Decimal("200.00"), 1)], "6.78"),
        ([PaidBy(CARD, Decimal("200.00"), 6)], "6.78"),
        ([PaidBy(CARD, Decimal("200.00"), 7)], "9.40"),
        ([PaidBy(CARD, Decimal("200.00"), 1), PaidBy(PIX, Decimal("50.00"), 1)], "7.28"),
        ([PaidBy(PaymentMethod.BOLETO, Decimal("50.00"), 1)], None),
    ],
)
def test_it_is_reckoned_as_agreed(payments, expected):
    assert agreed_fee(payments, AGREED) == (None if expected is None else Decimal(expected))


def test_what_a_provider_kept_counts_before_what_was_agreed(db):
    open_shop()
    sale = make_sale()
    assert fees_of([sale])[sale.id] == Fee(None, False)
    db.session.add(fee(sale.payment_method, "1.00"))
    db.session.flush()
    assert fees_of([sale])[sale.id] == Fee((sale.total / 100).quantize(Decimal("0.01")), False)
    told = {"key": "a", "day": dt.date(2026, 11, 5), "amount": sale.total, "sale_id": sale.id}
    db.session.add(Receipt(**told, fee=Decimal("3.21")))
    db.session.flush()
    assert fees_of([sale])[sale.id] == Fee(Decimal("3.21"), True)
