"""Pages of memberships: the list, by customer, and each with its history."""

import enum

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import pgettext

from webapp.audit.tracking import because
from webapp.fulfilment.lists import live_url, tab
from webapp.fulfilment.memberships import queries
from webapp.fulfilment.memberships.forms import ReasonIn
from webapp.fulfilment.memberships.models import Membership, MembershipEvent
from webapp.http.forms import Form
from webapp.http.lists import bounded_count, page_of
from webapp.http.query import query_choice, query_ids
from webapp.http.transactions import in_transaction
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.staff.access import allow

bp = Blueprint("memberships", __name__)


class View(enum.StrEnum):
    """The tabs of the list."""

    ACTIVE = "active"
    LAPSED = "lapsed"
    UPGRADED = "upgraded"

    @property
    def label(self):
        return {
            self.ACTIVE: _l("Active"),
            self.LAPSED: _l("Lapsed"),
            self.UPGRADED: _l("Upgraded"),
        }[self]


@bp.get("/memberships")
@allow("clerk")
def index():
    view, q = query_choice("status", View), request.args.get("q", "")
    page = page_of(queries.memberships(view, q), (Membership.id,))
    tabs = [tab(pgettext("memberships", "All"), None, view)] + [
        tab(each.label, each, view, bounded_count(queries.membership_ids(each))) for each in View
    ]
    return render_template(
        "fulfilment/memberships/memberships.html",
        page=page,
        tabs=tabs,
        q=q,
        status=view,
        live_url=live_url(page),
    )


@bp.get("/memberships/rows")
@allow("clerk")
def rows():
    rows = db.session.scalars(queries.memberships().where(Membership.id.in_(query_ids())))
    return render_template("fulfilment/memberships/_memberships.html", memberships=rows, fresh=True)


@bp.get("/memberships/<id:membership_id>")
@allow("clerk")
def show(membership_id: int):
    return _page(membership_id, Form())


def _page(membership_id: int, form: Form):
    found = queries.membership_by_id(membership_id)
    page = page_of(queries.membership_history(found.id), (MembershipEvent.id,))
    return render_template(
        "fulfilment/memberships/membership.html", membership=found, page=page, form=form
    )


@bp.post("/memberships/<id:membership_id>/lapse")
@allow("manager")
def lapse(membership_id: int):
    return _mark(membership_id, Membership.lapse, _("The membership is marked as lapsed."))


@bp.post("/memberships/<id:membership_id>/resumption")
@allow("manager")
def resume(membership_id: int):
    return _mark(membership_id, Membership.resume, _("The membership is active again."))


def _mark(membership_id: int, verb, done: str):
    """`verb` said by hand, with its reason; locked, so that of two people the second finds what the
    first left."""
    form = Form(request.form, ReasonIn)

    def work():
        verb(queries.membership_by_id(membership_id, lock=True), wanted.reason, g.identity.actor)

    try:
        wanted = form.parse()
        with because(wanted.reason):
            in_transaction(work)
    except Refusal as refusal:
        db.session.rollback()
        return _page(membership_id, form.refuse(refusal)), refusal.status
    flash(done, "good")
    return redirect(url_for("memberships.show", membership_id=membership_id), 303)
