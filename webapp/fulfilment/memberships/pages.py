"""Pages of memberships: the list, by customer, and each with its history."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from werkzeug import Response

from webapp.audit.tracking import because
from webapp.fulfilment.memberships import queries
from webapp.fulfilment.memberships.forms import PlansIn, ReasonIn
from webapp.fulfilment.memberships.history import history
from webapp.fulfilment.memberships.listing import MEMBERSHIPS, MembershipTab
from webapp.fulfilment.memberships.models import Membership, MembershipEvent
from webapp.fulfilment.memberships.terms import PlanTerm, known_plans, set_terms, term_of
from webapp.http.formatting import shop_day
from webapp.http.forms import Form
from webapp.http.handling import refuse_stale, submits
from webapp.http.lists import newest_first, page_of, status_tab, status_tabs
from webapp.http.query import query_choice, query_ids
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.processing.triggers import note_lapsed
from webapp.staff.access import allow
from webapp.store.queries import the_shop

bp = Blueprint("memberships", __name__)


@bp.get("/memberships")
@allow("clerk")
def index() -> str:
    chosen, q = query_choice("status", MembershipTab), request.args.get("q", "")
    page = MEMBERSHIPS.page(
        request.args,
        narrowed=bool(chosen or q.strip()),
    )
    return render_template(
        "fulfilment/memberships/memberships.html",
        page=page,
        tabs=status_tabs(
            chosen,
            status_tab(pgettext("memberships", "All"), None),
            *(status_tab(view.label, view, queries.membership_ids(view)) for view in MembershipTab),
        ),
        q=q,
        status=chosen,
        live_url=page.live_url,
    )


@bp.get("/memberships/rows")
@allow("clerk")
def rows() -> str:
    found = db.session.scalars(queries.memberships().where(Membership.id.in_(query_ids())))
    return render_template(
        "fulfilment/memberships/_memberships.html", memberships=found, fresh=True
    )


@bp.get("/memberships/plans")
@allow("manager")
def plans() -> str:
    return _plans_page(_present_plans())


def _present_plans() -> Form:
    rows = [
        {"plan": plan, "months": "" if term.months is None else term.months}
        | {"reminded_days": term.reminded_days}
        for plan in known_plans()
        for term in [term_of(plan)]
    ]
    return Form.filled({"plans": rows, "version": the_shop().version})


def _plans_page(form: Form) -> str:
    return render_template("fulfilment/memberships/plans.html", form=form)


@bp.post("/memberships/plans")
@allow("manager")
@submits(PlansIn, again=_plans_page, present=_present_plans)
def save_plans(wanted: PlansIn) -> Response:
    refuse_stale(the_shop())
    set_terms((row.plan, PlanTerm(row.months, row.reminded_days)) for row in wanted.plans)
    flash(_("Saved."), "good")
    return redirect(url_for("memberships.plans"), 303)


@bp.get("/memberships/<id:membership_id>")
@allow("clerk")
def show(membership_id: int) -> str:
    return _membership_page(Form(), membership_id)


def _membership_page(form: Form, membership_id: int) -> str:
    membership = queries.membership_by_id(membership_id)
    page = page_of(queries.membership_history(membership_id), newest_first(MembershipEvent.id))
    return render_template(
        "fulfilment/memberships/membership.html",
        membership=membership,
        page=page,
        events=history(page.items),
        form=form,
    )


def _to_membership(membership_id: int) -> Response:
    return redirect(url_for("memberships.show", membership_id=membership_id), 303)


@bp.post("/memberships/<id:membership_id>/lapse")
@allow("manager")
@submits(ReasonIn, again=_membership_page)
def lapse(wanted: ReasonIn, membership_id: int) -> Response:
    membership = queries.membership_by_id(membership_id, lock=True)
    with because(wanted.reason):
        membership.lapse(wanted.reason, g.identity.actor)
        db.session.flush()
        note_lapsed(membership)
    flash(_("The membership is marked as lapsed."), "good")
    return _to_membership(membership_id)


@bp.post("/memberships/<id:membership_id>/resumption")
@allow("manager")
@submits(ReasonIn, again=_membership_page)
def resume(wanted: ReasonIn, membership_id: int) -> Response:
    membership = queries.membership_by_id(membership_id, lock=True)
    with because(wanted.reason):
        today, term = shop_day(utc_now()), term_of(membership.plan)
        still = membership.ends_on and membership.ends_on >= today
        ends_on = membership.ends_on if still else term.last_day(today)
        membership.resume(wanted.reason, g.identity.actor, ends_on)
        db.session.flush()
    flash(_("The membership is active again."), "good")
    return _to_membership(membership_id)
