"""The shape of why a person intervenes in the work."""

from typing import Annotated

from webapp.http.forms import Shape, Text, example


class PauseIn(Shape):
    model_config = example({"reason": "the mail server is being moved"})

    reason: Annotated[str, Text(300, required=True)]


class GiveUpIn(Shape):
    model_config = example({"reason": "the customer gave another address by phone"})

    reason: Annotated[str, Text(300, required=True)]
