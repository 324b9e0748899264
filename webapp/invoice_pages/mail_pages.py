"""The e-mail of an NF-e with its files: sent once more by a person, and the page that its link
leads to, which is open to whoever has the link, for that NF-e alone."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug import Response as AnyResponse

from webapp.fiscal.danfe import Paper
from webapp.http.handling import acts
from webapp.http.signed_links import open_link
from webapp.invoice_pages.blueprint import bp
from webapp.invoice_pages.downloads import paper_file, xml_file
from webapp.invoices.models import Invoice
from webapp.invoices.queries import invoice_by_id
from webapp.messages.composition import FILES
from webapp.messages.pages import refuse_without_server, times_seen
from webapp.messages.queries import message_of_sale
from webapp.messages.words import AUTHORIZED
from webapp.platform.clock import utc_now
from webapp.platform.errors import NotFound, Refusal
from webapp.processing.note_mail import mail_files
from webapp.staff.access import allow, anyone
from webapp.staff.throttle import refuse_flood

# What one network may ask of such links in a minute.
MOST_A_MINUTE = 60


def _to_note(invoice_id: int) -> AnyResponse:
    return redirect(url_for("invoices.page", invoice_id=invoice_id), 303)


@bp.post("/invoices/<id:invoice_id>/message")
@allow("clerk")
@acts(back=_to_note)
def send_files(invoice_id: int) -> AnyResponse:
    """Sends XML and DANFE to the buyer once more, or for the first time."""
    invoice = invoice_by_id(invoice_id)
    if not invoice.is_issued:
        raise Refusal(_("There are no files yet: this NF-e is not authorized."))
    if invoice.is_return:
        raise Refusal(_("A return note is the shop's own; it is not sent to the customer."))
    message = message_of_sale(invoice.sale_id, AUTHORIZED)
    refuse_without_server()
    if message:
        message.resend(times_seen(), utc_now())
    elif invoice.sale.customer_email:
        message = mail_files(invoice, utc_now())
    else:
        raise Refusal(_("The order has no e-mail address of its customer."))
    flash(_("The e-mail is on its way to %(address)s.", address=message.recipient), "good")
    return _to_note(invoice_id)


# -- what the link leads to ------------------------------------------------------------------------


def _linked(token: str) -> Invoice:
    """Raises LinkEnded, TooManyTries and NotFound."""
    refuse_flood("files", MOST_A_MINUTE)
    invoice = invoice_by_id(open_link(FILES, token).row_id)
    if not invoice.is_issued:
        raise NotFound(_("There are no files yet: this NF-e is not authorized."))
    return invoice


@bp.get("/nfe/<token>")
@anyone
def linked(token: str) -> str:
    return render_template(
        "invoices/linked.html", invoice=_linked(token), until=open_link(FILES, token).until
    )


@bp.get("/nfe/<token>/xml")
@anyone
def linked_xml(token: str) -> Response:
    return xml_file(_linked(token))


@bp.get("/nfe/<token>/danfe.pdf")
@anyone
def linked_danfe(token: str) -> Response:
    return paper_file(Paper.DANFE, _linked(token))


@bp.after_request
def found_by_nobody(response: Response) -> Response:
    """No search engine keeps what a link leads to."""
    if request.path.startswith("/nfe/"):
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
