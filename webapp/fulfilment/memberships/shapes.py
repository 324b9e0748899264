"""The shape of a membership in answers."""

import datetime as dt

from webapp.fulfilment.memberships.models import MembershipStatus
from webapp.http.answers import OutShape


class MembershipOut(OutShape):
    """`customer` is the customer's id."""

    customer: int
    plan: str
    status: MembershipStatus
    since: dt.date
