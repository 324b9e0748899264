"""The shapes of a commission marked as paid and of what is asked of commissions."""

import re
from decimal import Decimal
from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import BeforeValidator

from webapp.http.filters import ListQuery, Month
from webapp.http.forms import Flag, Shape

_SIGNED = re.compile(r"-?[0-9]{1,12}\.[0-9]{2}", re.ASCII)


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


class CommissionQuery(ListQuery):
    """The present month where none is asked for; `agent`: a code."""

    month: Month | None = None
    agent: str | None = None
