"""What must leave the shop, by when: orders that are late, leave today, or will not make it."""

import datetime as dt
import enum
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import ColumnElement, and_, or_

from webapp.sales.models import TO_LEAVE, Sale, Status
from webapp.sales.shipping_times import next_working_day
from webapp.store.dispatch import terms_of
from webapp.store.queries import the_shop


class Due(enum.StrEnum):
    """`WILL_MISS`: it leaves by the end of the next working day, and still waits for something."""

    ANY = "any"
    LATE = "late"
    TODAY = "today"
    WILL_MISS = "will_miss"

    @property
    def label(self) -> LazyString:
        return LABELS[self]


LABELS = {
    Due.ANY: _l("Still to leave"),
    Due.LATE: _l("Late"),
    Due.TODAY: _l("Leaves today"),
    Due.WILL_MISS: _l("Will not make it"),
}
# Beside a person's answer, what a rule or the policy gives to a person.
WAITS = or_(Sale.waits_since.is_not(None), Sale.status == Status.REVIEW)


def is_due(due: Due, now: dt.datetime) -> ColumnElement[bool]:
    """As a condition on sales."""
    if due is Due.ANY:
        return and_(TO_LEAVE)
    if due is Due.LATE:
        return and_(TO_LEAVE, Sale.ship_by < now)
    terms = terms_of(the_shop())
    today = now.astimezone(ZoneInfo(terms.time_zone)).date()
    ahead = and_(TO_LEAVE, Sale.ship_by >= now)
    if due is Due.TODAY:
        return and_(ahead, Sale.ship_by < _end_of(today, terms.time_zone))
    soon = next_working_day(today, terms)
    return and_(ahead, Sale.ship_by < _end_of(soon, terms.time_zone), WAITS)


def _end_of(day: dt.date, zone: str) -> dt.datetime:
    midnight = dt.datetime.combine(day + dt.timedelta(1), dt.time(), ZoneInfo(zone))
    return midnight.astimezone(dt.UTC)
