"""An e-mail's exact text: the templates in `templates/emails`, in the customer's language."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from flask import current_app, render_template
from flask_babel import force_locale

from webapp.messages.models import Message
from webapp.platform.database import db
from webapp.sales.models import Sale
from webapp.store.queries import the_shop


class BadAddress(ValueError):
    """An address that cannot stand in a header."""


def parts_of(message: Message) -> tuple[str, str, str]:
    """Subject, plain text and HTML."""
    shop, sale = the_shop(), db.session.get_one(Sale, message.sale_id)
    context = {
        "shop": shop,
        "sale": sale,
        "language": message.locale.replace("_", "-"),
        "fiscal": current_app.extensions["settings"].nfe_environment == "production",
        **message.params,
    }
    with force_locale(message.locale):
        plain = render_template(f"emails/{message.template}.txt", **context)
        html = render_template(f"emails/{message.template}.html", **context)
    subject, _line, body = plain.strip().partition("\n")
    return " ".join(subject.split()), body.strip() + "\n", html.strip() + "\n"


def email_of(message: Message) -> EmailMessage:
    """The message as it goes to the server. Headers are built by parts, so that no name can break a
    line or add a recipient. Raises BadAddress."""
    subject, plain, html = parts_of(message)
    shop = the_shop()
    sender = _address(shop.email, shop.trade_name)
    email = EmailMessage(policy=SMTP)
    email["Subject"] = subject
    email["From"] = sender
    email["To"] = _address(message.recipient)
    email["Date"] = format_datetime(message.created_at)
    # The row's own: a copy sent twice by a broken connection is one message to the reader.
    email["Message-ID"] = (
        f"<message-{message.id}.{int(message.created_at.timestamp())}@{sender.domain}>"
    )
    email.set_content(plain)
    email.add_alternative(html, subtype="html")
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
