"""When a list goes out, in words."""

from flask_babel import gettext as _

from webapp.http.formatting import weekday_names
from webapp.views.models import ExportSchedule, Rhythm


def rhythm_words(schedule: ExportSchedule) -> str:
    hour = f"{schedule.hour:02d}:00"
    if schedule.rhythm is Rhythm.WEEKLY:
        day = weekday_names()[schedule.weekday]
        return _("Every week: %(day)s, %(hour)s", day=day, hour=hour)
    if schedule.rhythm is Rhythm.MONTHLY:
        return _("Every month: day %(day)s, %(hour)s", day=schedule.day, hour=hour)
    if schedule.rhythm is Rhythm.WEEKDAYS:
        return _("Every weekday at %(time)s", time=hour)
    return _("Every day: %(hour)s", hour=hour)
