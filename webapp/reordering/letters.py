"""The e-mail that tells a manager in the morning what is low and how much to order."""

from email.message import EmailMessage

from flask import current_app, render_template
from flask_babel import force_locale
from sqlalchemy import func, select

from webapp.catalog.models import Product
from webapp.http.localization import USUAL_LOCALE
from webapp.messages.composition import letter
from webapp.platform.database import db
from webapp.reordering.models import ReorderLetter
from webapp.reordering.queries import low_products, reorders
from webapp.store.queries import the_shop

# The others are on the page.
MOST_LISTED = 50


def reorder_letter(row: ReorderLetter) -> EmailMessage:
    """Raises BadAddress."""
    name = f"reorder-{row.id}.{int(row.asked_at.timestamp())}"
    return letter(row.user.email, reorder_words(row), name, row.asked_at)


def reorder_words(row: ReorderLetter) -> tuple[str, str, str]:
    """Subject, plain text and HTML."""
    locale, shop, low = row.user.locale or USUAL_LOCALE, the_shop(), low_products()
    listed = db.session.scalars(
        low.order_by(Product.supplier, Product.name, Product.id).limit(MOST_LISTED)
    ).all()
    ids = low.with_only_columns(Product.id).subquery()
    with force_locale(locale):
        context = {
            "shop": shop,
            "language": locale.replace("_", "-"),
            "rows": reorders(listed, shop.reorder_days),
            "days": shop.reorder_days,
            "count": db.session.scalar(select(func.count()).select_from(ids)),
            "link": f"{current_app.extensions['settings'].public_url}/products/reorder",
        }
        plain = render_template("emails/reorder.txt", **context)
        html = render_template("emails/reorder.html", **context)
    subject, _line, body = plain.strip().partition("\n")
    return " ".join(subject.split()), body.strip() + "\n", html.strip() + "\n"
