"""The list of NF-e, the page on which a person decides about one, and its files."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import select

from webapp.audit.history import history_of
from webapp.customers.forms import AddressIn
from webapp.http.formatting import shop_day, with_query
from webapp.http.forms import Form, parse
from webapp.http.lists import bounded_count, count_text, page_of, status_tab
from webapp.http.query import query_ids, query_month
from webapp.http.transactions import in_transaction
from webapp.invoice_pages.downloads import danfe_file, month_archive, xml_file
from webapp.invoice_pages.note_view import sheet_of
from webapp.invoices.forms import RETURN_LABELS, ReturnIn
from webapp.invoices.history import subjects_of
from webapp.invoices.issues import (
    ZIP_CODE_DIFFERS,
    holds_of,
    is_about_address,
    issues_of,
    passed_checks,
    warnings_on,
)
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.invoices.queries import VIEWS, invoice_by_id, invoices, review_queue
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import NotFound, Refusal, Stale
from webapp.platform.issues import Issue
from webapp.processing import attention, review
from webapp.sale_pages.fix_links import FixLink, fix_link
from webapp.sales.models import Sale
from webapp.staff.access import allow
from webapp.store.queries import the_shop

bp = Blueprint("invoices", __name__)
TABS = {
    "": lazy_pgettext("NF-e", "All"),
    "review": _l("Under review"),
    "errors": _l("With errors"),
    "returned": lazy_pgettext("NF-e", "Returned"),
    "rejected": lazy_pgettext("NF-e", "Rejected"),
    "sending": _l("Awaiting SEFAZ"),
    "authorized": lazy_pgettext("NF-e", "Authorized"),
}


class SecondConfirmation(Refusal):
    """Approving over a warning is asked once more."""

    status = 422


# -- the list -------------------------------------------------------------------------------------


@bp.get("/invoices")
@allow("clerk", "accountant")
def index():
    view, q, month = request.args.get("status", ""), request.args.get("q", ""), query_month()
    query = invoices(q, month)
    page = page_of(query.where(VIEWS[view]) if view in VIEWS else query, (Invoice.id,))
    is_first = not (request.args.get("after") or request.args.get("before"))
    return render_template(
        "invoices/index.html",
        page=page,
        tabs=_tabs(view),
        q=q,
        month=month,
        issues_of=issues_of,
        archive_month=month or shop_day(utc_now()),
        list_url=with_query() if is_first else "",
    )


def _tabs(chosen: str) -> list[dict]:
    return [
        status_tab(label, view, chosen, select(Invoice.id).where(VIEWS[view]) if view else None)
        for view, label in TABS.items()
    ]


@bp.get("/invoices/rows")
@allow("clerk", "accountant")
def rows():
    found = db.session.scalars(invoices().where(Invoice.id.in_(query_ids()))).all()
    return render_template("invoices/_rows.html", invoices=found, issues_of=issues_of)


# -- one NF-e -------------------------------------------------------------------------------------


@bp.get("/invoices/<id:invoice_id>")
@allow("clerk", "accountant")
def page(invoice_id):
    return render_template("invoices/page.html", **_about(_invoice(invoice_id)))


@bp.get("/invoices/<id:invoice_id>/state")
@allow("clerk", "accountant")
def state(invoice_id):
    """What of the page changes by itself."""
    return render_template("invoices/_invoice.html", **_about(_invoice(invoice_id)))


@bp.get("/invoices/<id:invoice_id>/queue")
@allow("clerk", "accountant")
def queue(invoice_id):
    """The review queue beside an NF-e."""
    return render_template(
        "invoices/_queue.html", invoice=_invoice(invoice_id), queue=review_queue(), **_queue_words()
    )


def _invoice(invoice_id: int) -> Invoice:
    invoice = invoice_by_id(invoice_id)
    if invoice is None:
        raise NotFound(_("There is no NF-e with this number."))
    return invoice


def _queue_words() -> dict:
    return {
        "now": utc_now(),
        "warnings_on": warnings_on,
        "holds_of": holds_of,
        "waiting": count_text(bounded_count(select(Invoice.id).where(VIEWS["review"]))),
        "returned": count_text(bounded_count(select(Invoice.id).where(VIEWS["returned"]))),
    }


def _about(invoice: Invoice, **changes) -> dict:
    """What the page of an NF-e shows; `changes` are the forms of a refused POST."""
    waiting, shop = review_queue(), the_shop()
    ids = [each.id for each in waiting]
    place = ids.index(invoice.id) if invoice.id in ids else None
    warnings = warnings_on(invoice) if invoice.status is InvoiceStatus.REVIEW else []
    issues = warnings if invoice.status is InvoiceStatus.REVIEW else issues_of(invoice)
    return {
        "invoice": invoice,
        "sale": invoice.sale,
        "queue": waiting,
        "place": place,
        "previous": ids[place - 1] if place else None,
        "next": _next_of(invoice.id, ids),
        "issues": issues,
        "warnings": warnings,
        "zip_code_differs": ZIP_CODE_DIFFERS,
        "fix_of": _fix_of,
        "wants_address": request.args.get("mend") == "address"
        or any(map(is_about_address, issues)),
        "passed": passed_checks(invoice, shop),
        "sheet": sheet_of(invoice, shop),
        "issuer": shop,
        "history": history_of(subjects_of(invoice.sale_id)),
        "return_form": Form(),
        "return_labels": RETURN_LABELS,
        "address_form": Form.filled(invoice.sale.address_parts),
        "asking": False,
        "refusal": None,
        **_queue_words(),
    } | changes


def _fix_of(issue: Issue, sale: Sale) -> FixLink | None:
    return fix_link(issue, sale, g.identity.role, address_form="#address")


def _next_of(invoice_id: int, ids: list[int]) -> int | None:
    """The one behind it in the queue, else the oldest other one."""
    others = [each for each in ids if each != invoice_id]
    return next((each for each in others if each > invoice_id), others[0] if others else None)


# -- decisions ------------------------------------------------------------------------------------


@bp.post("/invoices/<id:invoice_id>/approval")
@allow("reviewer")
def approve(invoice_id):
    def work(invoice):
        _guard(invoice)
        if (
            invoice.status is InvoiceStatus.REVIEW
            and warnings_on(invoice)
            and request.form.get("confirm") != "1"
        ):
            raise SecondConfirmation(
                _("There are warnings. Look at them once more, then approve all the same.")
            )
        review.approve(invoice, g.identity.actor)

    refused = _decide(invoice_id, work)
    return refused or _onward(invoice_id, _("NF-e approved. It is on its way to SEFAZ."))


@bp.post("/invoices/<id:invoice_id>/rejection")
@allow("reviewer")
def reject(invoice_id):
    form = Form(_without_version(), ReturnIn)

    def work(invoice):
        _guard(invoice)
        wanted = form.parse()
        review.return_for_correction(invoice, g.identity.actor, str(wanted.code), wanted.comment)

    refused = _decide(invoice_id, work, return_form=form)
    return refused or _onward(invoice_id, _("NF-e returned for correction."))


@bp.post("/invoices/<id:invoice_id>/resubmission")
@allow("reviewer")
def resubmit(invoice_id):
    """What was wrong has been mended elsewhere: checked again, and sent again with the number it
    has."""

    def work(invoice):
        if invoice.status is InvoiceStatus.REJECTED:
            attention.resume(invoice.sale)

    refused = _decide(invoice_id, work)
    return refused or _back(invoice_id, _("The NF-e is being checked again."))


@bp.post("/invoices/<id:invoice_id>/address")
@allow("reviewer")
def mend_address(invoice_id):
    form = Form(_without_version(), AddressIn)

    def work(invoice):
        _guard(invoice)
        attention.correct_address(invoice.sale, form.parse())

    refused = _decide(invoice_id, work, address_form=form)
    return refused or _back(
        invoice_id, _("The address was changed. The NF-e is being checked again.")
    )


@bp.post("/invoices/<id:invoice_id>/zip-code")
@allow("reviewer")
def choose_zip_code(invoice_id):
    """Of two addresses, the customer's record's takes the place of the order's, or the order's
    stays."""
    of_record = request.form.get("source") == "customer"

    def work(invoice):
        _guard(invoice)
        if of_record:
            attention.correct_address(
                invoice.sale, parse(AddressIn, invoice.sale.customer.address_parts)
            )

    refused = _decide(invoice_id, work)
    changed, kept = (
        _("The address was changed. The NF-e is being checked again."),
        _("The order's postal code stays."),
    )
    return refused or _back(invoice_id, changed if of_record else kept)


def _decide(invoice_id: int, work, **forms):
    """Does `work` on the invoice and commits; answers None, or the page again when it is
    refused."""
    try:
        return in_transaction(lambda: work(_invoice(invoice_id)))
    except NotFound:
        raise
    except Refusal as refusal:
        db.session.rollback()
        for form in forms.values():
            form.refuse(refusal)
        shown = _about(
            _invoice(invoice_id),
            refusal=None if forms and refusal.errors else refusal,
            asking=isinstance(refusal, SecondConfirmation),
            **forms,
        )
        return render_template("invoices/page.html", **shown), refusal.status


def _guard(invoice: Invoice) -> None:
    """Of two people who decide about what they see, the second is told; the same person twice does
    no harm."""
    mine = invoice.reviewer == g.identity.actor and invoice.status is not InvoiceStatus.REVIEW
    if request.form.get("version") != str(invoice.version) and not mine:
        raise Stale()


def _without_version() -> dict:
    return {name: value for name, value in request.form.items() if name != "version"}


def _onward(invoice_id: int, text: str):
    """To the next NF-e that waits for a decision, or to the list."""
    flash(text, "good")
    following = _next_of(invoice_id, [each.id for each in review_queue()])
    return redirect(
        url_for("invoices.page", invoice_id=following) if following else url_for("invoices.index"),
        303,
    )


def _back(invoice_id: int, text: str):
    flash(text, "good")
    return redirect(url_for("invoices.page", invoice_id=invoice_id), 303)


# -- files ----------------------------------------------------------------------------------------


@bp.get("/invoices/<id:invoice_id>/xml")
@allow("clerk", "accountant")
def xml(invoice_id):
    return xml_file(_invoice(invoice_id))


@bp.get("/invoices/<id:invoice_id>/danfe.pdf")
@allow("clerk", "accountant")
def danfe(invoice_id):
    return danfe_file(_invoice(invoice_id))


@bp.get("/invoices/archive")
@allow("clerk", "accountant")
def archive():
    return month_archive(query_month(required=True))
