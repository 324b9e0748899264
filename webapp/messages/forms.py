"""The shapes of what is asked of the outbox, and of an address that is mended."""

from webapp.http.fields import RequiredEmail
from webapp.http.filters import ListQuery
from webapp.http.forms import Shape
from webapp.messages.models import MessageStatus


class MessageQuery(ListQuery):
    status: MessageStatus | None = None


class RecipientIn(Shape):
    recipient: RequiredEmail
