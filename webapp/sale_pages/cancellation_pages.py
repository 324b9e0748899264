"""The page that cancels an order that is paid: asks why and says what will be undone."""

from flask import flash, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.audit.tracking import because
from webapp.http.forms import Form
from webapp.http.handling import submits
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.processing.cancellation import cancel, sale_to_undo
from webapp.processing.forms import CancellationIn
from webapp.sale_pages.blueprint import bp, to_order
from webapp.sale_pages.preview import dry_run
from webapp.sales.models import Status
from webapp.sales.queries import sale_of
from webapp.staff.access import allow


@bp.get("/sales/<id:sale_id>/cancellation")
@allow("manager")
def cancellation(sale_id: int) -> ResponseReturnValue:
    """Asks for the reason and says what will be undone."""
    if sale_of(sale_id).status is Status.CANCELLED:
        return to_order(sale_id)
    return _cancellation_page(Form(), sale_id)


def _cancellation_page(form: Form, sale_id: int) -> str:
    undone, refusal = [], None
    try:
        undone = dry_run(sale_id, lambda sale: cancel(sale, ""))
    except Refusal as error:
        refusal = error
    return render_template(
        "sales/cancellation.html", sale=sale_of(sale_id), form=form, undone=undone, refusal=refusal
    )


@bp.post("/sales/<id:sale_id>/cancellation")
@allow("manager")
@submits(CancellationIn, again=_cancellation_page, own_status=True)
def make_cancellation(wanted: CancellationIn, sale_id: int) -> Response:
    with because(wanted.reason):
        cancel(sale_to_undo(sale_id), wanted.reason)
        db.session.flush()
    flash(_("The order was cancelled."), "good")
    return to_order(sale_id)
