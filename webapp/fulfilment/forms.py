"""The shape of what a person says about a task, a packing slip or a shipment."""

import re
from decimal import Decimal
from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import BeforeValidator, Field

from webapp.http.forms import Flag, LongText, Shape, Text, Whole

MOST_AT_ONCE = 200
MAX_VOLUMES = 999
_SIGNED = re.compile(r"-?[0-9]{1,12}\.[0-9]{2}", re.ASCII)


class OutcomeIn(Shape):
    outcome: Annotated[str, Text(500, required=True)]


def _amount(written: object) -> Decimal:
    """A signed amount as the page wrote it into its own form: "-12.50"."""
    if not isinstance(written, str) or not _SIGNED.fullmatch(written):
        raise ValueError(_l("This is not an amount; write it like 129.90."))
    return Decimal(written)


class PaymentIn(Shape):
    """A commission marked as paid: the amount that stood on the page, and whether a month that is
    not over may be marked."""

    amount: Annotated[Decimal, BeforeValidator(_amount)]
    confirmed: Flag = False


class ReasonIn(Shape):
    """Why a person changes a membership by hand."""

    reason: Annotated[str, Text(500, required=True)]


class SlipIn(Shape):
    """What the packer adds to a slip."""

    volumes: Annotated[int, Whole(1, MAX_VOLUMES)]
    notes: Annotated[str, LongText(500)] = ""


class ShipmentIn(Shape):
    carrier: Annotated[str, Text(60, required=True)]
    tracking_code: Annotated[str, Text(60)] = ""


class SlipShippedIn(Shape):
    id: Annotated[int, Whole(1, 2**31 - 1)]
    tracking_code: Annotated[str, Text(60)] = ""


class ShipmentsIn(Shape):
    """Many slips handed to one carrier."""

    carrier: Annotated[str, Text(60, required=True)]
    slips: Annotated[list[SlipShippedIn], Field(min_length=1, max_length=MOST_AT_ONCE)]
