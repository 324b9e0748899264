"""The shapes of what is agreed with payment providers, and of what is said of money that came."""

from typing import Annotated

from webapp.http.forms import Money, Percent, Shape, Whole, example
from webapp.platform.money import ZERO
from webapp.sales.models import PaymentMethod

MOST_INSTALLMENTS = 48


class FeeIn(Shape):
    """What a payment of a method costs, from so many instalments on: a percentage of it, and so
    much each time."""

    model_config = example({"method": "credit_card", "percent": "3.19", "fixed": "0.40"})

    method: PaymentMethod
    installments: Annotated[int, Whole(1, MOST_INSTALLMENTS)] = 1
    percent: Percent = ZERO
    fixed: Money = ZERO
