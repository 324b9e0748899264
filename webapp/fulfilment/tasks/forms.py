"""The shapes of what a person says about a task and of what is asked of their list."""

from typing import Annotated, Literal

from webapp.http.filters import ListQuery
from webapp.http.forms import Shape, Text, example


class OutcomeIn(Shape):
    model_config = example({"outcome": "settled with the customer"})

    outcome: Annotated[str, Text(500, required=True)]


class TaskQuery(ListQuery):
    status: Literal["open", "done"] | None = None
