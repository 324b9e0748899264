"""The shapes of what a person says about a membership and of what is asked of their list."""

from typing import Annotated

from webapp.http.filters import CustomerId, ListQuery
from webapp.http.forms import Shape, Text


class ReasonIn(Shape):
    """Why a person changes a membership by hand."""

    reason: Annotated[str, Text(500, required=True)]


class MembershipQuery(ListQuery):
    """`customer`: a customer's id."""

    customer: CustomerId | None = None
