"""When a list goes out, in words."""

import datetime as dt

from flask_babel import format_date
from flask_babel import gettext as _

from webapp.views.models import ExportSchedule, Rhythm

A_MONDAY = dt.date(2026, 11, 30)


def weekday_names() -> list[str]:
    """From Monday on."""
    return [format_date(A_MONDAY + dt.timedelta(place), "cccc") for place in range(7)]


def rhythm_words(schedule: ExportSchedule) -> str:
    hour = f"{schedule.hour:02d}:00"
    if schedule.rhythm is Rhythm.WEEKLY:
        day = weekday_names()[schedule.weekday]
        return _("Every week: %(day)s, %(hour)s", day=day, hour=hour)
    if schedule.rhythm is Rhythm.MONTHLY:
        return _("Every month: day %(day)s, %(hour)s", day=schedule.day, hour=hour)
    return _("Every day: %(hour)s", hour=hour)
