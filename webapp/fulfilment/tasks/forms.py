"""The shape of what a person says about a task."""

from typing import Annotated

from webapp.http.forms import Shape, Text


class OutcomeIn(Shape):
    outcome: Annotated[str, Text(500, required=True)]
