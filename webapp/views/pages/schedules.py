"""Lists by e-mail on a schedule, and what the link in such an e-mail leads to."""

from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from flask import Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.http.formatting import weekday_names
from webapp.http.forms import Form
from webapp.http.handling import acts, submits
from webapp.http.lists import bounded_count, count_text
from webapp.http.localization import time_zone
from webapp.http.signed_links import LinkEnded, SignedLink, open_link
from webapp.http.spreadsheets import FileKind, download
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Forbidden
from webapp.staff.access import Identity, allow, anyone, may
from webapp.staff.throttle import refuse_flood
from webapp.views.files import file_for
from webapp.views.forms import ScheduleIn
from webapp.views.keeping import add_schedule, open_listing, read_query
from webapp.views.letters import EXPORT
from webapp.views.models import ExportSchedule, PausedFor, Rhythm, ScheduleStatus
from webapp.views.pages.blueprint import bp
from webapp.views.pages.kept import ROLES
from webapp.views.queries import people_by_name, schedule_to_change
from webapp.web.listings import listing_called

MOST_A_MINUTE = 20
FILE_LABELS = [(kind, kind.upper()) for kind in FileKind]


@bp.get("/schedules/new/<name>")
@allow(*ROLES)
def new_schedule(name: str) -> str:
    listing = open_listing(name)
    form = Form(
        {
            "listing": listing.name,
            "query": urlencode(listing.asked_of(request.args)),
            "name": str(listing.label),
            "ending": FileKind.XLSX,
            "rhythm": Rhythm.DAILY,
            "weekday": 0,
            "day": 1,
            "hour": 6,
            "recipient": g.identity.user.id,
        }
    )
    return _schedule_page(form)


def _schedule_page(form: Form) -> str:
    listing = open_listing(str(form.value("listing")))
    asked = read_query(listing, parse_qsl(str(form.value("query"))))
    people = people_by_name() if may("manager") else [g.identity.user]
    return render_template(
        "views/schedule.html",
        form=form,
        listing=listing,
        count=count_text(bounded_count(listing.ids(asked))),
        people=[(user.id, user.name) for user in people if listing.is_open_to(user.role)],
        endings=FILE_LABELS,
        rhythms=[(rhythm, rhythm.label) for rhythm in Rhythm],
        weekdays=list(enumerate(weekday_names())),
        zone=time_zone(),
    )


@bp.post("/schedules")
@allow(*ROLES)
@submits(ScheduleIn, again=_schedule_page)
def create_schedule(wanted: ScheduleIn) -> ResponseReturnValue:
    schedule = add_schedule(wanted)
    flash(_("“%(name)s” goes out by e-mail from now on.", name=schedule.name), "good")
    return _to_views()


def _to_views(**_values: object) -> ResponseReturnValue:
    return redirect(url_for("views.index"), 303)


@bp.post("/schedules/<id:schedule_id>/pause")
@allow(*ROLES)
@acts(back=_to_views)
def pause(schedule_id: int) -> ResponseReturnValue:
    schedule_to_change(schedule_id).pause(PausedFor.HAND)
    return _to_views()


@bp.post("/schedules/<id:schedule_id>/resumption")
@allow(*ROLES)
@acts(back=_to_views)
def resume_schedule(schedule_id: int) -> ResponseReturnValue:
    schedule = schedule_to_change(schedule_id)
    if schedule.status is ScheduleStatus.PAUSED:
        schedule.begin(utc_now(), ZoneInfo(time_zone()))
    return _to_views()


@bp.post("/schedules/<id:schedule_id>/deletion")
@allow(*ROLES)
@acts(back=_to_views)
def delete_schedule(schedule_id: int) -> ResponseReturnValue:
    """Its links end with it."""
    db.session.delete(schedule_to_change(schedule_id))
    flash(_("The schedule is deleted, and its links have ended."), "good")
    return _to_views()


# -- what the link leads to -----------------------------------------------------------------------


def _linked(token: str) -> tuple[ExportSchedule, SignedLink]:
    """The schedule, with the rights of the person to whom it goes. Raises LinkEnded and
    TooManyTries."""
    refuse_flood("exports", MOST_A_MINUTE)
    link = open_link(EXPORT, token)
    schedule = db.session.get(ExportSchedule, link.row_id)
    if schedule is None or not schedule.recipient.active:
        raise LinkEnded(_("The schedule that it came from is no more."))
    user = schedule.recipient
    g.identity = Identity(user.email, user.role, user=user)
    return schedule, link


@bp.get("/exports/linked/<token>")
@anyone
def linked(token: str) -> str:
    schedule, link = _linked(token)
    file = file_for(schedule, link.given_on)
    return render_template("views/linked.html", schedule=schedule, until=link.until, file=file)


@bp.get("/exports/linked/<token>/file")
@anyone
def linked_file(token: str) -> Response:
    schedule, link = _linked(token)
    listing, kind = listing_called(schedule.listing), FileKind(schedule.ending)
    file = file_for(schedule, link.given_on)
    if file is None:
        return listing.file(kind, schedule.query)
    if not listing.is_open:
        raise Forbidden(_("Your role does not open this list."))
    return download(listing.file_name(schedule.query), kind, [file.content])
