"""The schedule as pages and programs show it: each recurring work in words, with what became of it
last."""

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

import redis
from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from webapp.attempts.models import Attempt
from webapp.fulfilment.memberships.models import Membership
from webapp.monitor.registries import swept_at
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.processing.models import RecurringRun, WorkSwitch
from webapp.processing.recurring import RECURRING, Recurring, switched_off
from webapp.processing.timing import Timing
from webapp.staff.access import may
from webapp.store.queries import issuer_zone, the_shop
from webapp.views.models import ExportSchedule


@dataclass(frozen=True)
class Planned:
    """`words`: when; `next_at` is None while nobody wants it, or it is `off`."""

    work: Recurring
    words: str
    last: RecurringRun | None
    next_at: dt.datetime | None
    off: WorkSwitch | None


def schedule() -> list[Planned]:
    """Three statements, however much recurs."""
    shop, zone, now, off, last = the_shop(), issuer_zone(), utc_now(), switched_off(), last_runs()
    planned = []
    for name, work in RECURRING.items():
        timing, switch = work.timing(shop), off.get(name)
        next_at = timing.following(now, zone) if timing and not switch else None
        planned.append(Planned(work, in_words(timing), last.get(name), next_at, switch))
    return planned


def in_words(timing: Timing | None) -> str:
    if timing is None:
        return _("Not asked for")
    time = f"{timing.hour:02}:00"
    if timing.day is None:
        return _("Every day at %(time)s", time=time)
    return _("On day %(day)s of each month at %(time)s", day=timing.day, time=time)


class StandingWork(NamedTuple):
    """What recurs by itself and is kept elsewhere: `last` its last attempt, with nothing else than
    `last_at` known of the sweeper; `page` is where it is set, run and turned off."""

    name: str
    label: str
    help: str
    words: str
    last_at: dt.datetime | None
    last: Attempt | None
    next_at: dt.datetime | None
    page: str
    history: str = ""


def standing() -> list[StandingWork]:
    """The sweeper, alerts, reports and reminders."""
    found = [
        StandingWork(
            "sweeper",
            _("Sweeper"),
            _("Takes up what was interrupted, and owes all that stands here. It cannot be off."),
            _("Every second"),
            _swept_at(),
            None,
            None,
            url_for("monitor.page"),
        ),
        StandingWork(
            "alerts",
            _("Look out for alerts"),
            _("The certificate, numbers to be voided, the disk, what waits or fails …"),
            _("Every %(num)s seconds", num=15),
            _swept_at(),
            None,
            None,
            url_for("alerts.limits_page" if may("admin") else "alerts.index"),
            url_for("alerts.index"),
        ),
    ]
    for model, label, words, page in (
        (ExportSchedule, _("Lists by e-mail"), _("Each in its own rhythm"), "views.index"),
        (Membership, _("Reminders of memberships"), _("Each at its own day"), "memberships.plans"),
    ):
        found.append(_of_rows(model, label, words, url_for(page)))
    return found


def _of_rows(
    model: type[ExportSchedule | Membership], label: str, words: str, page: str
) -> StandingWork:
    kind, step = model.work_kind(), "active"
    of_these = (Attempt.kind == kind) & (Attempt.step == step)
    latest = select(Attempt).where(of_these).order_by(Attempt.ended_at.desc(), Attempt.id.desc())
    last = db.session.scalar(latest.limit(1))
    owed = (model.status == step) & model.due_at.is_not(None)
    next_at = db.session.scalar(select(func.min(model.due_at)).where(owed))
    history = url_for("jobs.attempts", step=f"{kind}.{step}")
    ended = last.ended_at if last else None
    return StandingWork(kind, label, "", words, ended, last, next_at, page, history)


def _swept_at() -> dt.datetime | None:
    try:
        return swept_at()
    except redis.RedisError:
        return None


def last_runs() -> dict[str, RecurringRun]:
    latest: Select[int] = select(func.max(RecurringRun.id)).group_by(RecurringRun.name)
    found = db.session.scalars(select(RecurringRun).where(RecurringRun.id.in_(latest)))
    return {run.name: run for run in found}


def runs_of(name: str) -> Select[RecurringRun]:
    return select(RecurringRun).where(RecurringRun.name == name)
