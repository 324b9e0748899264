"""Counts as JSON: told at once, with the moment of each number, and taken into stock."""

from flask_babel import lazy_gettext as _l

from webapp.counting.entering import count_once
from webapp.counting.forms import CountIn, TakingIn
from webapp.counting.models import Count
from webapp.counting.queries import count_by_id, difference_rows
from webapp.counting.shapes import CountOut
from webapp.counting.taking import take
from webapp.web.api import api_blueprint, endpoint, identity_scope

bp = api_blueprint("counting")
UNKNOWN = _l("There is no count with this id.")


def count_json(count: Count) -> dict[str, object]:
    return {
        "id": count.id,
        "status": count.status,
        "differences": [
            {
                "sku": row.sku,
                "at": row.at.isoformat(),
                "counted": row.counted,
                "expected": row.expected,
                "difference": row.counted - row.expected,
                "moved": row.moved,
            }
            for row in difference_rows(count)
        ],
    }


@endpoint(
    bp,
    "POST",
    "/counts",
    "clerk",
    body=CountIn,
    answer=CountOut,
    status=201,
    summary=_l(
        "What was counted while the shop went on selling: each number is tied to where the "
        "product's ledger stood at its moment. With the same moments it is done once."
    ),
)
def add(wanted: CountIn) -> dict[str, object]:
    return count_json(count_once(identity_scope(), wanted))


@endpoint(
    bp,
    "GET",
    "/counts/<id:count_id>",
    "clerk",
    answer=CountOut,
    refusals={404: UNKNOWN},
    summary=_l("A count and where it differs from the ledger."),
)
def show(count_id: int) -> dict[str, object]:
    return count_json(count_by_id(count_id))


@endpoint(
    bp,
    "POST",
    "/counts/<id:count_id>/taking",
    "clerk",
    body=TakingIn,
    answer=CountOut,
    refusals={404: UNKNOWN, 409: _l("Stock would go below zero, or the count was dropped.")},
    summary=_l("Moves the stock by the differences; what was sold since stays sold."),
)
def taking(wanted: TakingIn, count_id: int) -> dict[str, object]:
    return count_json(take(count_id, wanted.reason))
