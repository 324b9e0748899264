"""The e-mail that brings a month's closing to the accountant: its figures, a link to its files."""

from email.message import EmailMessage

from flask import current_app, render_template
from flask_babel import force_locale

from webapp.closings.models import Closing
from webapp.closings.queries import account_of
from webapp.fulfilment.months import month_words
from webapp.http.localization import USUAL_LOCALE
from webapp.http.signed_links import DAYS, seal_link
from webapp.messages.composition import letter
from webapp.store.queries import the_shop

# The kind of the link to a month's files, and the language of accountants in Brazil.
CLOSING = "closing"


def closing_letter(closing: Closing) -> EmailMessage:
    """Raises BadAddress."""
    assert closing.asked_at, "what is to be sent was asked for"
    name = f"closing-{closing.month}.{int(closing.asked_at.timestamp())}"
    return letter(closing.recipient, closing_words(closing), name, closing.asked_at)


def closing_words(closing: Closing) -> tuple[str, str, str]:
    """Subject, plain text and HTML."""
    with force_locale(USUAL_LOCALE):
        context = {
            "shop": the_shop(),
            "language": USUAL_LOCALE.replace("_", "-"),
            "account": account_of(closing.month),
            "month_name": month_words(closing.month),
            "link": closing_link(closing),
            "link_days": DAYS,
        }
        plain = render_template("emails/closing.txt", **context)
        html = render_template("emails/closing.html", **context)
    subject, _line, body = plain.strip().partition("\n")
    return " ".join(subject.split()), body.strip() + "\n", html.strip() + "\n"


def closing_link(closing: Closing) -> str:
    """Where the files are read without an account, for a time."""
    assert closing.asked_at, "what is to be sent was asked for"
    url: str = current_app.extensions["settings"].public_url
    return f"{url}/closing/linked/{seal_link(CLOSING, closing.id, closing.asked_at)}"
