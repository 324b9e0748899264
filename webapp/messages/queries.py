"""E-mails by sale and state, and the one way to write a new one."""

import datetime as dt

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import Select, select, true
from sqlalchemy.orm import contains_eager

from webapp.messages.models import Mailbox, Message, MessageStatus
from webapp.platform.database import db
from webapp.platform.errors import NotFound, Refusal
from webapp.rules.models import Effect
from webapp.sales.finding import found_sales
from webapp.sales.models import Sale
from webapp.sales.queries import latest_sales_of

THE_MAILBOX = 1


def the_mailbox() -> Mailbox | None:
    """That to which e-mails come back; None where none was ever set."""
    return db.session.get(Mailbox, THE_MAILBOX)


def compose(
    sale: Sale,
    template: str,
    params: dict,
    now: dt.datetime,
    held: bool = False,
    effect: Effect | None = None,
) -> Message:
    """A message to the sale's customer, owed from now on; without a mail server it stays in the
    outbox. `held`: it waits until the sale is released. `effect`: the rule's effect that it carries
    out, which stands as it does."""
    message = Message(
        sale_id=sale.id,
        template=template,
        recipient=sale.customer_email,
        locale=sale.customer_locale,
        params=params,
        status=MessageStatus.HELD if held else MessageStatus.PENDING,
        effect=effect,
    )
    if held:
        message.tell_effect()
    elif current_app.extensions["settings"].smtp_url:
        message.owe(now)
        message.tell_effect()
    else:
        message.keep(now)
    db.session.add(message)
    return message


def messages(status: str | None = None, q: str = "") -> Select:
    """Messages with their sales; `q` finds by order, customer, document or e-mail."""
    query = select(Message).join(Message.sale).options(contains_eager(Message.sale))
    if status:
        query = query.where(Message.status == status)
    return query.where(found_sales(q) if q.strip() else true())


def message_ids(status: str | None = None) -> Select:
    query = select(Message.id)
    return query.where(Message.status == status) if status else query


def message_by_id(message_id: int) -> Message:
    message = db.session.get(Message, message_id)
    if message is None:
        raise NotFound(_("There is no such e-mail."))
    if message.is_forgotten:
        raise Refusal(_("Whom this e-mail was for was anonymised: it is not shown any more."))
    return message


def messages_of_sale(sale_id: int) -> Select:
    return select(Message).where(Message.sale_id == sale_id).order_by(Message.id)


def messages_to(customer_id: int, most: int) -> Select:
    """The latest e-mails of a customer's latest orders: however many there are, few are read."""
    latest = latest_sales_of(customer_id, 5 * most).subquery()
    query = select(Message).where(Message.sale_id.in_(select(latest.c.id)))
    return query.order_by(Message.id.desc()).limit(most)


def message_of_sale(sale_id: int, template: str) -> Message | None:
    query = select(Message).where(Message.sale_id == sale_id, Message.template == template)
    return db.session.scalar(query)


def latest_message(sale_id: int, template: str) -> Message | None:
    query = select(Message).where(Message.sale_id == sale_id, Message.template == template)
    return db.session.scalar(query.order_by(Message.id.desc()).limit(1))


def held_messages(sale_id: int) -> Select:
    return select(Message).where(Message.sale_id == sale_id, Message.status == MessageStatus.HELD)
