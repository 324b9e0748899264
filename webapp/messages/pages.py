"""The outbox: every e-mail to a customer, its state, and its exact text."""

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from webapp.http.forms import Form
from webapp.http.handling import submits
from webapp.http.lists import Tab, status_tab, status_tabs
from webapp.http.query import query_choice, query_ids
from webapp.messages.composition import parts_of
from webapp.messages.forms import RecipientIn
from webapp.messages.listing import MESSAGES
from webapp.messages.models import Message, MessageStatus
from webapp.messages.queries import message_by_id, message_ids, messages, the_mailbox
from webapp.messages.words import reason_in_words, template_name
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.platform.whole import whole_number
from webapp.staff.access import allow
from webapp.web.security import CSP

bp = Blueprint("messages", __name__)
# The e-mail's HTML in its frame: nothing runs, loads or is sent; only its own style attributes
# hold.
FRAME_CSP = (
    "default-src 'none'; style-src-attr 'unsafe-inline'; sandbox; frame-ancestors 'self'; base-uri "
    "'none'; form-action 'none'"
)
COUNTED = (MessageStatus.HELD, MessageStatus.PENDING, MessageStatus.FAILED)


@bp.context_processor
def words():
    return {
        "template_name": template_name,
        "reason_in_words": reason_in_words,
        "has_server": _has_server(),
    }


def _has_server() -> bool:
    return bool(current_app.extensions["settings"].smtp_url)


@bp.get("/messages")
@allow("clerk")
def index():
    q = request.args.get("q", "")
    status = query_choice("status", MessageStatus)
    page = MESSAGES.page(request.args)
    tabs = status_tabs(status, *(_tab(state) for state in (None, *MessageStatus)))
    return render_template(
        "messages/page.html",
        page=page,
        tabs=tabs,
        q=q,
        status=status,
        live_url=page.live_url,
        mailbox=the_mailbox(),
    )


def _tab(state: MessageStatus | None) -> Tab:
    counted = message_ids(state) if state in COUNTED else None
    return status_tab(state.label if state else _("All"), state, counted)


@bp.get("/messages/rows")
@allow("clerk")
def rows():
    found = db.session.scalars(messages().where(Message.id.in_(query_ids())))
    return render_template("messages/_rows.html", messages=found, fresh=True)


@bp.get("/messages/<id:message_id>")
@allow("clerk")
def message(message_id: int) -> str:
    return _message_page(None, message_id)


def _message_page(refused: Form | None, message_id: int) -> str:
    found = message_by_id(message_id)
    subject, plain, _html = parts_of(found)
    return render_template(
        "messages/message.html",
        message=found,
        subject=subject,
        plain=plain,
        form=refused or Form.filled({"recipient": found.recipient}),
        mending=refused is not None or found.status == MessageStatus.FAILED,
    )


@bp.after_request
def framing(response: Response) -> Response:
    """A page of one e-mail frames its HTML."""
    if request.endpoint in ("messages.message", "messages.readdress"):
        response.headers["Content-Security-Policy"] = CSP + "; frame-src 'self'"
    return response


@bp.get("/messages/<id:message_id>/html")
@allow("clerk")
def message_html(message_id: int):
    """The e-mail's own HTML, for the frame on its page."""
    response = make_response(parts_of(message_by_id(message_id))[2])
    response.headers["Content-Security-Policy"] = FRAME_CSP
    return response


@bp.post("/messages/<id:message_id>/sending")
@allow("clerk")
def send_again(message_id: int):
    refuse_without_server()
    message_by_id(message_id).resend(times_seen(), utc_now())
    flash(_("The e-mail is on its way again."), "good")
    return redirect(url_for("messages.message", message_id=message_id), 303)


def times_seen() -> int:
    """How often the page that the button stood on said that it had been sent again."""
    return whole_number(request.form.get("resent"), 0) or 0


@bp.post("/messages/<id:message_id>/recipient")
@allow("clerk")
@submits(RecipientIn, again=_message_page)
def readdress(wanted: RecipientIn, message_id: int):
    """The address was wrong: this message goes to another one. The customer's record stays."""
    refuse_without_server()
    message_by_id(message_id).readdress(wanted.recipient, utc_now())
    flash(_("The e-mail is on its way to %(address)s.", address=wanted.recipient), "good")
    return redirect(url_for("messages.message", message_id=message_id), 303)


def refuse_without_server() -> None:
    """Raises Refusal."""
    if not _has_server():
        raise Refusal(
            _("E-mail isn't set up, so e-mails are kept here. Set SMTP_URL to send them.")
        )
