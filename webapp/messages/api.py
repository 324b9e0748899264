"""JSON calls of the outbox."""

from flask import request
from flask_babel import gettext as _

from webapp.messages.models import Message, MessageStatus
from webapp.messages.queries import messages
from webapp.messages.words import reason_in_words
from webapp.platform.errors import FieldError, Invalid
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("messages")


@endpoint(bp, "GET", "/messages", "clerk", query=("status", "limit", "cursor"))
def list_messages():
    """E-mails to customers, of one status or all."""
    status = request.args.get("status")
    if status and status not in tuple(MessageStatus):
        expected = ", ".join(MessageStatus)
        raise Invalid([FieldError("status", _("Choose one of: %(expected)s.", expected=expected))])
    return list_answer(messages(status), (Message.id,), _shown)


def _shown(message: Message) -> dict:
    return {
        "id": message.id,
        "sale_id": message.sale_id,
        "template": message.template,
        "recipient": message.recipient,
        "locale": message.locale,
        "status": message.status,
        "reason": reason_in_words(message.error),
        "created_at": message.created_at.isoformat(),
        "sent_at": message.sent_at.isoformat() if message.sent_at else None,
    }
