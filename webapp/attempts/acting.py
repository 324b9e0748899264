"""What a person does about a cause: each act says who did it, and why."""

from collections.abc import Sequence

from flask_babel import get_locale
from flask_babel import gettext as _

from webapp.attempts.cause_queries import cause_by_id, oldest_waiting, waiting_for
from webapp.attempts.forms import IgnoreIn
from webapp.attempts.models import CauseRetry, FailingWork, FailureCause
from webapp.audit.tracking import actor, record
from webapp.http.localization import USUAL_LOCALE
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Refusal

_SUBJECT = "failure_causes"


def _note(action: str, cause: FailureCause, reason: str, **after: object) -> None:
    record(db.session, action, _SUBJECT, cause.id, cause.audit_name, why=reason, **after)


def resolve(cause: FailureCause, reason: str) -> None:
    cause.resolve(actor(), reason)
    _note("resolved", cause, reason)


def ignore(cause: FailureCause, wanted: IgnoreIn) -> None:
    cause.ignore(actor(), wanted.reason, wanted.until(utc_now()), wanted.more)
    _note("ignored", cause, wanted.reason, until=cause.ignored_until, times=wanted.more)


def reopen(cause: FailureCause) -> None:
    cause.reopen()
    _note("opened", cause, "")


def retry_first(cause: FailureCause, reason: str) -> CauseRetry:
    """Of what waits the oldest. Raises Refusal where nothing does."""
    oldest = oldest_waiting(cause.id)
    return _begin(cause, reason, [oldest.id] if oldest else [], 1 if oldest else 0)


def retry_marked(cause: FailureCause, reason: str, ids: Sequence[int]) -> CauseRetry:
    """Raises Refusal where none of them waits any more."""
    chosen = _still(cause, ids)
    return _begin(cause, reason, chosen, len(chosen))


def give_up_marked(cause: FailureCause, reason: str, ids: Sequence[int]) -> CauseRetry:
    """A person is asked about them instead. Raises Refusal where none of them waits any more."""
    chosen = _still(cause, ids)
    return _begin(cause, reason, chosen, len(chosen), gives_up=True)


def _still(cause: FailureCause, ids: Sequence[int]) -> list[int]:
    query = waiting_for(cause.id).where(FailingWork.id.in_(ids))
    return list(db.session.scalars(query.with_only_columns(FailingWork.id)))


def retry_all(cause: FailureCause, reason: str) -> CauseRetry:
    """What waits now; what fails later waits for another one. Raises Refusal where nothing
    does."""
    return _begin(cause, reason, [], cause.waiting)


def _begin(
    cause: FailureCause, reason: str, chosen: list[int], total: int, gives_up: bool = False
) -> CauseRetry:
    newest = waiting_for(cause.id).with_only_columns(FailingWork.id)
    upto = db.session.scalar(newest.order_by(FailingWork.id.desc()).limit(1))
    if not (total and upto):
        raise Refusal(_("Nothing waits for this any more."))
    retry = CauseRetry(cause_id=cause.id, chosen=chosen, reason=reason, asked_by=actor())
    retry.total, retry.upto = total, upto
    retry.gives_up, retry.locale = gives_up, str(get_locale() or USUAL_LOCALE)
    retry.owe(utc_now())
    db.session.add(retry)
    _note("given_up" if gives_up else "retried", cause, reason, times=total)
    return retry


def stop_retry(retry: CauseRetry) -> None:
    """What was tried until now stays so."""
    if retry.is_running:
        retry.stop(utc_now())
        _note("retry_stopped", cause_by_id(retry.cause_id), "")
