"""The page that makes a return note of goods that come back."""

import uuid
from typing import Any

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from webapp.audit.tracking import because
from webapp.http.handling import submits
from webapp.invoices.models import Invoice, ReturnCause
from webapp.invoices.queries import returns_of
from webapp.invoices.returned_goods import ReturnableLine, returnable
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.processing.cancellation import sale_to_undo
from webapp.processing.forms import GoodsReturnIn
from webapp.processing.refunds import key_of
from webapp.processing.returns import origin_of, return_goods
from webapp.sale_pages.blueprint import bp, to_order
from webapp.sale_pages.refund_pages import MOST_KEY, UnitsForm
from webapp.sales.models import Sale
from webapp.sales.queries import sale_of
from webapp.staff.access import allow


class ReturnForm(UnitsForm):
    others = ("cause",)
    nothing_told = _l("Say how many units of which item come back.")


@bp.get("/sales/<id:sale_id>/returns/new")
@allow("clerk")
def new_return(sale_id: int) -> ResponseReturnValue:
    sale = sale_of(sale_id)
    try:
        origin, lines = _returnable(sale)
    except Refusal as refusal:
        flash(str(refusal), "warn")
        return to_order(sale_id)
    if not any(line.left for line in lines):
        flash(_("All goods of this order's NF-e were returned already."), "warn")
        return to_order(sale_id)
    return _page(sale, origin, lines, ReturnForm(_present(lines, "all" in request.args)))


def _returnable(sale: Sale) -> tuple[Invoice, list[ReturnableLine]]:
    """Raises Refusal where no return can be made."""
    origin = origin_of(sale)
    return origin, returnable(sale, origin, returns_of(sale.id))


def _present(lines: list[ReturnableLine], everything: bool) -> dict[str, str]:
    """What was given back already and waits for its return note; of an order of one unit, that."""
    everything = everything or sum(line.left for line in lines) == 1
    units = {line.line.position: line.left if everything else line.owed for line in lines}
    typed = {f"quantity.{position}": str(count) for position, count in units.items() if count}
    return typed | {"cause": str(ReturnCause.REGRET)}


def _page(
    sale: Sale, origin: Invoice, lines: list[ReturnableLine], form: UnitsForm, **more: Any
) -> str:
    return render_template(
        "sales/return.html",
        sale=sale,
        origin=origin,
        lines=lines,
        form=form,
        causes=[(str(cause), cause.label) for cause in ReturnCause],
        form_key=request.form.get("form_key") or uuid.uuid4().hex,
        **more,
    )


def _again(form: UnitsForm, sale_id: int) -> str:
    sale = sale_of(sale_id)
    origin, lines = _returnable(sale)
    return _page(sale, origin, lines, form)


@bp.post("/sales/<id:sale_id>/returns")
@allow("clerk")
@submits(GoodsReturnIn, again=_again, form_class=ReturnForm, own_status=True)
def make_return(wanted: GoodsReturnIn, sale_id: int) -> Response:
    """The form's own key makes a doubled click one return."""
    form_key = request.form.get("form_key", "")[:MOST_KEY] or uuid.uuid4().hex
    key = key_of(g.identity.scope, "form:" + form_key)
    with because(wanted.reason or str(wanted.cause.label)):
        made = return_goods(sale_to_undo(sale_id), wanted, key)
        db.session.flush()
    flash(
        _(
            "The return note is being made. Once SEFAZ has authorized it, the goods are in stock "
            "and what was paid for them is refunded."
        ),
        "good",
    )
    return redirect(url_for("invoices.page", invoice_id=made.id), 303)
