"""The bell and the page behind it."""

from flask import Blueprint, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from webapp.http.lists import newest_first, page_of
from webapp.notifications.models import Notification
from webapp.notifications.queries import notifications_of, own_notification
from webapp.notifications.telling import read_all, ring_bell, told
from webapp.platform.clock import utc_now
from webapp.staff.access import allow, unattended

bp = Blueprint("notifications", __name__)


@bp.get("/notifications")
@allow("clerk", "accountant")
def index() -> str:
    page = page_of(notifications_of(g.identity.user.id), newest_first(Notification.id))
    return render_template("notifications/index.html", page=page, rows=told(page.items))


@bp.get("/notifications/bell")
@allow("clerk", "accountant")
@unattended
def bell() -> str:
    return render_template("notifications/_bell.html")


@bp.post("/notifications/<id:notification_id>/reading")
@allow("clerk", "accountant")
def read(notification_id: int) -> Response:
    """Leads to what it is about."""
    found = own_notification(g.identity.user.id, notification_id)
    found.read(utc_now())
    ring_bell(found.user_id)
    return redirect(found.link, 303)


@bp.post("/notifications/reading")
@allow("clerk", "accountant")
def read_every() -> Response:
    read_all(g.identity.user.id, utc_now())
    return redirect(url_for("notifications.index"), 303)
