"""E-mails by sale and state, and the one way to write a new one."""

import datetime as dt

from flask import current_app
from sqlalchemy import select

from webapp.extensions import db
from webapp.messages.models import Message, MessageStatus
from webapp.sales.models import Sale


def compose(sale: Sale, template: str, params: dict, now: dt.datetime) -> Message:
    """A message to the sale's customer, owed from now on; without a mail server it stays in the outbox."""
    message = Message(
        sale_id=sale.id, template=template, recipient=sale.customer_email, locale=sale.customer_locale, params=params,
        status=MessageStatus.PENDING,
    )
    if current_app.extensions["settings"].smtp_url:
        message.owe(now)
    else:
        message.keep(now)
    db.session.add(message)
    return message


def messages_of_sale(sale_id: int):
    return select(Message).where(Message.sale_id == sale_id).order_by(Message.id)


def held_messages(sale_id: int):
    return select(Message).where(Message.sale_id == sale_id, Message.status == MessageStatus.HELD)
