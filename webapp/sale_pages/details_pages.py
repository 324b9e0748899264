"""The page on which a person mends what an order tells for its NF-e alone."""

from flask import flash, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from webapp.http.forms import Form
from webapp.http.handling import page_or_fragment, refuse_stale, submits
from webapp.processing.attention import correct_details
from webapp.sale_pages.blueprint import bp, to_order
from webapp.sale_pages.details_form import DetailsForm, OrderChoices, options_of
from webapp.sales.detail_forms import InvoiceDetailsIn
from webapp.sales.invoice_details import as_told
from webapp.sales.models import PaymentMethod
from webapp.sales.queries import sale_of
from webapp.staff.access import allow


def _details_page(form: Form, sale_id: int) -> str:
    return page_or_fragment(
        "sales/details.html",
        "sales/_details_form.html",
        form=form,
        sale=sale_of(sale_id),
        method_options=options_of(PaymentMethod),
        details=OrderChoices.read(),
        details_draft_url=url_for("sales.draft_details", sale_id=sale_id),
    )


def _present(sale_id: int) -> DetailsForm:
    sale = sale_of(sale_id)
    told = as_told(sale.invoice_details) | {"version": sale.version}
    form = DetailsForm(Form.filled(told).raw_input)
    form.begin()
    return form


@bp.get("/sales/<id:sale_id>/invoice-details")
@allow("clerk")
def edit_details(sale_id: int) -> str:
    return _details_page(_present(sale_id), sale_id)


@bp.post("/sales/<id:sale_id>/invoice-details/draft")
@allow("clerk")
def draft_details(sale_id: int) -> str:
    """The form with one row more (`do`). Nothing of this writes."""
    form = DetailsForm(request.form)
    verb, _colon, name = request.form.get("do", "").partition(":")
    if verb == "add_row":
        form.add_row(name)
    return _details_page(form, sale_id)


@bp.post("/sales/<id:sale_id>/invoice-details")
@allow("clerk")
@submits(InvoiceDetailsIn, again=_details_page, form_class=DetailsForm, present=_present)
def mend_details(wanted: InvoiceDetailsIn, sale_id: int) -> Response:
    sale = sale_of(sale_id)
    refuse_stale(sale)
    correct_details(sale, wanted)
    flash(_("The invoice details were saved."), "good")
    return to_order(sale_id)
