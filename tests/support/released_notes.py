"""NF-e that a person releases, which are signed by a step of their own."""

from sqlalchemy import select

from tests.support import worlds
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.platform.database import db
from webapp.processing.review import approve
from webapp.store.queries import the_shop


@worlds.step
def hold_every_note() -> None:
    the_shop().review_policy = "all"
    db.session.commit()


def release_every_note() -> None:
    db.session.rollback()
    for invoice in db.session.scalars(
        select(Invoice).where(Invoice.status == InvoiceStatus.REVIEW)
    ):
        approve(invoice, "ana@example.com")
    db.session.commit()
