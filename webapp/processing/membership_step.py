"""A membership with a last day: its owner is reminded ahead of it, and after it the membership has
lapsed."""

import datetime as dt
from zoneinfo import ZoneInfo

from flask_babel import force_locale
from sqlalchemy import select

from webapp.audit.tracking import actor
from webapp.fulfilment.memberships.models import Membership, MembershipStatus
from webapp.fulfilment.memberships.terms import term_of
from webapp.http.formatting import day_text, shop_day
from webapp.messages.queries import compose
from webapp.messages.words import ENDS_SOON
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.processing.claims import Step
from webapp.processing.triggers import note_lapsed
from webapp.sales.models import Sale
from webapp.sales.queries import latest_sales_of
from webapp.store.queries import shop_time_zone

# After what nobody foresaw it is tried again by itself: a membership must not run for ever.
PAUSE = dt.timedelta(days=1)


class MembershipStep(Step[Membership, None, None]):
    model = Membership
    status = MembershipStatus.ACTIVE

    def write_row(self, row: Membership, shared: None, now: dt.datetime) -> None:
        today = shop_day(now)
        if row.ends_on is None:
            row.clear_work()
        elif row.ends_on < today:
            row.end(actor())
            db.session.flush()
            note_lapsed(row)
        else:
            reminder = self._reminded_from(row, row.ends_on)
            if reminder and reminder > today:
                row.owe(_morning_of(reminder))
                return
            if reminder:
                self._remind(row, row.ends_on, now)
            row.owe(_morning_of(row.ends_on + dt.timedelta(1)))

    def _reminded_from(self, row: Membership, ends_on: dt.date) -> dt.date | None:
        """None where nobody is reminded, or was already."""
        days = term_of(row.plan).reminded_days
        return ends_on - dt.timedelta(days) if days and row.reminded_of != ends_on else None

    def _remind(self, row: Membership, ends_on: dt.date, now: dt.datetime) -> None:
        """By way of their latest order; one who never bought, or left no address, is not written
        to."""
        row.reminded_of = ends_on
        sale = db.session.scalar(
            select(Sale).where(Sale.id.in_(latest_sales_of(row.customer_id, 1)))
        )
        if sale and sale.customer_email and not sale.is_anonymised:
            with force_locale(sale.customer_locale):
                told = {"plan": row.plan, "ends_on": day_text(ends_on)}
            compose(sale, ENDS_SOON, told, now)

    def give_up(self, row: Membership, error: str) -> None:
        row.try_later(utc_now() + PAUSE, error)


def _morning_of(day: dt.date) -> dt.datetime:
    """Its first moment by the shop's clock."""
    midnight = dt.datetime.combine(day, dt.time(), ZoneInfo(shop_time_zone()))
    return midnight.astimezone(dt.UTC)
