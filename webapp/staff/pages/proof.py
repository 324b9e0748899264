"""The password once more, before one gives others power: an open browser is not yet its owner."""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.http.forms import Form
from webapp.http.handling import submits
from webapp.http.transactions import READING
from webapp.platform.clock import utc_now
from webapp.staff.access import allow, page_before
from webapp.staff.forms import ProofIn
from webapp.staff.pages.blueprint import bp
from webapp.staff.pages.sign_in import own_page
from webapp.staff.people import prove

# How long it counts for opening a page, and for what was filled in there.
OPENS, SENDS = dt.timedelta(minutes=30), dt.timedelta(minutes=90)


def proved(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Opens a page or an act only to who has typed their password lately; others are asked for
    it first and led back."""

    @wraps(view)
    def asked(**values: Any) -> ResponseReturnValue:
        reading = request.method in READING
        if utc_now() - g.user_session.proved_at < (OPENS if reading else SENDS):
            return view(**values)
        if not reading:
            flash(_("Nothing was sent: say first that it is you."), "warn")
        target = request.full_path.rstrip("?") if reading else page_before()
        return redirect(url_for("staff.proof", next=target), 303)

    return asked


@bp.get("/account/proof")
@allow("admin")
def proof() -> str:
    return _proof_page(Form({"next": request.args.get("next", "")}))


def _proof_page(form: Form) -> str:
    form.raw_input.pop("password", None)
    return render_template("staff/proof.html", form=form)


@bp.post("/account/proof")
@allow("admin")
@submits(ProofIn, again=_proof_page, own_status=True)
def give_proof(wanted: ProofIn) -> ResponseReturnValue:
    prove(g.identity.user, wanted.password, "password")
    g.user_session.proved_at = utc_now()
    return redirect(own_page(wanted.next) or url_for("staff.index"), 303)
