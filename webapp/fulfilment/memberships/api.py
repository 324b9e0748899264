"""JSON calls of memberships."""

from flask_babel import lazy_gettext as _l

from webapp.fulfilment.memberships import queries
from webapp.fulfilment.memberships.forms import MembershipQuery
from webapp.fulfilment.memberships.models import Membership
from webapp.fulfilment.memberships.shapes import MembershipOut
from webapp.http.answers import list_of
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("memberships")


@endpoint(
    bp,
    "GET",
    "/memberships",
    "clerk",
    query=MembershipQuery,
    answer=list_of(MembershipOut),
    summary=_l("Memberships, of one customer (its id) or all."),
)
def list_memberships(asked: MembershipQuery) -> dict[str, object]:
    query = queries.memberships(customer_id=asked.customer)
    return list_answer(asked, query, (Membership.id,), _membership)


def _membership(row: Membership) -> dict[str, object]:
    return {
        "customer": row.customer_id,
        "plan": row.plan,
        "status": row.status,
        "since": row.since.isoformat(),
        "ends_on": row.ends_on and row.ends_on.isoformat(),
    }
