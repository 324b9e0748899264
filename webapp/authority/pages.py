"""How the authority's services are, and what a person does about one that does not serve."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from webapp.authority.contingency import past_contingencies, present_contingency
from webapp.authority.forms import ContingencyIn
from webapp.authority.service_states import NATIONAL, services_of
from webapp.authority.words import (
    SERVICES,
    STATES,
    authorizer_label,
    service_sentence,
)
from webapp.fiscal.authority import Service
from webapp.fiscal.standby import standby_name
from webapp.http.forms import Form
from webapp.http.handling import acts, submits
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.processing.at_the_authority import ask_now, go_to_standby, return_from_standby
from webapp.staff.access import allow, unattended
from webapp.store.queries import the_shop

bp = Blueprint("authority", __name__)
OF_A_STATE = (
    Service.AUTHORIZATION,
    Service.QUERY,
    Service.EVENT,
    Service.VOIDING,
    Service.REGISTER,
    Service.STATUS,
)
OF_A_STANDBY = (Service.AUTHORIZATION, Service.QUERY, Service.EVENT, Service.STATUS)


@bp.get("/authority")
@allow("reviewer", "accountant")
def page() -> str:
    return _page(Form({}))


def _page(form: Form) -> str:
    return render_template("authority/page.html", form=form, **_state())


@bp.get("/authority/state")
@allow("reviewer", "accountant")
@unattended
def state() -> str:
    """What of the page changes by itself."""
    return render_template("authority/_state.html", **_state())


def _state() -> dict[str, Any]:
    own = the_shop().state
    offered = {
        own: OF_A_STATE,
        standby_name(own): OF_A_STANDBY,
        NATIONAL: (Service.DISTRIBUTION, Service.EVENT),
    }
    known = services_of(list(offered))
    return {
        "authorizers": [
            (
                authorizer,
                authorizer_label(authorizer),
                [(one, known.get((authorizer, one))) for one in some],
            )
            for authorizer, some in offered.items()
        ],
        "live_keys": " ".join(f"authority-{row.id}" for row in known.values()),
        "services": SERVICES,
        "states": STATES,
        "sentence_of": service_sentence,
        "contingency": present_contingency(),
        "past": past_contingencies(),
        "standby": standby_name(own),
        "own": authorizer_label(own),
        "waiting": db.session.scalar(
            select(func.count()).where(Invoice.status == InvoiceStatus.SENDING)
        ),
        "now": utc_now(),
    }


def _back() -> ResponseReturnValue:
    return redirect(url_for("authority.page"), 303)


@bp.post("/authority/questions")
@allow("reviewer")
def ask() -> ResponseReturnValue:
    ask_now(utc_now())
    flash(_("SEFAZ is being asked. What it says shows here in a moment."), "info")
    return _back()


@bp.post("/authority/contingency")
@allow("manager")
@submits(ContingencyIn, again=_page)
def enter(wanted: ContingencyIn) -> ResponseReturnValue:
    go_to_standby(wanted.reason, utc_now())
    flash(_("NF-e go to the standby service from now on."), "good")
    return _back()


@bp.post("/authority/contingency/end")
@allow("manager")
@acts(back=_back)
def leave() -> ResponseReturnValue:
    return_from_standby(utc_now())
    flash(_("NF-e go to the state's own service again."), "good")
    return _back()
