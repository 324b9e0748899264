"""NF-e under /api/v1."""

import datetime as dt

from flask import Response, g
from flask_babel import lazy_gettext as _l

from webapp.fiscal.danfe import Paper
from webapp.http.answers import list_of
from webapp.invoice_pages.downloads import month_archive, paper_file, xml_file
from webapp.invoices.forms import InvoiceQuery, MonthQuery, ReturnIn
from webapp.invoices.issues import issues_of
from webapp.invoices.models import Invoice, Purpose
from webapp.invoices.queries import IS_RETURN, NO_INVOICE, invoice_by_id, invoices
from webapp.invoices.shapes import InvoiceOut
from webapp.processing import review
from webapp.web.api import Download, api_blueprint, endpoint, list_answer

bp = api_blueprint("invoices")


def invoice_json(invoice: Invoice) -> dict[str, object]:
    return {
        "id": invoice.id,
        "sale_id": invoice.sale_id,
        "purpose": invoice.purpose,
        "origin_id": invoice.origin_id,
        "number": invoice.number,
        "series": invoice.printed_series,
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


def _moment(value: dt.datetime | None) -> str | None:
    return value.isoformat() if value else None


@endpoint(
    bp,
    "GET",
    "/invoices",
    "clerk",
    "accountant",
    query=InvoiceQuery,
    answer=list_of(InvoiceOut),
    summary=_l("NF-e, the newest first; `month` is that of their issue."),
)
def list_invoices(asked: InvoiceQuery) -> dict[str, object]:
    query = invoices(month=asked.month)
    if asked.status:
        query = query.where(Invoice.status == asked.status)
    if asked.purpose:
        query = query.where(IS_RETURN if asked.purpose is Purpose.RETURN else ~IS_RETURN)
    keys = (Invoice.moment, Invoice.id) if asked.month else (Invoice.id,)
    return list_answer(asked, query, keys, invoice_json)


@endpoint(
    bp,
    "GET",
    "/invoices/<id:invoice_id>",
    "clerk",
    "accountant",
    answer=InvoiceOut,
    refusals={404: NO_INVOICE},
    summary=_l("One NF-e as it stands."),
)
def get_invoice(invoice_id: int) -> dict[str, object]:
    return invoice_json(invoice_by_id(invoice_id))


@endpoint(
    bp,
    "GET",
    "/invoices/<id:invoice_id>/xml",
    "clerk",
    "accountant",
    answer=Download("application/xml", _l("The nfeProc, or the draft")),
    refusals={404: NO_INVOICE},
    summary=_l("The nfeProc as it is stored; before authorization a marked draft."),
)
def get_xml(invoice_id: int) -> Response:
    return xml_file(invoice_by_id(invoice_id))


@endpoint(
    bp,
    "GET",
    "/invoices/<id:invoice_id>/danfe.pdf",
    "clerk",
    "accountant",
    answer=Download("application/pdf", _l("The DANFE")),
    refusals={404: NO_INVOICE, 409: _l("It is not authorized.")},
    summary=_l("The DANFE of an authorized NF-e."),
)
def get_danfe(invoice_id: int) -> Response:
    return paper_file(Paper.DANFE, invoice_by_id(invoice_id))


@endpoint(
    bp,
    "GET",
    "/invoices/<id:invoice_id>/label.pdf",
    "clerk",
    "accountant",
    answer=Download("application/pdf", _l("The label, 100 × 150 mm")),
    refusals={404: NO_INVOICE, 409: _l("It is not authorized, or cancelled.")},
    summary=_l("The parcel's label of an authorized NF-e: the simplified DANFE."),
)
def get_label(invoice_id: int) -> Response:
    return paper_file(Paper.LABEL, invoice_by_id(invoice_id))


@endpoint(
    bp,
    "GET",
    "/invoices/archive",
    "clerk",
    "accountant",
    query=MonthQuery,
    answer=Download("application/zip", _l("The files, named by access key")),
    refusals={404: _l("No NF-e was authorized in this month.")},
    summary=_l("A zip of the month's nfeProc files."),
)
def get_archive(asked: MonthQuery) -> Response:
    return month_archive(asked.month)


@endpoint(
    bp,
    "POST",
    "/invoices/<id:invoice_id>/approval",
    "reviewer",
    answer=InvoiceOut,
    status=202,
    refusals={404: NO_INVOICE, 409: _l("Its state forbids it.")},
    summary=_l("Releases an NF-e under review, over its warnings; said twice, it is sent once."),
)
def approve_invoice(invoice_id: int) -> dict[str, object]:
    invoice = invoice_by_id(invoice_id)
    review.approve(invoice, g.identity.actor)
    return invoice_json(invoice)


@endpoint(
    bp,
    "POST",
    "/invoices/<id:invoice_id>/rejection",
    "reviewer",
    body=ReturnIn,
    answer=InvoiceOut,
    refusals={404: NO_INVOICE, 409: _l("Its state forbids it.")},
    summary=_l("Returns an NF-e under review for correction."),
)
def reject_invoice(wanted: ReturnIn, invoice_id: int) -> dict[str, object]:
    invoice = invoice_by_id(invoice_id)
    review.return_for_correction(invoice, g.identity.actor, str(wanted.code), wanted.comment)
    return invoice_json(invoice)
