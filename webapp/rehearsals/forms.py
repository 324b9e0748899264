"""The shapes of what a rehearsal is asked, and of what the products of a cause are given."""

from typing import Annotated

from webapp.catalog.forms import TaxFactsIn
from webapp.http.filters import Since
from webapp.http.forms import Day, Shape, Text, example


class RehearsalIn(Shape):
    model_config = example({"day": "2027-01-01"})

    day: Day


class MendingIn(TaxFactsIn):
    """`cause` is the key of one of the rehearsal's causes."""

    cause: Annotated[str, Text(300, required=True)]


class NoteOfDayQuery(Shape):
    """`day`: the moment of issue; now, where it is left out."""

    day: Since | None = None
