"""The page of one order, and what a person does to it there."""

from flask import flash, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.audit.tracking import because
from webapp.http.forms import Form
from webapp.http.handling import acts, page_or_fragment, refuse_stale, submits
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.processing import attention, review
from webapp.sale_pages.blueprint import bp, to_order
from webapp.sale_pages.sale_page import SalePage
from webapp.sales import placing
from webapp.sales.forms import SaleAddressIn
from webapp.sales.models import Sale
from webapp.sales.queries import sale_of
from webapp.staff.access import allow
from webapp.sums.margins import margins_of


def _order(
    sale_id: int, template: str, form: Form | None = None, note_form: Form | None = None
) -> str:
    """`form` is that of the address, open when it was refused or asked for."""
    sale = sale_of(sale_id)
    return render_template(
        template,
        sale=sale,
        view=SalePage(sale),
        form=form or _address_form(sale),
        mending=request.args.get("mend") == "address" or form is not None,
        note_form=note_form or Form(),
    )


def order_page(note_form: Form, sale_id: int) -> str:
    return _order(sale_id, "sales/page.html", note_form=note_form)


@bp.get("/sales/<id:sale_id>")
@allow("clerk", "accountant")
def page(sale_id: int) -> str:
    return _order(sale_id, "sales/page.html")


@bp.get("/sales/<id:sale_id>/live")
@allow("clerk", "accountant")
def live(sale_id: int) -> str:
    """The page's part that moves by itself."""
    return _order(sale_id, "sales/_sale.html")


@bp.get("/sales/<id:sale_id>/margin")
@allow("manager", "accountant")
def margin(sale_id: int) -> str:
    """What is left of it; a page of its own, or to htmx the part that comes into the order's."""
    sale = sale_of(sale_id)
    found = margins_of([sale]).get(sale.id)
    return page_or_fragment("sales/margin.html", "sales/_margin.html", sale=sale, margin=found)


@bp.post("/sales/<id:sale_id>/payment")
@allow("clerk")
@acts(back=to_order)
def pay(sale_id: int) -> Response:
    sale_of(sale_id).pay(utc_now())
    flash(_("The payment is noted; the order is on its way."), "good")
    return to_order(sale_id)


@bp.post("/sales/<id:sale_id>/cancel")
@allow("clerk")
@acts(back=to_order)
def cancel(sale_id: int) -> Response:
    with because(_("order cancelled")):
        placing.cancel_open(sale_of(sale_id), "order cancelled")
        db.session.flush()
    flash(_("The order was cancelled."), "good")
    return to_order(sale_id)


@bp.post("/sales/<id:sale_id>/retry")
@allow("clerk")
@acts(back=to_order)
def retry(sale_id: int) -> Response:
    attention.resume(sale_of(sale_id))
    flash(_("The order goes on."), "good")
    return to_order(sale_id)


@bp.post("/sales/<id:sale_id>/discount-approval")
@allow("manager")
@acts(back=to_order)
def approve_prices(sale_id: int) -> Response:
    review.approve_prices(sale_of(sale_id))
    flash(_("The order is approved."), "good")
    return to_order(sale_id)


@bp.post("/sales/<id:sale_id>/release")
@allow("reviewer")
@acts(back=to_order)
def release(sale_id: int) -> Response:
    review.release(sale_of(sale_id))
    flash(_("The order was released."), "good")
    return to_order(sale_id)


def _address_again(form: Form, sale_id: int) -> str:
    return _order(sale_id, "sales/page.html", form)


def _present_address(sale_id: int) -> Form:
    return _address_form(sale_of(sale_id))


def _address_form(sale: Sale) -> Form:
    return Form.filled({"address": sale.address_parts, "version": sale.version})


@bp.post("/sales/<id:sale_id>/address")
@allow("clerk")
@submits(SaleAddressIn, again=_address_again, present=_present_address)
def mend_address(wanted: SaleAddressIn, sale_id: int) -> Response:
    sale = sale_of(sale_id)
    refuse_stale(sale)
    attention.correct_address(sale, wanted.address, "address.country")
    flash(_("The address was saved and is looked at again."), "good")
    return to_order(sale_id)
