"""JSON calls of memberships."""

from flask import request
from flask_babel import gettext as _

from webapp.fulfilment.memberships import queries
from webapp.fulfilment.memberships.models import Membership
from webapp.platform.errors import FieldError, Invalid
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("memberships")
PAGE = ("limit", "cursor")


@endpoint(bp, "GET", "/memberships", "clerk", query=("customer", *PAGE))
def list_memberships():
    """Memberships, of one customer (its id) or all."""
    written = request.args.get("customer")
    if written and not (written.isascii() and written.isdigit() and len(written) < 10):
        raise Invalid([FieldError("customer", _("Use the customer's id, a whole number."))])
    return list_answer(
        queries.memberships(customer_id=int(written) if written else None),
        (Membership.id,),
        _membership,
    )


def _membership(row: Membership) -> dict:
    return {
        "customer": row.customer_id,
        "plan": row.plan,
        "status": row.status,
        "since": row.since.isoformat(),
    }
