"""Views are kept, shared and pinned; lists are put on a schedule."""

import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from flask import g
from flask_babel import gettext as _
from sqlalchemy import Select, func, select

from webapp.http.localization import time_zone
from webapp.http.query import WrongFilter
from webapp.http.spreadsheets import FileKind
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Forbidden, Invalid, Refusal
from webapp.platform.text import storable
from webapp.staff.access import may
from webapp.staff.models import ApiToken, Role, User
from webapp.views.forms import ScheduleIn, SharedViewIn, ViewIn
from webapp.views.models import ColumnChoice, ExportSchedule, View
from webapp.views.queries import MOST_PINNED, MOST_SCHEDULES, MOST_VIEWS, own_count, pinned_views
from webapp.web.listings import SORT, Listing, listing_called

MOST_COLUMNS = 20
COLUMN_NAME = re.compile(r"[a-z0-9_]{1,40}")


def open_listing(name: str) -> Listing:
    """Raises NotFound, and Forbidden where its page is not open to the person."""
    listing = listing_called(name)
    if not listing.is_open:
        raise Forbidden(_("Your role does not open this list."))
    return listing


def read_query(listing: Listing, query: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What of an address's query the list knows. Raises WrongFilter."""
    asked = listing.asked_of({name: storable(value) for name, value in query})
    listing.ids(asked)
    return asked


def save_view(wanted: ViewIn) -> View:
    """Under a name that the person has for this list already, it takes that one's place."""
    listing = open_listing(wanted.listing)
    view = _view_called(listing, wanted.name, g.identity.user.id)
    view.query = read_query(listing, parse_qsl(wanted.query))
    if may("manager"):
        view.shared = wanted.shared
    return view


def share_view(wanted: SharedViewIn) -> View:
    """A program's: of whom its token is or, made on the command line, of the first administrator.
    Raises WrongFilter."""
    listing, user = open_listing(wanted.listing), g.identity.user
    owner_id = user.id if user else db.session.scalar(_who_stands_for(g.identity.token_id))
    if owner_id is None:
        raise Refusal(_("A view is somebody's; this shop has no administrator yet."))
    for name in wanted.query:
        if name not in (*listing.filters, SORT):
            raise WrongFilter(name, _("This list has no such filter."))
    view = _view_called(listing, wanted.name, owner_id)
    view.query, view.shared = read_query(listing, wanted.query.items()), True
    return view


def _who_stands_for(token_id: int) -> Select[Any]:
    its_own = select(ApiToken.owner_id).where(ApiToken.id == token_id).scalar_subquery()
    admins = select(User.id).where(User.role == Role.ADMIN, User.active)
    return select(func.coalesce(its_own, admins.order_by(User.id).limit(1).scalar_subquery()))


def _view_called(listing: Listing, name: str, owner_id: int) -> View:
    """Theirs of this name, or a new one."""
    if not listing.has_page:
        raise Refusal(_("This list has no views."))
    same = (View.owner_id == owner_id, View.listing == listing.name, View.name == name)
    view = db.session.scalar(select(View).where(*same))
    if view is None:
        if own_count(owner_id) >= MOST_VIEWS:
            raise Refusal(_("You have as many views as one can keep; delete one first."))
        view = View(owner_id=owner_id, listing=listing.name, name=name)
        db.session.add(view)
    return view


def pin(view: View) -> None:
    if not view.pinned and len(pinned_views()) >= MOST_PINNED:
        raise Refusal(_("The menu has as many views as fit; take one out first."))
    view.pinned = True


def choose_columns(listing: Listing, hidden: Sequence[str], more: Sequence[str]) -> None:
    """From now on the person sees the list so. Names that it has not are passed over."""
    user_id = g.identity.user.id
    mine = (ColumnChoice.user_id == user_id, ColumnChoice.listing == listing.name)
    choice = db.session.scalar(select(ColumnChoice).where(*mine))
    if choice is None:
        choice = ColumnChoice(user_id=user_id, listing=listing.name)
        db.session.add(choice)
    choice.hidden = [name for name in hidden if COLUMN_NAME.fullmatch(name)][:MOST_COLUMNS]
    choice.more = [name for name in listing.named_cells if name in more][:MOST_COLUMNS]


def add_schedule(wanted: ScheduleIn) -> ExportSchedule:
    """Raises Invalid for a person who may not have the list."""
    listing = open_listing(wanted.listing)
    recipient = db.session.get(User, wanted.recipient) if wanted.recipient else g.identity.user
    if recipient is None or recipient.id != g.identity.user.id and not may("manager"):
        raise Invalid([FieldError("recipient", _("Only a manager sends a list to others."))])
    if not recipient.active or not listing.is_open_to(recipient.role):
        raise Invalid([FieldError("recipient", _("This person may not open the list."))])
    of_them = ExportSchedule.recipient_id == recipient.id
    count = db.session.scalar(select(func.count()).select_from(ExportSchedule).where(of_them))
    if (count or 0) >= MOST_SCHEDULES:
        raise Refusal(_("This person has as many schedules as one can keep; delete one first."))
    schedule = ExportSchedule(
        recipient_id=recipient.id,
        listing=listing.name,
        name=wanted.name,
        query=read_query(listing, parse_qsl(wanted.query)),
        ending=FileKind(wanted.ending),
        rhythm=wanted.rhythm,
        weekday=wanted.weekday,
        day=wanted.day,
        hour=wanted.hour,
    )
    schedule.begin(utc_now(), ZoneInfo(time_zone()))
    db.session.add(schedule)
    return schedule
