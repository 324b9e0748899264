"""Many NF-e approved at once, and the list again with what came of each."""

from flask import flash, g, redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug import Response

from webapp.fulfilment.bulk import MOST_AT_ONCE, apply_to_each, flash_result, selected_ids
from webapp.invoice_pages.blueprint import bp
from webapp.invoice_pages.list_pages import list_filters
from webapp.invoices.issues import warnings_on
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.invoices.queries import NO_INVOICE, invoices_to_decide
from webapp.platform.errors import Refusal
from webapp.processing import review
from webapp.staff.access import allow


class HasWarnings(Refusal):
    title = _l("It is looked at first")


@bp.post("/invoices/approvals")
@allow("reviewer")
def approve_selected() -> Response:
    ids = selected_ids()
    if not ids or len(ids) > MOST_AT_ONCE:
        words = _("At most %(most)s NF-e at once.", most=MOST_AT_ONCE) if ids else None
        flash(words or _("Mark at least one NF-e."), "warn")
        return _to_list()
    found, reviewer = invoices_to_decide(ids), g.identity.actor
    own = review.own_notes(reviewer, found.values())

    def approve(invoice: Invoice) -> bool:
        if invoice.status is InvoiceStatus.REVIEW and warnings_on(invoice):
            raise HasWarnings(_("it has warnings; open it, and approve it there."))
        return review.approve(invoice, reviewer, own)

    result = apply_to_each(
        ids, found, approve, name=lambda invoice: invoice.sale.reference, missing=str(NO_INVOICE)
    )
    flash_result(result, _("NF-e approved"))
    return _to_list()


def _to_list() -> Response:
    return redirect(url_for("invoices.index", **list_filters()), 303)
