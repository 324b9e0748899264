"""The shapes of a person's decision about an NF-e, and of what is asked of their list."""

import enum
import re
from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from webapp.fiscal.events import FailedDeliveryReason
from webapp.fiscal.text import clean
from webapp.http.filters import ListQuery, Month
from webapp.http.forms import (
    Day,
    FieldRefused,
    Flag,
    LongText,
    Shape,
    Text,
    Whole,
    example,
)
from webapp.invoices.models import InvoiceStatus, Purpose
from webapp.platform.whole import whole_number

LAST_NUMBER = 999_999_999
# Of what happened at a door, where none of the usual reasons fits.
LEAST_TOLD = 25
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)


def _number(written: object) -> int | None:
    number = whole_number(str(written), 1, LAST_NUMBER)
    if number is None:
        raise ValueError(_l("Use a number of an NF-e, a whole number."))
    return number


def _time(written: str) -> str:
    if not _TIME.fullmatch(written):
        raise ValueError(_l("Write a time like 14:30."))
    return written


class ReturnCode(enum.StrEnum):
    """What a reviewer returns an NF-e for; RETURN_LABELS has the words."""

    ADDRESS = "address"
    CUSTOMER = "customer"
    ITEMS = "items"
    TAXES = "taxes"
    PAYMENT = "payment"
    OTHER = "other"


class ReturnIn(Shape):
    model_config = example({"code": "address", "comment": "the number is missing"})

    code: ReturnCode
    comment: Annotated[str, LongText(500)] = ""

    @model_validator(mode="after")
    def other_is_explained(self):
        if self.code is ReturnCode.OTHER and not self.comment:
            raise FieldRefused("comment", _l("Say what is to be fixed."))
        return self


class ApprovalIn(Shape):
    """`confirm` says that the warnings were seen."""

    confirm: Flag = False


def _long_enough(shortest: int, longest: int) -> AfterValidator:
    """Judged as it goes out, in the alphabet of the NF-e."""

    def check(written: str) -> str:
        if len(clean(written, longest)) < shortest:
            raise ValueError(_l("SEFAZ wants at least %(least)s characters.", least=shortest))
        return written

    return AfterValidator(check)


Justification = Annotated[str, Text(255), _long_enough(15, 255)]


class NoteCancellationIn(Shape):
    model_config = example({"reason": "O comprador desistiu da compra"})

    reason: Justification


class CorrectionIn(Shape):
    """`text` repeats all that former letters corrected: the last one counts alone."""

    model_config = example({"text": "Volumes: 2 caixas, e não 1"})

    text: Annotated[str, LongText(1000), _long_enough(15, 1000)]


class VoidingIn(Shape):
    model_config = example({"first": 41, "last": 43, "reason": "Numeração pulada por engano"})

    first: Annotated[int, Whole(1, LAST_NUMBER)]
    last: Annotated[int, Whole(1, LAST_NUMBER)]
    reason: Justification


class SeriesVoidingIn(VoidingIn):
    """On a page, where the series is chosen."""

    series: Annotated[int, Whole(0, 999)]


class NumbersQuery(Shape):
    """From which number to which; without them the last ones."""

    first: Annotated[int | None, BeforeValidator(_number), Field(alias="from")] = None
    last: Annotated[int | None, BeforeValidator(_number), Field(alias="to")] = None


class FailedDeliveryIn(Shape):
    """What happened at the door. A picture of it may come along; without one, `text` says it."""

    day: Day
    time: Annotated[str, Text(5, required=True), AfterValidator(_time)]
    reason: FailedDeliveryReason
    text: Annotated[str, LongText(250)] = ""

    @model_validator(mode="after")
    def other_reason_is_told(self):
        if self.reason is FailedDeliveryReason.OTHER and len(clean(self.text, 250)) < LEAST_TOLD:
            message = _l("Say what happened, in at least %(least)s characters.", least=LEAST_TOLD)
            raise FieldRefused("text", message)
        return self


class ResubmissionIn(Shape):
    """Nothing is said but that it is to be checked again."""


class AddressSource(enum.StrEnum):
    ORDER = "order"
    CUSTOMER = "customer"


class ZipCodeIn(Shape):
    """Of two addresses with different postal codes, the one to use."""

    source: AddressSource = AddressSource.ORDER


class MonthQuery(Shape):
    month: Month


class InvoiceQuery(ListQuery):
    status: InvoiceStatus | None = None
    purpose: Purpose | None = None
    month: Month | None = None


FAILED_DELIVERY_LABELS = {
    FailedDeliveryReason.NOT_FOUND: _l("Nobody was there"),
    FailedDeliveryReason.REFUSED: _l("The buyer refused it"),
    FailedDeliveryReason.NO_SUCH_ADDRESS: _l("There is no such address"),
    FailedDeliveryReason.OTHER: _l("Another reason"),
}
# What a reviewer returns an NF-e for.
RETURN_LABELS = {
    "address": _l("Address"),
    "customer": _l("Customer"),
    "items": _l("Items"),
    "taxes": _l("Taxes"),
    "payment": _l("Payment"),
    "other": _l("Other reason"),
}
