"""Views and schedules, as a person has them."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flask import g
from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.platform.kept import kept
from webapp.staff.access import may
from webapp.staff.models import User
from webapp.store.queries import the_shop
from webapp.views.models import ColumnChoice, ExportRun, ExportSchedule, View
from webapp.web.listings import listings

# Of a person, or shared.
MOST_VIEWS, MOST_SCHEDULES, MOST_PINNED, RUNS_SHOWN = 50, 50, 8, 5
# Of one's own and the shared ones.
MOST_KNOWN = 200


class KnownView(NamedTuple):
    """A view as a process keeps it, until the shop's mark tells that one was changed: the menu of
    each page asks nothing."""

    id: int
    owner_id: int
    listing: str
    name: str
    query: Mapping[str, str]
    shared: bool
    pinned: bool


def my_views() -> Sequence[KnownView]:
    """The person's own and the shared ones, of lists that are open to them; a program's are the
    shared ones."""
    if g.identity is None:
        return ()
    user_id = g.identity.user.id if g.identity.user else 0
    known = kept(("views", user_id), the_shop().views_mark, lambda: _read(user_id), math.inf)
    return [view for view in known if _is_open(view)]


def _is_open(view: KnownView) -> bool:
    listing = listings().get(view.listing)
    return bool(listing and listing.is_open)


def _read(user_id: int) -> list[KnownView]:
    mine = or_(View.shared, View.owner_id == user_id)
    columns = (getattr(View, name) for name in KnownView._fields)
    query = select(*columns).where(mine).order_by(View.shared.desc(), View.name, View.id)
    return [KnownView(*row) for row in db.session.execute(query.limit(MOST_KNOWN))]


class KnownColumns(NamedTuple):
    """A person's choice of columns, as a process keeps it."""

    hidden: frozenset[str] = frozenset()
    more: tuple[str, ...] = ()


def my_columns(listing: str) -> KnownColumns:
    """The person's own of the list; the list as it is made for who chose none."""
    if g.identity is None or g.identity.user is None:
        return KnownColumns()
    user_id = g.identity.user.id
    mark = the_shop().views_mark
    known = kept(("columns", user_id), mark, lambda: _read_columns(user_id), math.inf)
    return known.get(listing, KnownColumns())


def _read_columns(user_id: int) -> dict[str, KnownColumns]:
    rows = db.session.scalars(select(ColumnChoice).where(ColumnChoice.user_id == user_id))
    return {row.listing: KnownColumns(frozenset(row.hidden), tuple(row.more)) for row in rows}


def pinned_views() -> Sequence[KnownView]:
    return [view for view in my_views() if view.pinned][:MOST_PINNED]


def own_count(user_id: int) -> int:
    query = select(func.count()).select_from(View).where(View.owner_id == user_id)
    return db.session.scalar(query) or 0


def visible_view(view_id: int) -> KnownView:
    """Raises NotFound, for views of lists that are closed to the person too."""
    for view in my_views():
        if view.id == view_id:
            return view
    raise NotFound(_("There is no such view."))


def may_change(view: KnownView) -> bool:
    user = g.identity.user
    return bool(user and view.owner_id == user.id or view.shared and may("manager"))


def view_to_change(view_id: int) -> View:
    """Raises NotFound."""
    if may_change(visible_view(view_id)) and (found := db.session.get(View, view_id)):
        return found
    raise NotFound(_("There is no such view of yours."))


def my_schedules() -> Sequence[ExportSchedule]:
    """Those that go to the person; a manager's are everybody's."""
    query = select(ExportSchedule).options(joinedload(ExportSchedule.recipient))
    if not may("manager"):
        query = query.where(ExportSchedule.recipient_id == g.identity.user.id)
    return db.session.scalars(query.order_by(ExportSchedule.id.desc()).limit(200)).all()


def schedule_to_change(schedule_id: int) -> ExportSchedule:
    """Raises NotFound."""
    found = db.session.get(ExportSchedule, schedule_id)
    if found is None or not (may("manager") or found.recipient_id == g.identity.user.id):
        raise NotFound(_("There is no such schedule."))
    return found


def latest_runs(schedules: Sequence[ExportSchedule]) -> dict[int, list[ExportRun]]:
    """The last few of each, the newest first."""
    ids = [schedule.id for schedule in schedules]
    place = func.row_number().over(partition_by=ExportRun.schedule_id, order_by=ExportRun.id.desc())
    ranked = (
        select(ExportRun.id, place.label("place")).where(ExportRun.schedule_id.in_(ids)).subquery()
    )
    query = select(ExportRun).join(ranked, ranked.c.id == ExportRun.id)
    runs: dict[int, list[ExportRun]] = {schedule_id: [] for schedule_id in ids}
    for run in db.session.scalars(
        query.where(ranked.c.place <= RUNS_SHOWN).order_by(ExportRun.id.desc())
    ):
        runs[run.schedule_id].append(run)
    return runs


def people_by_name() -> Sequence[User]:
    """Who may get a list by e-mail."""
    query = select(User).where(User.active).order_by(User.name, User.id).limit(200)
    return db.session.scalars(query).all()
