"""An e-mail's exact text: the templates in `templates/emails`, in the customer's language."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from flask import current_app, render_template
from flask_babel import force_locale

from webapp.extensions import db
from webapp.messages.models import Message
from webapp.sales.models import Sale
from webapp.store.queries import the_shop


def parts_of(message: Message) -> tuple[str, str, str]:
    """Subject, plain text and HTML."""
    shop, sale = the_shop(), db.session.get_one(Sale, message.sale_id)
    context = {"shop": shop, "sale": sale, **message.params}
    with force_locale(message.locale):
        plain = render_template(f"emails/{message.template}.txt", **context)
        html = render_template(f"emails/{message.template}.html", **context)
    subject, _line, body = plain.partition("\n")
    return subject.strip(), body.strip() + "\n", html


def email_of(message: Message) -> EmailMessage:
    """The message as it goes to the server. Headers are built by parts, so that no name can break a line."""
    subject, plain, html = parts_of(message)
    shop = the_shop()
    user, _at, domain = shop.email.partition("@")
    email = EmailMessage(policy=SMTP)
    email["Subject"] = " ".join(subject.split())
    email["From"] = Address(" ".join(shop.trade_name.split()), user, domain)
    email["To"] = message.recipient
    email["Date"] = format_datetime(message.created_at)
    # The row's own: a copy sent twice by a broken connection is one message to the reader.
    email["Message-ID"] = f"<message-{message.id}@{domain or current_app.name}>"
    email.set_content(plain)
    email.add_alternative(html, subtype="html")
    return email
