"""The shapes of what a person says about a membership and of what is asked of their list."""

from typing import Annotated

from annotated_types import MaxLen

from webapp.http.filters import CustomerId, ListQuery
from webapp.http.forms import BlankIsNone, Shape, Text, Whole


class ReasonIn(Shape):
    """Why a person changes a membership by hand."""

    reason: Annotated[str, Text(500, required=True)]


class PlanIn(Shape):
    """`months` left blank: memberships of the plan have no end; `reminded_days` ahead of it, 0:
    nobody is reminded."""

    plan: Annotated[str, Text(40, required=True)]
    months: Annotated[Annotated[int, Whole(1, 1200)] | None, BlankIsNone] = None
    reminded_days: Annotated[int, Whole(0, 366)]


class PlansIn(Shape):
    plans: Annotated[list[PlanIn], MaxLen(200)]


class MembershipQuery(ListQuery):
    """`customer`: a customer's id."""

    customer: CustomerId | None = None
