"""Failures by cause, for programs."""

from typing import Annotated

from flask_babel import lazy_gettext as _l

from webapp.attempts.acting import retry_all, retry_first
from webapp.attempts.cause_queries import BY_MONEY, cause_by_id, causes
from webapp.attempts.forms import RetryIn
from webapp.http.answers import list_of
from webapp.http.filters import ListQuery
from webapp.http.forms import BlankIsNone
from webapp.http.lists import paginate
from webapp.monitor.cause_shapes import FailureOut, RetryOut
from webapp.monitor.weighing import CauseView, WeighedCause, weighed
from webapp.platform.database import db
from webapp.web.api import api_blueprint, endpoint

bp = api_blueprint("causes")


class FailureQuery(ListQuery):
    """`view`: only causes for which something waits, that healed, or that were put aside."""

    view: Annotated[CauseView | None, BlankIsNone] = None


@endpoint(
    bp,
    "GET",
    "/jobs/failures",
    "manager",
    query=FailureQuery,
    answer=list_of(FailureOut),
    summary=_l(
        "Failures by cause, weighed by the orders that wait and their money, the dearest first."
    ),
)
def failures(asked: FailureQuery) -> dict[str, object]:
    found = causes(*(asked.view or CauseView.ALL).conditions())
    page = paginate(found, BY_MONEY, after=asked.cursor, limit=asked.limit)
    return {
        "items": [_cause_json(each) for each in weighed(page.items)],
        "next_cursor": page.next_cursor,
    }


@endpoint(
    bp,
    "POST",
    "/jobs/failures/<id:cause_id>/retry",
    "manager",
    body=RetryIn,
    answer=RetryOut,
    status=202,
    refusals={404: _l("There is no such cause."), 409: _l("Nothing waits for this any more.")},
    summary=_l("What waits for a cause is tried again, as a job; or the first of it alone."),
)
def retry(wanted: RetryIn, cause_id: int) -> dict[str, object]:
    begin = retry_first if wanted.first else retry_all
    begun = begin(cause_by_id(cause_id), wanted.reason)
    db.session.flush()
    return {"id": begun.id, "total": begun.total}


def _cause_json(each: WeighedCause) -> dict[str, object]:
    cause, since = each.cause, each.oldest_at
    return {
        "id": cause.id,
        "cause": each.says,
        "queue": cause.queue,
        "step": cause.step,
        "state": each.state,
        "count": cause.count,
        "healed": cause.healed,
        "waiting": cause.waiting,
        "sales": cause.orders,
        "amount": str(cause.amount),
        "oldest_at": since and since.isoformat(),
        "first_at": cause.first_at.isoformat(),
        "last_at": cause.last_at.isoformat(),
    }
