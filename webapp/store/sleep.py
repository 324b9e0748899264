"""A shop that came out of a backup sleeps: it takes orders, shows what it has, and sends nothing.

The shop it was copied from may have gone on: issued the next numbers, sent the e-mails that are
owed here too. Only a person knows, so an administrator wakes it and says where the numbers stand.
"""

import datetime as dt

from sqlalchemy import select

from webapp.audit.tracking import record
from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.store.forms import WakeIn
from webapp.store.models import Shop
from webapp.store.numbering import raise_next_number
from webapp.store.queries import every_series, locked_series, the_shop


def is_asleep() -> bool:
    """For workers and the sweeper, before they begin."""
    with only_reading():
        since = db.session.scalar(select(Shop.asleep_since))
        db.session.rollback()
    return since is not None


def put_to_sleep(as_of: dt.datetime) -> None:
    """Until `wake`; `as_of`: when the backup was made."""
    the_shop().asleep_since = as_of


def wake(wanted: WakeIn) -> None:
    """Raises Invalid for a number that this shop has used already, or a series that is not told."""
    first, *others = every_series()
    numbers = {told.id: (n, told.next_number) for n, told in enumerate(wanted.others)}
    raise_next_number(locked_series(first.id), wanted.next_number, "next_number")
    for place, series in enumerate(others):
        n, number = numbers.get(series.id, (place, 0))
        raise_next_number(locked_series(series.id), number, f"others.{n}.next_number")
    for series in (first, *others):
        series.is_unsure = True
    the_shop().asleep_since = None
    record(db.session, "woken", "shop", the_shop().id, next_number=wanted.next_number)
