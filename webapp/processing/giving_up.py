"""A person gives a step up: its row is left as after its last attempt in vain."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select, update

from webapp.attempts.models import FailingWork
from webapp.audit.tracking import because, record
from webapp.platform.clock import database_now
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.platform.owed import GIVEN_UP, Owed
from webapp.processing.membership_step import MembershipStep
from webapp.processing.retrying import CameOf, come_to

if TYPE_CHECKING:
    from webapp.processing.pipeline import Station


def may_be_given_up(station: "Station") -> bool:
    """Not what may have arrived elsewhere, which is asked for until that is known, nor what only
    looks at a clock."""
    step = station.step
    if step is None or isinstance(step, MembershipStep):
        return False
    return step.most_alone is not None


def give_up(station: "Station", row_id: int, reason: str) -> None:
    """Raises Refusal while a worker is at it, and when it is owed no more."""
    row = _locked(station, row_id)
    if row is None or station.step is None or not may_be_given_up(station):
        raise Refusal(_("This step is done, or cannot be given up; nothing was changed."))
    if row.lease and row.due_at and row.due_at > database_now(db.session):
        raise Refusal(_("A worker is at it just now. Try again in a moment."))
    with because(reason):
        step = str(row.status)
        station.step.give_up(row, GIVEN_UP)
        record(db.session, "given_up", station.model.__tablename__, row_id, why=reason, step=step)
    of_row = (FailingWork.kind == station.kind) & (FailingWork.row_id == row_id)
    given_up = update(FailingWork).where(of_row, FailingWork.step == step)
    db.session.execute(given_up.values(is_given_up=True))


def give_up_all(works: Sequence[FailingWork], reason: str) -> CameOf:
    """How many were given up, and why others were not."""
    # The table of stations names the step that calls this.
    from webapp.processing.pipeline import WORKED

    stations = {(station.kind, str(station.status)): station for station in WORKED}
    came = CameOf()
    for work in works:
        station = stations[work.kind, work.step]
        come_to(came, GIVEN_UP, partial(give_up, station, work.row_id, reason))
    return came


def _locked(station: "Station", row_id: int) -> Owed | None:
    """The row, where it owes the station's work; after what others lock before it."""
    if station.step is None:
        return None
    station.step.lock_before([row_id])
    model = station.model
    owes = (model.id == row_id) & (model.status == station.status) & model.due_at.is_not(None)
    query = select(model).where(owes).options(*station.step.write_load)
    return db.session.scalars(query.with_for_update(of=model)).unique().one_or_none()
