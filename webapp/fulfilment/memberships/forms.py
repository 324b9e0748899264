"""The shape of what a person says about a membership."""

from typing import Annotated

from webapp.http.forms import Shape, Text


class ReasonIn(Shape):
    """Why a person changes a membership by hand."""

    reason: Annotated[str, Text(500, required=True)]
