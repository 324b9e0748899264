"""The schedule as pages and programs show it: each recurring work in words, with what became of it
last."""

import datetime as dt
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.processing.models import RecurringRun, WorkSwitch
from webapp.processing.recurring import RECURRING, Recurring, switched_off
from webapp.processing.timing import Timing
from webapp.store.queries import issuer_zone, the_shop


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


def last_runs() -> dict[str, RecurringRun]:
    latest: Select[int] = select(func.max(RecurringRun.id)).group_by(RecurringRun.name)
    found = db.session.scalars(select(RecurringRun).where(RecurringRun.id.in_(latest)))
    return {run.name: run for run in found}


def runs_of(name: str) -> Select[RecurringRun]:
    return select(RecurringRun).where(RecurringRun.name == name)
