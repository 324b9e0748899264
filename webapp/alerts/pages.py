"""The alerts, open and past; who is told by e-mail, and from which figures on."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.alerts.forms import AlertLimitsIn, AlertMailIn
from webapp.alerts.kinds import KINDS, limit_words
from webapp.alerts.limits import limits_of, set_limits
from webapp.alerts.looking import LIVE
from webapp.alerts.models import Alert
from webapp.alerts.queries import open_alerts, past_alerts
from webapp.http.forms import Form, Shape, parse
from webapp.http.handling import submits
from webapp.http.lists import newest_first
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.staff.access import allow, unattended
from webapp.store.pages.blueprint import settings_tabs
from webapp.store.queries import the_shop
from webapp.web.listings import Cell, Listing

bp = Blueprint("alerts", __name__)
PAST_ALERTS = Listing(
    name="past-alerts",
    label=_l("Past alerts"),
    endpoint="alerts.index",
    rows=lambda _asked: past_alerts().where(Alert.kind.in_(KINDS)),
    orders=newest_first(Alert.id),
    cells=(
        Cell(_l("What"), lambda alert: str(KINDS[alert.kind].words(alert.subject, alert.worst))),
        Cell(_l("Began"), lambda alert: alert.opened_at),
        Cell(_l("Over since"), lambda alert: alert.resolved_at),
    ),
    has_page=False,
)


@bp.get("/alerts")
@allow("manager")
def index() -> str:
    return render_template("alerts/index.html", **_state())


@bp.get("/alerts/state")
@allow("manager")
@unattended
def state() -> str:
    """The part of the page that moves by itself."""
    return render_template("alerts/_state.html", **_state())


def _state() -> dict[str, object]:
    known = Alert.kind.in_(KINDS)
    return {
        "open": db.session.scalars(open_alerts().where(known).order_by(Alert.opened_at)).all(),
        "page": PAST_ALERTS.page(request.args),
        "kinds": KINDS,
        "limit_words": limit_words,
        "live_key": "{}-{}".format(*LIVE),
        "now": utc_now(),
    }


@bp.post("/alerts/letters")
@allow("manager")
def want_letters() -> ResponseReturnValue:
    """Whether the person is told by e-mail, too."""
    wanted = parse(AlertMailIn, {"wanted": request.form.get("wanted", "")}, form=True)
    g.identity.user.alert_mail = wanted.wanted
    flash(_("That was saved."), "good")
    return redirect(url_for("alerts.index"), 303)


@bp.get("/settings/alerts")
@allow("admin")
def limits_page() -> str:
    limits = limits_of(the_shop())
    return _limits_page(Form.filled({key: "" if it is None else it for key, it in limits.items()}))


def _limits_page(form: Form) -> str:
    tabs = settings_tabs("alerts.limits_page")
    return render_template("alerts/limits.html", tabs=tabs, form=form, kinds=KINDS.values())


@bp.post("/settings/alerts")
@allow("admin")
@submits(AlertLimitsIn, again=_limits_page)
def save_limits(wanted: Shape) -> ResponseReturnValue:
    set_limits(the_shop(), wanted.model_dump())
    flash(_("That was saved."), "good")
    return redirect(url_for("alerts.limits_page"), 303)
