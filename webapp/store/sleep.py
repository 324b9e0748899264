"""A shop that came out of a backup sleeps: it takes orders, shows what it has, and sends nothing.

The shop it was copied from may have gone on: issued the next numbers, sent the e-mails that are
owed here too. Only a person knows, so an administrator wakes it and says where the numbers stand.
"""

import datetime as dt

from sqlalchemy import select

from webapp.audit.tracking import record
from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.store.forms import SeriesIn
from webapp.store.models import Shop
from webapp.store.queries import the_series, the_shop
from webapp.store.settings_edits import raise_next_number


def is_asleep() -> bool:
    """For workers and the sweeper, before they begin."""
    with only_reading():
        since = db.session.scalar(select(Shop.asleep_since))
        db.session.rollback()
    return since is not None


def put_to_sleep(as_of: dt.datetime) -> None:
    """Until `wake`; `as_of`: when the backup was made."""
    the_shop().asleep_since = as_of


def wake(wanted: SeriesIn) -> None:
    """Raises Refusal for a number that this shop has used already."""
    series = the_series()
    raise_next_number(series.id, wanted)
    the_shop().asleep_since = None
    record(db.session, "woken", "shop", the_shop().id, next_number=wanted.next_number)
