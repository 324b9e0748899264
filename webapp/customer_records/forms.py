"""The shapes of what is asked about two customers, and about one."""

import enum
from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import Field

from webapp.http.forms import BlankIsNone, Flag, Shape, Text, Whole, example
from webapp.platform.whole import MAX_ID


class MergeSide(enum.StrEnum):
    """Whose value it is: that of the customer who stays, or of the one who goes."""

    KEPT = "kept"
    MERGED = "merged"


Choice = Annotated[MergeSide | None, BlankIsNone]


class MergeChoices(Shape):
    """Whose value holds, by field. What is left out is the kept one's, unless that is blank."""

    name: Choice = None
    email: Choice = None
    phone: Choice = None
    tax: Choice = None
    address: Choice = None
    membership: Choice = None


class MergeIn(MergeChoices):
    model_config = example({"from": 2, "address": "merged"})

    from_id: Annotated[int, Whole(1, MAX_ID)] = Field(alias="from")


class MergeForm(MergeIn):
    confirmed: Flag = False


class AnonymisationIn(Shape):
    """`name`: the customer's, typed once more by whoever means it."""

    model_config = example({"name": "Maria das Dores"})

    name: Annotated[str, Text(120, required=True)]


FIELD_LABELS = {
    "name": _l("Name"),
    "email": _l("E-mail"),
    "phone": _l("Phone"),
    "tax": _l("Standing with ICMS"),
    "address": _l("Main address"),
    "membership": _l("Membership"),
}
