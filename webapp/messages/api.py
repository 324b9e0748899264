"""JSON calls of the outbox."""

from flask_babel import lazy_gettext as _l

from webapp.http.answers import list_of
from webapp.messages.forms import MessageQuery
from webapp.messages.models import Message
from webapp.messages.queries import messages
from webapp.messages.shapes import MessageOut
from webapp.messages.words import reason_in_words
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("messages")


@endpoint(
    bp,
    "GET",
    "/messages",
    "clerk",
    query=MessageQuery,
    answer=list_of(MessageOut),
    summary=_l("E-mails to customers, of one status or all."),
)
def list_messages(asked: MessageQuery) -> dict[str, object]:
    return list_answer(asked, messages(asked.status), (Message.id,), _message_json)


def _message_json(message: Message) -> dict[str, object]:
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
