"""An e-mail's exact text: the templates in `templates/emails`, in the customer's language."""

import datetime as dt
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import NamedTuple

from flask import current_app, render_template
from flask_babel import force_locale

from webapp.http.signed_links import DAYS, seal_link
from webapp.messages.models import Message
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.sales.models import Sale
from webapp.store.queries import the_shop

# The kind of a link to the files of an NF-e.
FILES = "files"


class BadAddress(ValueError):
    """An address that cannot stand in a header."""


class Attachment(NamedTuple):
    name: str
    media_type: str
    data: bytes


# What some mailboxes take of a message at the most, base64 included.
MOST_ATTACHED_BYTES = 5_000_000


def files_link(invoice_id: int, given: dt.datetime) -> str:
    """Where a buyer reads the files of their NF-e without an account, for a time."""
    url: str = current_app.extensions["settings"].public_url
    return f"{url}/nfe/{seal_link(FILES, invoice_id, given)}"


def parts_of(message: Message, attached: bool = True) -> tuple[str, str, str]:
    """Subject, plain text and HTML; `attached`: whether the files that it tells of go with it."""
    shop, sale = the_shop(), db.session.get_one(Sale, message.sale_id)
    settings = current_app.extensions["settings"]
    context = {
        "shop": shop,
        "sale": sale,
        "language": message.locale.replace("_", "-"),
        "fiscal": shop.is_production,
        "link_days": DAYS,
        **message.params,
    }
    # Of one from before files went along: neither.
    if invoice_id := message.params.get("invoice_id"):
        context["attached"] = attached
        # An address of this machine alone leads a buyer nowhere.
        if not attached or not settings.is_local:
            context["files_link"] = files_link(invoice_id, message.sent_at or utc_now())
    with force_locale(message.locale):
        plain = render_template(f"emails/{message.template}.txt", **context)
        html = render_template(f"emails/{message.template}.html", **context)
    subject, _line, body = plain.strip().partition("\n")
    return " ".join(subject.split()), body.strip() + "\n", html.strip() + "\n"


def email_of(message: Message, attachments: Sequence[Attachment] = ()) -> EmailMessage:
    """The message as it goes to the server; what is too large to go along is linked to. Raises
    BadAddress."""
    if sum(len(each.data) for each in attachments) * 4 // 3 > MOST_ATTACHED_BYTES:
        attachments = ()
    written = parts_of(message, attached=bool(attachments))
    name = name_of(message)
    return letter(message.recipient, written, name, message.created_at, attachments)


def name_of(message: Message) -> str:
    """The row's own: a copy sent twice by a broken connection is one message to the reader. One
    that a person has sent again is another."""
    name = f"message-{message.id}.{int(message.created_at.timestamp())}"
    return name + (f".{message.resent}" if message.resent else "")


def letter(
    recipient: str,
    written: tuple[str, str, str],
    name: str,
    at: dt.datetime,
    attachments: Sequence[Attachment] = (),
) -> EmailMessage:
    """From the shop; `written` is subject, plain text and HTML, `name` the first part of its
    Message-ID. Headers are built by parts, so that no name can break a line or add a recipient.
    Raises BadAddress."""
    subject, plain, html = written
    shop = the_shop()
    sender = _address(shop.email, shop.trade_name)
    email = EmailMessage(policy=SMTP)
    email["Subject"] = subject
    email["From"] = sender
    email["To"] = _address(recipient)
    email["Date"] = format_datetime(at)
    email["Message-ID"] = f"<{name}@{sender.domain}>"
    email.set_content(plain)
    email.add_alternative(html, subtype="html")
    for each in attachments:
        kind, _slash, subtype = each.media_type.partition("/")
        email.add_attachment(each.data, maintype=kind, subtype=subtype, filename=each.name)
    return email


def _address(written: str, name: str = "") -> Address:
    user, _at, domain = written.rpartition("@")
    try:
        address = Address(" ".join(name.split()), user, domain.encode("idna").decode())
    except ValueError as error:
        raise BadAddress(type(error).__name__) from None
    if not user or not domain:
        raise BadAddress("empty")
    return address
