"""Managers are told of an alert, and that it is over: in the bell, and by e-mail who wants it."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from webapp.alerts.kinds import KINDS
from webapp.alerts.models import Alert
from webapp.http.formatting import duration_text
from webapp.http.localization import USUAL_LOCALE
from webapp.messages.models import StaffLetter
from webapp.notifications.telling import NotificationKind, notify
from webapp.platform.database import db
from webapp.staff.models import Role, User
from webapp.store.queries import the_shop

PAGE = "/alerts"


def opened_words(params: Mapping[str, Any]) -> str:
    return KINDS[params["alert"]].words(params["subject"], params["value"])


def resolved_words(params: Mapping[str, Any]) -> str:
    lasted = duration_text(params["seconds"])
    return _("Over after %(time)s: %(what)s", time=lasted, what=opened_words(params))


OPENED = NotificationKind("alert_opened", _l("Alert"), "alert-triangle", opened_words)
RESOLVED = NotificationKind("alert_resolved", _l("Alert over"), "circle-check", resolved_words)


def told_people() -> list[User]:
    wanted = User.active & User.role.in_((Role.MANAGER, Role.ADMIN))
    return list(db.session.scalars(select(User).where(wanted).order_by(User.id)))


def tell_opened(alert: Alert, now: dt.datetime) -> None:
    _tell(alert, OPENED, {"value": alert.latest}, now)


def tell_resolved(alert: Alert, now: dt.datetime) -> None:
    assert alert.resolved_at, "it is over"
    seconds = max((alert.resolved_at - alert.opened_at) // dt.timedelta(seconds=1), 0)
    _tell(alert, RESOLVED, {"value": alert.worst, "seconds": seconds}, now)


def _tell(
    alert: Alert, kind: NotificationKind, figures: Mapping[str, int], now: dt.datetime
) -> None:
    people = told_people()
    params = {"alert": alert.kind, "subject": alert.subject, **figures}
    notify(people, kind, params, PAGE)
    for person in people:
        if person.alert_mail:
            _write(person, kind, params, f"{kind.key}-{alert.id}", now)


def _write(
    person: User,
    kind: NotificationKind,
    params: Mapping[str, Any],
    key: str,
    now: dt.datetime,
) -> None:
    assert kind.words, "both are told of in words of their own"
    with force_locale(person.locale or USUAL_LOCALE):
        text = kind.words(params)
        subject = f"{kind.sentence}: {the_shop().trade_name or the_shop().name}"
    db.session.add(StaffLetter.owed(person, key, subject, text, PAGE, now))
