"""The shapes of a person's decision about an NF-e, and of what is asked of their list."""

import enum
from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import model_validator

from webapp.http.filters import ListQuery, Month
from webapp.http.forms import FieldRefused, Flag, LongText, Shape, example
from webapp.invoices.models import InvoiceStatus, Purpose


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


# What a reviewer returns an NF-e for.
RETURN_LABELS = {
    "address": _l("Address"),
    "customer": _l("Customer"),
    "items": _l("Items"),
    "taxes": _l("Taxes"),
    "payment": _l("Payment"),
    "other": _l("Other reason"),
}
