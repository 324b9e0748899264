"""The page of one NF-e, its parts that change by themselves, and its files."""

from typing import Any

from flask import Response, current_app, g, render_template, request
from lxml import etree

from webapp.audit.history import history_of
from webapp.fiscal.danfe import Paper
from webapp.fiscal.document import unnumbered
from webapp.http.forms import Form
from webapp.invoice_pages.blueprint import bp
from webapp.invoice_pages.downloads import paper_file, xml_file
from webapp.invoice_pages.event_view import events_context
from webapp.invoice_pages.list_pages import counts_in
from webapp.invoice_pages.note_changes import NoteChange, changes_between
from webapp.invoice_pages.note_view import NoteView, note_view
from webapp.invoice_pages.note_xml import xml_lines
from webapp.invoices.forms import RETURN_LABELS
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
from webapp.invoices.queries import invoice_by_id, review_queue
from webapp.messages.queries import message_of_sale
from webapp.messages.words import AUTHORIZED, reason_in_words
from webapp.platform.clock import utc_now
from webapp.platform.issues import Issue
from webapp.processing.review import own_notes
from webapp.processing.wait_facts import surroundings_of, waits_of_notes
from webapp.processing.waiting import may_go_to_standby
from webapp.sale_pages.fix_links import FixLink, fix_link, is_about_taxes
from webapp.sales.models import Sale
from webapp.staff.access import allow
from webapp.store.queries import the_shop


@bp.get("/invoices/<id:invoice_id>")
@allow("clerk", "accountant")
def page(invoice_id: int) -> str:
    return note_page(invoice_id)


@bp.get("/invoices/<id:invoice_id>/state")
@allow("clerk", "accountant")
def state(invoice_id: int) -> str:
    """What of the page changes by itself."""
    return render_template("invoices/_invoice.html", **_context(invoice_by_id(invoice_id)))


@bp.get("/invoices/<id:invoice_id>/queue")
@allow("clerk", "accountant")
def queue(invoice_id: int) -> str:
    """The review queue beside an NF-e."""
    invoice = invoice_by_id(invoice_id)
    return render_template(
        "invoices/_queue.html", invoice=invoice, queue=review_queue(), **_queue_context()
    )


@bp.get("/invoices/<id:invoice_id>/xml")
@allow("clerk", "accountant")
def xml(invoice_id: int) -> Response:
    return xml_file(invoice_by_id(invoice_id))


@bp.get("/invoices/<id:invoice_id>/danfe.pdf")
@allow("clerk", "accountant")
def danfe(invoice_id: int) -> Response:
    return paper_file(Paper.DANFE, invoice_by_id(invoice_id))


@bp.get("/invoices/<id:invoice_id>/label.pdf")
@allow("clerk", "accountant")
def label(invoice_id: int) -> Response:
    return paper_file(Paper.LABEL, invoice_by_id(invoice_id))


# -- what the page shows --------------------------------------------------------------------------


def note_page(invoice_id: int, **refused: Any) -> str:
    """`refused` is what a refused decision changes: its form, whether it is asked again."""
    return render_template("invoices/page.html", **_context(invoice_by_id(invoice_id)) | refused)


def _context(invoice: Invoice) -> dict[str, Any]:
    shop = the_shop()
    warnings = warnings_on(invoice) if invoice.status is InvoiceStatus.REVIEW else []
    note = note_view(invoice, shop)
    issues = warnings if invoice.status is InvoiceStatus.REVIEW else issues_of(invoice)
    lines = [] if note.is_sent else xml_lines(unnumbered(note.document), issues)
    return {
        "invoice": invoice,
        "sale": invoice.sale,
        "issues": issues,
        "warnings": warnings,
        "wait": waits_of_notes([invoice])[invoice.id],
        "may_skip_waiting": invoice.answer_unknown
        and may_go_to_standby(invoice, surroundings_of([invoice])),
        "zip_code_differs": ZIP_CODE_DIFFERS,
        "fix_of": _fix_of,
        "about_taxes": is_about_taxes,
        "wants_address": _wants_address(issues),
        "passed": passed_checks(invoice, shop),
        "note": note,
        "xml_lines": lines,
        "lit": {line.lit for line in lines},
        "changes": _changes(invoice, note),
        "not_mine": invoice.id in own_notes(g.identity.actor, [invoice]),
        "issuer": shop,
        "mail": message_of_sale(invoice.sale_id, AUTHORIZED) if _goes_to_buyer(invoice) else None,
        "goes_to_buyer": _goes_to_buyer(invoice),
        "why_not_mailed": reason_in_words,
        "has_mail_server": bool(current_app.extensions["settings"].smtp_url),
        "history": history_of(subjects_of(invoice.sale_id)),
        "return_form": Form(),
        "return_labels": RETURN_LABELS,
        "address_form": present_address(invoice),
        "asking": False,
        "refused": None,
        **events_context(invoice, utc_now()),
        **_place_in_queue(invoice.id, review_queue()),
        **_queue_context(),
    }


def _goes_to_buyer(invoice: Invoice) -> bool:
    """Whether its files are sent to the buyer by e-mail; those of a return are the shop's own."""
    return invoice.is_issued and not invoice.is_return


def _changes(invoice: Invoice, note: NoteView) -> list[NoteChange]:
    if not invoice.former_xml:
        return []
    return changes_between(etree.fromstring(invoice.former_xml), note.document)


def present_address(invoice: Invoice) -> Form:
    return Form.filled(invoice.sale.address_parts | {"version": invoice.version})


def _wants_address(issues: list[Issue]) -> bool:
    return request.args.get("mend") == "address" or any(map(is_about_address, issues))


def _fix_of(issue: Issue, sale: Sale) -> FixLink | None:
    return fix_link(issue, sale, g.identity.role, address_form="#address")


def _queue_context() -> dict[str, Any]:
    waiting, returned = counts_in("review", "returned")
    return {
        "now": utc_now(),
        "warnings_on": warnings_on,
        "holds_of": holds_of,
        "waiting": waiting,
        "returned": returned,
    }


def _place_in_queue(invoice_id: int, waiting: list[Invoice]) -> dict[str, Any]:
    ids = [invoice.id for invoice in waiting]
    place = ids.index(invoice_id) if invoice_id in ids else None
    return {
        "queue": waiting,
        "place": place,
        "previous": ids[place - 1] if place else None,
        "next": next_in_queue(invoice_id, waiting),
    }


def next_in_queue(invoice_id: int, waiting: list[Invoice]) -> int | None:
    """The one behind it in the queue, else the oldest other one."""
    others = [invoice.id for invoice in waiting if invoice.id != invoice_id]
    behind = (other for other in others if other > invoice_id)
    return next(behind, others[0] if others else None)
