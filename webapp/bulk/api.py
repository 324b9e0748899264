"""Bulk acts as calls."""

from urllib.parse import urlencode

from flask import g
from flask_babel import lazy_gettext as _l

from webapp.bulk.forms import BulkActIn, BulkIn
from webapp.bulk.models import BulkAct, BulkOutcome
from webapp.bulk.queries import act_by_id, refused_of
from webapp.bulk.shapes import BulkActBegunOut, BulkActOut
from webapp.sale_pages.bulk_asking import begin_bulk
from webapp.web.api import api_blueprint, endpoint

bp = api_blueprint("bulk-acts")


@endpoint(
    bp,
    "POST",
    "/bulk-acts",
    "clerk",
    body=BulkActIn,
    answer=BulkActBegunOut,
    status=202,
    refusals={409: _l("No order fits, or too many do.")},
    summary=_l("Does one thing to many orders, as a job; what one of them refuses is told of it."),
)
def ask(wanted: BulkActIn) -> dict[str, object]:
    choice = {
        "ids": ",".join(map(str, wanted.ids or [])),
        "filter": urlencode(wanted.filter.written if wanted.filter else {}),
    }
    asked = BulkIn.model_validate(wanted.model_dump(exclude={"ids", "filter"}) | choice)
    return {"id": begin_bulk(asked, g.identity.actor).id}


@endpoint(
    bp,
    "GET",
    "/bulk-acts/<id:act_id>",
    "clerk",
    answer=BulkActOut,
    refusals={404: _l("There is no such bulk act.")},
    summary=_l("How far a bulk act is, and which orders it refused, each with why."),
)
def show(act_id: int) -> dict[str, object]:
    return _act_json(act_by_id(act_id))


def _act_json(act: BulkAct) -> dict[str, object]:
    outcomes = (BulkOutcome.DONE, BulkOutcome.SAME, BulkOutcome.REFUSED)
    return {
        "id": act.id,
        "act": act.act,
        "status": act.status,
        "total": act.total,
        **{str(outcome): act.count_of(outcome) for outcome in outcomes},
        "left": [
            {"sale": sale_id, "reference": reference, "reason": words}
            for sale_id, reference, words in refused_of(act.id)
        ],
        "created_at": act.created_at.isoformat(),
    }
