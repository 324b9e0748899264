"""The shapes of what is agreed with payment providers, and of what is said of money that came."""

import re
from typing import Annotated, Self

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, model_validator

from webapp.http.filters import ListQuery
from webapp.http.forms import (
    Day,
    FieldRefused,
    Flag,
    LongText,
    Money,
    Percent,
    Shape,
    Text,
    Whole,
    example,
)
from webapp.payments.models import FindingKind, PaymentProvider
from webapp.platform.money import ZERO
from webapp.sales.models import PaymentMethod

MOST_INSTALLMENTS = 48
SHORTEST_SECRET = 16
_KEY = re.compile(r"[A-Za-z0-9._:-]+", re.ASCII)


def _key(written: str) -> str:
    if not _KEY.fullmatch(written):
        raise ValueError(_l("Use letters, digits, dots and dashes alone."))
    return written


def _secret(written: str) -> str:
    """It stands in an address."""
    if written and (len(written) < SHORTEST_SECRET or not _KEY.fullmatch(written)):
        raise ValueError(_l("Use at least 16 letters, digits, dots and dashes."))
    return written


def _certificate(written: str) -> str:
    if written:
        try:
            load_pem_x509_certificate(written.encode())
            load_pem_private_key(written.encode(), None)
        except (ValueError, TypeError):
            raise ValueError(
                _l("Paste the certificate and its key without a password, both as PEM.")
            ) from None
    return written


class FeeIn(Shape):
    """What a payment of a method costs, from so many instalments on: a percentage of it, and so
    much each time."""

    model_config = example({"method": "credit_card", "percent": "3.19", "fixed": "0.40"})

    method: PaymentMethod
    installments: Annotated[int, Whole(1, MOST_INSTALLMENTS)] = 1
    percent: Percent = ZERO
    fixed: Money = ZERO


class ChargeIn(Shape):
    """What a provider was told to collect: the `txid` of a Pix, the `external_reference` of Mercado
    Pago."""

    model_config = example({"provider": "pix", "key": "7978c0c97ea847e78e8849634473c1f1"})

    provider: PaymentProvider
    key: Annotated[str, Text(64, required=True), AfterValidator(_key)]


class ProviderIn(Shape):
    """How a provider is reached; secrets left blank stay."""

    base_url: Annotated[str, Text(200)] = ""
    client_id: Annotated[str, Text(200)] = ""
    secret: Annotated[str, Text(200), AfterValidator(_secret)] = ""
    token: Annotated[str, Text(400)] = ""
    certificate: Annotated[str, LongText(20_000), AfterValidator(_certificate)] = ""


class SettlingIn(Shape):
    """`reference`: of money without an order, whose it is."""

    model_config = example({"reference": "WEB-1001"})

    reference: Annotated[str, Text(60)] = ""


class StatementIn(Shape):
    """Which orders are to be in it; `methods`: each way to pay, and whether it is one of them."""

    methods: dict[PaymentMethod, Flag] = {}
    channel: Annotated[str, Text(20)] = ""
    orders_from: Day
    orders_until: Day

    @model_validator(mode="after")
    def days_in_their_order(self) -> Self:
        if self.orders_from > self.orders_until:
            raise FieldRefused("orders_until", _l("This day is before the first one."))
        return self


class FindingQuery(ListQuery):
    kind: FindingKind | None = None
