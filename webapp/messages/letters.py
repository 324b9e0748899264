"""The words of an e-mail to one of the staff."""

from flask import current_app, render_template
from flask_babel import force_locale

from webapp.http.localization import USUAL_LOCALE
from webapp.messages.models import StaffLetter
from webapp.store.queries import the_shop


def staff_words(row: StaffLetter) -> tuple[str, str, str]:
    """Subject, plain text and HTML."""
    locale = row.user.locale or USUAL_LOCALE
    with force_locale(locale):
        context = {
            "shop": the_shop(),
            "language": locale.replace("_", "-"),
            "text": row.text,
            "link": f"{current_app.extensions['settings'].public_url}{row.page}",
        }
        plain = render_template("emails/staff.txt", **context)
        html = render_template("emails/staff.html", **context)
    return " ".join(row.subject.split()), plain.strip() + "\n", html.strip() + "\n"
