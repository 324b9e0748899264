"""The shapes of what is asked of a closing."""

from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import model_validator

from webapp.http.fields import Email
from webapp.http.forms import BlankIsNone, FieldRefused, Shape, Whole

# The last one that every month has.
LAST_DAY = 28


class DeliveryIn(Shape):
    """To whom the last month's closing goes, and on which day by itself."""

    accountant_email: Email = ""
    closing_day: Annotated[Annotated[int, Whole(1, LAST_DAY)] | None, BlankIsNone] = None

    @model_validator(mode="after")
    def day_with_address(self):
        if self.closing_day and not self.accountant_email:
            raise FieldRefused("accountant_email", _l("Fill this in."))
        return self
