"""What is deleted once it is of no use to anybody. Fiscal files, orders and the audit never are."""

import datetime as dt

from sqlalchemy import delete, or_, select

from webapp.attempts.models import Attempt, FailingWork, FailureCause
from webapp.imports.importing import discard_import
from webapp.imports.models import Import, ImportStatus
from webapp.messages.models import LetterStatus, StaffLetter
from webapp.platform.clock import utc_now
from webapp.platform.database import db, rows_changed
from webapp.processing.models import RecurringRun
from webapp.staff.models import ABSOLUTE, IDLE, UserSession
from webapp.views.models import FILE_DAYS, ExportFile

# A file that nobody has taken by then is uploaded anew by whoever still wants it.
UNTAKEN_DAYS = 30
RUN_DAYS = 400
ATTEMPT_DAYS = 180
# Files of imports in one night.
MOST_IMPORTS = 20
# Attempts in one night: one transaction of some seconds, beside a shop that sleeps.
MOST_ATTEMPTS = 100_000


def forget_what_is_over() -> int:
    """How many things."""
    now = utc_now()
    runs = _forget_runs(now) + _forget_attempts(now) + _forget_letters(now)
    files = _drop_untaken_files(now) + _drop_lists(now)
    return _end_sign_ins(now) + files + runs


def _end_sign_ins(now: dt.datetime) -> int:
    over = or_(UserSession.seen_at < now - IDLE, UserSession.created_at < now - ABSOLUTE)
    return rows_changed(delete(UserSession).where(over))


def _drop_untaken_files(now: dt.datetime) -> int:
    """Their imports are put away, as a person would."""
    untaken = Import.status == ImportStatus.READY
    old = untaken & (Import.updated_at < now - dt.timedelta(days=UNTAKEN_DAYS))
    found = db.session.scalars(
        select(Import).where(old).limit(MOST_IMPORTS).with_for_update()
    ).all()
    for each in found:
        discard_import(each)
    return len(found)


def _drop_lists(now: dt.datetime) -> int:
    """Files of lists that went out on a schedule: their links make them anew."""
    old = ExportFile.given_on < now.date() - dt.timedelta(FILE_DAYS)
    return rows_changed(delete(ExportFile).where(old))


def _forget_runs(now: dt.datetime) -> int:
    old = RecurringRun.owed_for < now - dt.timedelta(days=RUN_DAYS)
    return rows_changed(delete(RecurringRun).where(old))


def _forget_letters(now: dt.datetime) -> int:
    """What the staff were told by e-mail; what was told of stands elsewhere."""
    old = StaffLetter.asked_at < now - dt.timedelta(days=ATTEMPT_DAYS)
    over = StaffLetter.status != LetterStatus.PENDING
    return rows_changed(delete(StaffLetter).where(old, over))


def _forget_attempts(now: dt.datetime) -> int:
    old = Attempt.ended_at < now - dt.timedelta(days=ATTEMPT_DAYS)
    first = select(Attempt.id).where(old).order_by(Attempt.ended_at).limit(MOST_ATTEMPTS)
    forgotten = rows_changed(delete(Attempt).where(Attempt.id.in_(first)))
    return forgotten + _forget_causes(now)


def _forget_causes(now: dt.datetime) -> int:
    """Those of which no attempt is left, and for which nothing waits."""
    of_some = select(Attempt.id).where(Attempt.cause_id == FailureCause.id).exists()
    for_some = select(FailingWork.id).where(FailingWork.cause_id == FailureCause.id).exists()
    old = FailureCause.last_at < now - dt.timedelta(days=ATTEMPT_DAYS)
    return rows_changed(delete(FailureCause).where(old, ~of_some, ~for_some))
