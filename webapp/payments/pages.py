"""Pages of payments."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.http.forms import Form
from webapp.http.handling import submits
from webapp.payments.forms import FeeIn
from webapp.payments.listing import FEES
from webapp.payments.models import AgreedFee
from webapp.payments.queries import agreed_with, fee_by_id
from webapp.platform.database import db
from webapp.sales.models import PaymentMethod
from webapp.staff.access import allow

bp = Blueprint("payments", __name__)
METHODS = [(str(method), method.label) for method in PaymentMethod]


# -- what was agreed ------------------------------------------------------------------------------


def _fees_page(form: Form) -> str:
    return render_template(
        "payments/fees.html", page=FEES.page(request.args), form=form, methods=METHODS
    )


@bp.get("/payments/fees")
@allow("manager")
def fees_page() -> str:
    return _fees_page(Form.filled({"installments": 1}))


@bp.post("/payments/fees")
@allow("manager")
@submits(FeeIn, again=_fees_page)
def save_fee(wanted: FeeIn) -> ResponseReturnValue:
    """What was agreed before from as many instalments on is what it was."""
    fee = agreed_with(wanted.method, wanted.installments)
    if fee is None:
        fee = AgreedFee(method=wanted.method, installments=wanted.installments)
        db.session.add(fee)
    fee.percent, fee.fixed = wanted.percent, wanted.fixed
    flash(_("That was saved."), "good")
    return redirect(url_for("payments.fees_page"), 303)


@bp.post("/payments/fees/<id:fee_id>/removal")
@allow("manager")
def remove_fee(fee_id: int) -> ResponseReturnValue:
    db.session.delete(fee_by_id(fee_id))
    return redirect(url_for("payments.fees_page"), 303)
