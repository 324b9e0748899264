"""The e-mail that brings a list on its schedule: a link to the file, never what is in it."""

from email.message import EmailMessage

from flask import current_app, render_template
from flask_babel import force_locale

from webapp.http.lists import bounded_count, count_text
from webapp.http.localization import USUAL_LOCALE
from webapp.http.signed_links import DAYS, seal_link
from webapp.messages.composition import letter
from webapp.platform.transactions import only_reading
from webapp.staff.access import seen_by
from webapp.store.queries import the_shop
from webapp.views.models import FILE_DAYS, ExportSchedule
from webapp.web.listings import listing_called

# The kind of the link to a list.
EXPORT = "export"


def export_letter(schedule: ExportSchedule, has_file: bool) -> EmailMessage:
    """`has_file`: whether it was made already, else its link makes it. Raises BadAddress."""
    name, words = f"export-{schedule.id}.{schedule.next_at:%Y%m%d%H}", export_words
    return letter(schedule.recipient.email, words(schedule, has_file), name, schedule.next_at)


def export_words(schedule: ExportSchedule, has_file: bool) -> tuple[str, str, str]:
    """Subject, plain text and HTML."""
    language = schedule.recipient.locale or USUAL_LOCALE
    with only_reading(), force_locale(language), seen_by(schedule.recipient):
        listing, shop = listing_called(schedule.listing), the_shop()
        url: str = current_app.extensions["settings"].public_url
        context = {
            "shop": shop,
            "language": language.replace("_", "-"),
            "schedule": schedule,
            "listing": listing,
            "count": count_text(bounded_count(listing.ids(schedule.query))),
            "link": f"{url}/exports/linked/{seal_link(EXPORT, schedule.id, schedule.next_at)}",
            "link_days": DAYS,
            "has_file": has_file,
            "file_days": FILE_DAYS,
            "schedules": f"{url}/views",
        }
        plain = render_template("emails/export.txt", **context)
        html = render_template("emails/export.html", **context)
    subject, _line, body = plain.strip().partition("\n")
    return " ".join(subject.split()), body.strip() + "\n", html.strip() + "\n"
