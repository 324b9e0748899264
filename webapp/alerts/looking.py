"""Looks at the house for each kind of alert: opens what is there, resolves what is over. The
sweeper calls it; two that look at once open and tell a thing once."""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from webapp.alerts.kinds import KINDS
from webapp.alerts.limits import limits_of
from webapp.alerts.models import KEPT, OPEN, Alert
from webapp.alerts.telling import tell_opened, tell_resolved
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.notices import notices_of
from webapp.platform.transactions import only_reading
from webapp.store.queries import the_shop
from webapp.store.sleep import is_asleep

LOOK_SECONDS = 15
# The live page of alerts.
LIVE = ("alerts", 1)
# By kind and subject: the figure and the limit that it passes.
Seen = dict[tuple[str, str], tuple[int, int]]


@dataclass
class Lookout:
    """Of one process: looks every so many seconds, however often it is called."""

    clock: Callable[[], float] = time.monotonic
    _next: float = 0.0

    def look_when_due(self) -> None:
        if self.clock() >= self._next:
            self._next = self.clock() + LOOK_SECONDS
            look()


def look(now: dt.datetime | None = None) -> None:
    """Measures with no lock held, and writes where something is to be written."""
    if is_asleep():
        return
    with only_reading():
        seen, unknown = measured()
        is_any_open = db.session.scalar(select(Alert.id).where(OPEN).limit(1)) is not None
        db.session.rollback()
    if not (seen or is_any_open):
        return
    try:
        _write(seen, unknown, now or utc_now())
        db.session.commit()
    except IntegrityError:
        # Another machine has opened the same one at this moment.
        db.session.rollback()


def measured() -> tuple[Seen, set[str]]:
    """What passes its limit, and the kinds of which nothing is known just now."""
    seen: Seen = {}
    unknown = set()
    for key, limit in limits_of(the_shop()).items():
        kind = KINDS[key]
        if limit is None:
            continue
        figures = kind.measure()
        if figures is None:
            unknown.add(key)
            continue
        for subject, figure in figures.items():
            if kind.passes(figure, limit):
                seen[key, subject] = figure, limit
    return seen, unknown


def _write(seen: Seen, unknown: set[str], now: dt.datetime) -> None:
    still = select(Alert).where(OPEN).order_by(Alert.id).with_for_update()
    present = {(alert.kind, alert.subject): alert for alert in db.session.scalars(still)}
    for key, (figure, limit) in seen.items():
        if key not in present:
            _open(key, figure, limit, now)
            continue
        alert, kind = present[key], KINDS[key[0]]
        alert.see(figure, kind.worse(figure, alert.worst))
        if alert.tell(now):
            tell_opened(alert, now)
    for key, alert in present.items():
        if key not in seen and key[0] not in unknown:
            _clear(alert, now)
    if db.session.dirty or db.session.new or db.session.deleted:
        notices_of(db.session).row_changed(*LIVE)


def _open(key: tuple[str, str], figure: int, limit: int, now: dt.datetime) -> None:
    kind, subject = key
    db.session.add(
        Alert(
            kind=kind, subject=subject, threshold=limit, latest=figure, worst=figure, opened_at=now
        )
    )


def _clear(alert: Alert, now: dt.datetime) -> None:
    """What nobody was told of was nothing; what is of a kind that is no more, too."""
    if alert.told_at is None:
        db.session.delete(alert)
    elif alert.clear(now):
        if alert.kind in KINDS:
            tell_resolved(alert, now)
        db.session.execute(delete(Alert).where(Alert.resolved_at < now - KEPT))
