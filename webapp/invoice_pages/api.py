"""NF-e under /api/v1."""

from flask import g, request
from flask_babel import gettext as _

from webapp.http.query import query_month
from webapp.http.transactions import in_transaction
from webapp.invoice_pages.downloads import danfe_file, month_archive, xml_file
from webapp.invoices.forms import ReturnIn
from webapp.invoices.issues import issues_of
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.invoices.queries import invoice_by_id, invoices
from webapp.platform.errors import FieldError, Invalid, NotFound
from webapp.processing import attention as services
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("invoices")


def invoice_json(invoice: Invoice) -> dict:
    return {
        "id": invoice.id,
        "sale_id": invoice.sale_id,
        "number": invoice.number,
        "series": invoice.series,
        "status": invoice.status,
        "rejected_by": invoice.rejected_by,
        "access_key": invoice.access_key,
        "reasons": [
            {"code": issue.code, "message": issue.text, "field": issue.field or None}
            for issue in issues_of(invoice)
        ],
        "total": str(invoice.total),
        "issued_at": _moment(invoice.issued_at),
        "authorized_at": _moment(invoice.authorized_at),
        "protocol": invoice.protocol,
    }


def _moment(value) -> str | None:
    return value and value.isoformat()


def _invoice(invoice_id: int) -> Invoice:
    invoice = invoice_by_id(invoice_id)
    if invoice is None:
        raise NotFound(_("There is no NF-e with this number."))
    return invoice


@endpoint(
    bp, "GET", "/invoices", "clerk", "accountant", query=("status", "month", "limit", "cursor")
)
def list_invoices():
    """NF-e, the newest first."""
    status, query = request.args.get("status"), invoices(month=query_month())
    if status and status not in set(InvoiceStatus):
        raise Invalid(
            [
                FieldError(
                    "status", _("Choose one of: %(expected)s.", expected=", ".join(InvoiceStatus))
                )
            ]
        )
    return list_answer(
        query.where(Invoice.status == status) if status else query, (Invoice.id,), invoice_json
    )


@endpoint(bp, "GET", "/invoices/<id:invoice_id>", "clerk", "accountant")
def get_invoice(invoice_id: int):
    """One NF-e as it stands."""
    return invoice_json(_invoice(invoice_id))


@endpoint(bp, "GET", "/invoices/<id:invoice_id>/xml", "clerk", "accountant")
def get_xml(invoice_id: int):
    """The nfeProc as it is stored; before authorization a marked draft."""
    return xml_file(_invoice(invoice_id))


@endpoint(bp, "GET", "/invoices/<id:invoice_id>/danfe.pdf", "clerk", "accountant")
def get_danfe(invoice_id: int):
    """The DANFE of an authorized NF-e."""
    return danfe_file(_invoice(invoice_id))


@endpoint(bp, "GET", "/invoices/archive", "clerk", "accountant", query=("month",))
def get_archive():
    """A zip of the month's nfeProc files."""
    return month_archive(query_month(required=True))


@endpoint(bp, "POST", "/invoices/<id:invoice_id>/approval", "reviewer", status=202)
def approve_invoice(invoice_id: int):
    """Releases an NF-e under review, over its warnings; said twice, it is sent once."""

    def work():
        invoice = _invoice(invoice_id)
        services.approve(invoice, g.identity.actor)
        return invoice_json(invoice)

    return in_transaction(work)


@endpoint(bp, "POST", "/invoices/<id:invoice_id>/rejection", "reviewer", body=ReturnIn)
def reject_invoice(wanted: ReturnIn, invoice_id: int):
    """Returns an NF-e under review for correction."""

    def work():
        invoice = _invoice(invoice_id)
        services.return_for_correction(invoice, g.identity.actor, str(wanted.code), wanted.comment)
        return invoice_json(invoice)

    return in_transaction(work)
