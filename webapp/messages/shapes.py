"""The shape of an e-mail of the outbox in answers."""

from webapp.http.answers import Moment, OutShape
from webapp.messages.models import MessageStatus


class MessageOut(OutShape):
    """`reason`: why it could not be sent, in words."""

    id: int
    sale_id: int
    template: str
    recipient: str
    locale: str
    status: MessageStatus
    reason: str
    created_at: Moment
    sent_at: Moment | None
