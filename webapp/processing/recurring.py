"""Work that recurs: each kind is one declaration, each moment that it is owed for one row.

A sweeper owes it, a worker does it as it does everything (`recurring_step`), so that of many
machines one does it once, and a death in the middle is taken up.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, delete, func, select
from sqlalchemy.exc import IntegrityError

from webapp.audit.tracking import actor, record
from webapp.platform.clock import utc_now
from webapp.platform.database import db, rows_changed
from webapp.platform.errors import NotFound, Refusal
from webapp.platform.transactions import only_reading
from webapp.processing.archive_upkeep import FileCheck, look_at_files, note_files, send_closing
from webapp.processing.models import RecurringRun, RunStatus, WorkSwitch
from webapp.processing.reorder_step import owe_reorder_letters
from webapp.processing.retention import forget_what_is_over
from webapp.processing.timing import Timing
from webapp.store.models import Shop
from webapp.store.queries import issuer_zone, the_shop


class SliceDone(NamedTuple):
    """How many things a slice of the work did, and whether it was the last."""

    things: int
    is_over: bool = True


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Recurring:
    """`timing`: when, as the settings have it; None while it is not asked for. `look` reads what a
    slice needs, with no transaction open; `act` gets that, and the shop's day it is owed for, and
    writes."""

    name: str
    label: LazyString
    help: LazyString
    timing: Callable[[Shop], Timing | None]
    act: Callable[[dt.date, Any], SliceDone]
    look: Callable[[], Any] = _nothing


def _always(timing: Timing) -> Callable[[Shop], Timing | None]:
    return lambda _shop: timing


def _closing_day(shop: Shop) -> Timing | None:
    wanted = shop.closing_day and shop.accountant_email
    return Timing(6, within=20 * 24, day=shop.closing_day) if wanted else None


def _checked(day: dt.date, found: FileCheck) -> SliceDone:
    return SliceDone(len(found.looked_at), note_files(day, found))


RECURRING = {
    work.name: work
    for work in (
        Recurring(
            "closing",
            _l("Send the month's closing"),
            _l("To the accountant, as a link; asked for on the page of the closing."),
            _closing_day,
            lambda day, _found: SliceDone(send_closing(day)),
        ),
        Recurring(
            "files",
            _l("Look whether kept NF-e still verify"),
            _l(
                "A thousand files: half of them the next ones, half of them any. A damaged one "
                "becomes a task."
            ),
            _always(Timing(1, within=5)),
            _checked,
            look_at_files,
        ),
        Recurring(
            "reorder",
            _l("Tell managers what is low"),
            _l("Those who want it (their account page), where something is low."),
            _always(Timing(6, within=18)),
            lambda _day, _found: SliceDone(owe_reorder_letters()),
        ),
        Recurring(
            "retention",
            _l("Forget what is over"),
            _l(
                "Sign-ins that ended, files of imports that nobody took for 30 days, attempts "
                "and letters to the staff of more than half a year ago, runs of more than a year "
                "ago."
            ),
            _always(Timing(3, within=20)),
            lambda _day, _found: SliceDone(forget_what_is_over()),
        ),
    )
}


def owe_recurring() -> int:
    """In each pass of a sweeper; how many were owed."""
    now = utc_now()
    with only_reading():
        due = _due(now)
        db.session.rollback()
    if not due:
        return 0
    db.session.add_all([RecurringRun.owed(name, moment, now) for name, moment in due])
    try:
        db.session.commit()
    except IntegrityError:
        # Another sweeper was first.
        db.session.rollback()
        return 0
    return len(due)


def _due(now: dt.datetime) -> list[tuple[str, dt.datetime]]:
    shop, zone, known, off = the_shop(), issuer_zone(), last_owed(), switched_off()
    due = []
    for name, work in RECURRING.items():
        timing = None if name in off else work.timing(shop)
        moment = timing and timing.owed_for(now, zone)
        if moment and known.get(name, moment - dt.timedelta(1)) < moment:
            due.append((name, moment))
    return due


def last_owed() -> dict[str, dt.datetime]:
    """By name: the last moment of the schedule that was owed."""
    query: Select[str, dt.datetime] = select(RecurringRun.name, func.max(RecurringRun.owed_for))
    by_itself = query.where(RecurringRun.asked_by == "").group_by(RecurringRun.name)
    return {name: moment for name, moment in db.session.execute(by_itself)}


def switched_off() -> dict[str, WorkSwitch]:
    return {switch.name: switch for switch in db.session.scalars(select(WorkSwitch))}


def recurring_work(name: str) -> Recurring:
    """Raises NotFound."""
    if name not in RECURRING:
        raise NotFound(_l("There is no such work."))
    return RECURRING[name]


def run_now(name: str) -> None:
    """A person wants it now. Raises Refusal while it runs."""
    running = (RecurringRun.name == name) & (RecurringRun.status == RunStatus.PENDING)
    if db.session.scalar(select(RecurringRun.id).where(running).limit(1)):
        raise Refusal(_l("It is running already."))
    now = utc_now()
    db.session.add(RecurringRun.owed(name, now, now, asked_by=actor()))
    record(db.session, "run_now", "recurring_works", name, name)


def turn_off(name: str, reason: str) -> None:
    """What runs is brought to its end. Said twice, the first reason stands."""
    if db.session.get(WorkSwitch, name) is None:
        db.session.add(WorkSwitch(name=name, reason=reason, actor=actor(), since=utc_now()))
        record(db.session, "turned_off", "recurring_works", name, name, why=reason)


def turn_on(name: str) -> None:
    """From the next moment on; the present one counts as missed. Said twice, it changes nothing."""
    if rows_changed(delete(WorkSwitch).where(WorkSwitch.name == name)):
        record(db.session, "turned_on", "recurring_works", name, name)
