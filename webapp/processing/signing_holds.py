"""NF-e that are released and could not be signed, for want of a certificate, go on by themselves
once the shop can sign."""

from sqlalchemy import Select, select, update

from webapp.authority.certificates import signing_hold
from webapp.invoices.models import SENDING, Invoice, InvoiceStatus
from webapp.platform.clock import database_now
from webapp.platform.database import db, rows_changed
from webapp.platform.transactions import only_reading


def let_sign() -> int:
    """Signing them is owed from now on; how many."""
    with only_reading():
        waits = db.session.execute(select(_resting().exists())).scalar_one()
        waits = waits and signing_hold() is None
        db.session.rollback()
    if not waits:
        return 0
    table = Invoice.__table__
    owed = update(table).where(table.c.id.in_(_resting())).values(due_at=database_now(db.session))
    rows = rows_changed(owed)
    db.session.commit()
    return rows


def _resting() -> Select[int]:
    """By the index of what is on its way: released NF-e owe their signature, but for these."""
    released = Invoice.status == InvoiceStatus.APPROVED
    return select(Invoice.id).where(SENDING, released, Invoice.due_at.is_(None))
