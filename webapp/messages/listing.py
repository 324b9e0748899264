"""The list of e-mails as a declaration."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from webapp.http.lists import newest_first
from webapp.http.query import query_choice
from webapp.messages.models import Message, MessageStatus
from webapp.messages.queries import messages
from webapp.messages.words import reason_in_words, template_name
from webapp.sales.finding import named_sales
from webapp.web.listings import Cell, Listing

MESSAGES = Listing(
    name="messages",
    label=_l("E-mails"),
    endpoint="messages.index",
    rows=lambda asked: messages(query_choice("status", MessageStatus, asked), asked.get("q", "")),
    orders=newest_first(Message.id),
    named=lambda q: select(Message.id).where(Message.sale_id.in_(named_sales(q))),
    cells=(
        Cell(_l("E-mail"), lambda message: template_name(message.template)),
        Cell(_l("To"), lambda message: message.recipient),
        Cell(_l("Order"), lambda message: message.sale.reference),
        Cell(_l("Status"), lambda message: str(message.status.label)),
        Cell(_l("Written"), lambda message: message.created_at),
        Cell(_l("Sent"), lambda message: message.sent_at),
        Cell(_l("Reason"), lambda message: reason_in_words(message.error)),
    ),
    filters=("q", "status"),
)
