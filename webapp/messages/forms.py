"""The shape of what is asked of the outbox."""

from webapp.http.filters import ListQuery
from webapp.messages.models import MessageStatus


class MessageQuery(ListQuery):
    status: MessageStatus | None = None
