"""Lists go to staff on their schedules, once for each moment that they are owed for."""

import datetime as dt
from email.message import EmailMessage
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy.orm import joinedload

from webapp.http.localization import time_zone
from webapp.http.query import WrongFilter
from webapp.messages.delivery import deliver_letters
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Forbidden, NotFound
from webapp.processing.claims import Step, backoff
from webapp.staff.access import seen_by
from webapp.views.files import file_for, is_kept, made_file
from webapp.views.letters import export_letter
from webapp.views.models import (
    ExportFile,
    ExportRun,
    ExportSchedule,
    PausedFor,
    RunOutcome,
    ScheduleStatus,
)
from webapp.web.listings import listings

NO_SERVER = "kept"


class Told(NamedTuple):
    """By the schedule's id: why it rests from now on, what the mail server said, or that it took
    it; and the files that were made."""

    outcomes: dict[int, PausedFor | str | None]
    files: dict[int, bytes]


class ExportStep(Step[ExportSchedule, Told, Told]):
    model = ExportSchedule
    status = ScheduleStatus.ACTIVE
    external_load = (joinedload(ExportSchedule.recipient),)
    batch = 2
    lease_seconds = 90

    def call_external(self, rows: list[ExportSchedule]) -> Told:
        told: dict[int, PausedFor | str | None] = {row.id: why_not(row) for row in rows}
        fit = {row.id: row for row in rows if told[row.id] is None}
        url = current_app.extensions["settings"].smtp_url
        if not url:
            return Told(told | dict.fromkeys(fit, NO_SERVER), {})
        known = {row_id for row_id, row in fit.items() if is_kept(row)}
        made = {row_id: made_file(row) for row_id, row in fit.items() if row_id not in known}
        files = {row_id: file for row_id, file in made.items() if file is not None}

        def letter(row: ExportSchedule) -> EmailMessage:
            return export_letter(row, row.id in known or row.id in files)

        return Told(told | deliver_letters(url, fit, letter), files)

    def write_row(self, row: ExportSchedule, shared: Told, now: dt.datetime) -> None:
        told = shared.outcomes[row.id]
        if row.id in shared.files and file_for(row, row.next_at.date()) is None:
            kept = {"given_on": row.next_at.date(), "at": now, "content": shared.files[row.id]}
            db.session.add(ExportFile(schedule_id=row.id, **kept))
        if isinstance(told, PausedFor):
            _note(row, RunOutcome.PAUSED, now)
            row.pause(told)
        elif told is None:
            row.sent_at = now
            _go_on(row, RunOutcome.SENT, now)
        elif told == NO_SERVER:
            _go_on(row, RunOutcome.KEPT, now)
        elif told.startswith("away:"):
            row.try_later(now + backoff(row.tries) * 4, told)
        elif self.tries_left(row) <= 0:
            self.give_up(row, told)
        else:
            row.retry(now + backoff(row.attempts) * 4, told)

    def give_up(self, row: ExportSchedule, error: str) -> None:
        """This moment; the next one is tried again."""
        _go_on(row, RunOutcome.FAILED, utc_now())


def why_not(row: ExportSchedule) -> PausedFor | None:
    """Whether it may still go out, looked at each time: people leave, roles and lists change."""
    if not row.recipient.active:
        return PausedFor.PERSON
    listing = listings().get(row.listing)
    if listing is None or not listing.is_open_to(row.recipient.role):
        return PausedFor.ROLE
    try:
        with seen_by(row.recipient):
            listing.ids(row.query)
    except (WrongFilter, NotFound, Forbidden):
        return PausedFor.FILTER
    return None


def _note(row: ExportSchedule, outcome: RunOutcome, now: dt.datetime) -> None:
    run = ExportRun(schedule_id=row.id, owed_for=row.next_at, at=now, outcome=outcome)
    db.session.add(run)


def _go_on(row: ExportSchedule, outcome: RunOutcome, now: dt.datetime) -> None:
    _note(row, outcome, now)
    row.begin(now, ZoneInfo(time_zone()))
