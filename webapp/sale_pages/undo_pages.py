"""Pages that undo a sale or a part of it, and buttons that try its effects again."""

import uuid

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.audit.tracking import because
from webapp.http.formatting import money_text
from webapp.http.forms import Form, parse
from webapp.http.transactions import in_transaction
from webapp.platform.database import db
from webapp.platform.errors import Invalid, Refusal
from webapp.processing.attention import retry_effect, retry_effects
from webapp.processing.cancellation import cancel, sale_to_undo
from webapp.processing.forms import CancellationIn, RefundIn
from webapp.processing.refunds import key_of, refund
from webapp.sale_pages.preview import dry_run
from webapp.sale_pages.sale_page import SalePage
from webapp.sales.models import Refund, Sale, Status
from webapp.sales.queries import sale_of
from webapp.staff.access import allow

bp = Blueprint("processing", __name__)
MAX_KEY = 200


def _sale(sale_id: int) -> Sale:
    return sale_of(sale_id, _("There is no order with this number."))


def _to(sale_id: int):
    return redirect(url_for("sales.page", sale_id=sale_id), 303)


# -- cancellation
# -----------------------------------------------------------------------------------


@bp.get("/sales/<id:sale_id>/cancellation")
@allow("manager")
def cancellation(sale_id: int):
    """Asks for the reason and says what will be undone."""
    if _sale(sale_id).status is Status.CANCELLED:
        return _to(sale_id)
    return _cancellation_page(sale_id, Form())


def _cancellation_page(sale_id: int, form: Form):
    undone, refusal = [], None
    try:
        undone = dry_run(sale_id, lambda sale: cancel(sale, ""))
    except Refusal as error:
        refusal = error
    return render_template(
        "sales/cancellation.html", sale=_sale(sale_id), form=form, undone=undone, refusal=refusal
    )


@bp.post("/sales/<id:sale_id>/cancellation")
@allow("manager")
def cancel_sale(sale_id: int):
    form = Form(request.form, CancellationIn)
    try:
        wanted = form.parse()
        with because(wanted.reason):
            in_transaction(lambda: cancel(sale_to_undo(sale_id), wanted.reason))
    except Refusal as refusal:
        db.session.rollback()
        return _cancellation_page(sale_id, form.refuse(refusal)), refusal.status
    flash(_("The order was cancelled; what it had brought about is undone."), "good")
    return _to(sale_id)


# -- refunds
# ----------------------------------------------------------------------------------------


class RefundForm(Form):
    """Its quantities are named by the line's position (`quantity.3`); a line left at zero is not
    refunded."""

    @property
    def asked(self) -> list[tuple[str, str]]:
        """(position, what was typed) of the lines with something in them."""
        typed = [
            (name.partition(".")[2], value.strip())
            for name, value in self.typed.items()
            if name.startswith("quantity.")
        ]
        return [(position, value) for position, value in typed if value not in ("", "0")]

    def parse(self) -> RefundIn:
        lines = [{"line": position, "quantity": value} for position, value in self.asked]
        if not lines:
            raise Invalid([], _("Say how many units of which item are given back."))
        return parse(RefundIn, {"lines": lines, "reason": self.value("reason")}, form=True)

    def refuse(self, refusal: Refusal) -> Form:
        """Errors of lines.0 are shown at the line that the form names so."""
        super().refuse(refusal)
        positions = [position for position, _value in self.asked]
        self.errors = {_field(name, positions): message for name, message in self.errors.items()}
        return self


def _field(name: str, positions: list[str]) -> str:
    part, _dot, rest = name.partition(".")
    place = rest.partition(".")[0]
    return f"quantity.{positions[int(place)]}" if part == "lines" and place.isdigit() else name


@bp.get("/sales/<id:sale_id>/refunds/new")
@allow("manager")
def new_refund(sale_id: int):
    sale = _sale(sale_id)
    if not SalePage(sale).can_be_refunded:
        flash(_("There is nothing of this order to give back now."), "warn")
        return _to(sale_id)
    return _refund_page(sale_id, RefundForm())


@bp.post("/sales/<id:sale_id>/refunds/preview")
@allow("manager")
def preview_refund(sale_id: int):
    """The form with what it would do. Writes nothing."""
    form = RefundForm(request.form)
    return _refund_page(sale_id, form, **_foreseen(sale_id, form))


def _foreseen(sale_id: int, form: RefundForm) -> dict:
    """What the units asked for would do, whatever the reason; what is wrong with them is added to
    the form's errors."""
    # What is asked for is looked at as it is typed; why is asked when it is sent.
    asked, undone, made = RefundForm({**form.typed, "reason": "?"}), [], []
    try:
        wanted = asked.parse()
        undone = dry_run(
            sale_id, lambda sale: made.append(_amount(refund(sale, wanted, uuid.uuid4().hex)))
        )
    except Refusal as refusal:
        asked.refuse(refusal)
    form.errors, form.message = asked.errors | form.errors, form.message or asked.message
    refused = next(iter(asked.errors.values()), asked.message)
    return {"undone": undone, "amount": made[0] if made else None, "refused": refused}


@bp.post("/sales/<id:sale_id>/refunds")
@allow("manager")
def make_refund(sale_id: int):
    """The form's own key makes a doubled click one refund."""
    form, key = (
        RefundForm(request.form),
        request.form.get("form_key", "")[:MAX_KEY] or uuid.uuid4().hex,
    )
    kept = key_of(g.identity.scope, "form:" + key)
    try:
        wanted = form.parse()
        with because(wanted.reason):
            made = in_transaction(lambda: _amount(refund(sale_to_undo(sale_id), wanted, kept)))
    except Refusal as refusal:
        db.session.rollback()
        form.refuse(refusal)
        return _refund_page(sale_id, form, **_foreseen(sale_id, form)), refusal.status
    if made is None:
        flash(_("Nothing of these items was left to give back."), "warn")
    else:
        flash(
            _(
                "%(amount)s are to be given back to the customer; their share of the rules' "
                "effects is reversed.",
                amount=made,
            ),
            "good",
        )
    return _to(sale_id)


def _amount(made: Refund | None) -> str | None:
    """In words, while the refund is still there to be read."""
    return made and money_text(made.amount)


def _refund_page(sale_id: int, form: RefundForm, **shown):
    template = "sales/_refund.html" if request.headers.get("HX-Request") else "sales/refund.html"
    return render_template(
        template,
        sale=_sale(sale_id),
        form=form,
        form_key=request.form.get("form_key") or uuid.uuid4().hex,
        **{"undone": [], "amount": None, "refused": ""} | shown,
    )


# -- effects
# ----------------------------------------------------------------------------------------


@bp.post("/sales/<id:sale_id>/effects/<id:effect_id>/retry")
@allow("manager")
def retry(sale_id: int, effect_id: int):
    in_transaction(lambda: retry_effect(sale_to_undo(sale_id), effect_id))
    flash(_("It is tried again now."), "good")
    return _back(sale_id)


@bp.post("/sales/<id:sale_id>/effects/retry")
@allow("manager")
def retry_all(sale_id: int):
    tried = in_transaction(lambda: retry_effects(sale_to_undo(sale_id)))
    flash(
        ngettext(
            "%(num)s effect is tried again now.", "%(num)s effects are tried again now.", tried
        ),
        "good",
    )
    return _back(sale_id)


def _back(sale_id: int):
    """To the list of what failed, or to the sale."""
    return (
        redirect(url_for("monitor.page"), 303)
        if request.form.get("from") == "jobs"
        else _to(sale_id)
    )
