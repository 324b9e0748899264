"""The shape of a membership in answers."""

import datetime as dt

from webapp.fulfilment.memberships.models import MembershipStatus
from webapp.http.answers import OutShape


class MembershipOut(OutShape):
    """`customer` is the customer's id; `ends_on` the last day, null where it has no end."""

    customer: int
    plan: str
    status: MembershipStatus
    since: dt.date
    ends_on: dt.date | None
