"""Numbers that the authority has for notes not known here (539): kept, and looked through for what
this shop would send itself, so that a database that came out of a backup heals."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import delete, exists, or_, select

from webapp.audit.tracking import record
from webapp.fiscal.authority import Answer, Meaning
from webapp.fiscal.document import Numbering
from webapp.fiscal.recognition import KnownNote, digest_in, recognize
from webapp.fiscal.tax_book import TaxBook
from webapp.invoices.composition import Composed
from webapp.invoices.models import ForeignNumber, Invoice
from webapp.platform.database import db
from webapp.store.models import Series
from webapp.store.queries import issuer_zone

# How long before it was received the other note may have been issued: the one whose number ours was
# to have is looked at closely, others only as they usually are.
LONG, USUAL = dt.timedelta(hours=24), dt.timedelta(minutes=15)
MOST = 200


def remember_foreign(
    invoice: Invoice, code: str, key: str | None, other: Answer | None, now: dt.datetime
) -> None:
    """Takes the number off the invoice for good, which was refused with `code`. `other` is the
    answer to the key that has it, where one was named."""
    series, number = invoice.series, invoice.number
    assert series is not None and number is not None, "it was sent"
    invoice.give_up_number()
    left = invoice.id, invoice.audit_name
    record(db.session, "number_left", "invoices", *left, series=series, number=number)
    known = exists().where(ForeignNumber.series == series, ForeignNumber.number == number)
    if db.session.scalar(select(known)):
        return
    foreign = ForeignNumber(
        series=series,
        number=number,
        code=code,
        access_key=key,
        found_at=now,
        invoice_id=invoice.id,
    )
    db.session.add(foreign)
    if other is None or other.protnfe is None:
        return
    foreign.protocol, foreign.received_at = other.protocol, other.received_at
    foreign.digest = digest_in(other.protnfe)
    foreign.is_cancelled = other.meaning is Meaning.CANCELLED_ELSEWHERE
    if other.received_at and other.received_at >= invoice.sale.created_at:
        _take_one_at_a_time(series)


def _take_one_at_a_time(number: int) -> None:
    """The other note is younger than the sale: perhaps the shop issued it, and others too."""
    query = select(Series).where(Series.number == number).with_for_update()
    series = db.session.scalar(query)
    if series:
        series.is_unsure = True


class ForeignNotes:
    """Those that may be what some invoices would be sent as: no older than their sales, or met by
    them."""

    def __init__(self, invoices: Sequence[Invoice]):
        oldest = min(invoice.sale.created_at for invoice in invoices)
        ids = [invoice.id for invoice in invoices]
        query = select(ForeignNumber).where(
            ForeignNumber.digest.is_not(None),
            or_(ForeignNumber.received_at >= oldest, ForeignNumber.invoice_id.in_(ids)),
        )
        query = query.order_by(ForeignNumber.received_at.desc()).limit(MOST)
        self._known = list(db.session.scalars(query))

    def numbering_of(
        self, invoice: Invoice, made: Composed, book: TaxBook
    ) -> tuple[Numbering, ForeignNumber] | None:
        """With what the note is that the authority has of it; None where none of them is the
        same."""
        zone = issuer_zone()
        for foreign in self._known:
            is_near = foreign.invoice_id == invoice.id
            assert foreign.access_key and foreign.digest and foreign.received_at
            if not is_near and foreign.received_at < invoice.sale.created_at:
                continue
            known = KnownNote(foreign.access_key, foreign.digest, foreign.received_at)
            span = LONG if is_near else USUAL
            if found := recognize(lambda given: made.document(book, given), zone, known, span):
                return found, foreign
        return None

    def claim(self, foreign: ForeignNumber) -> None:
        """It is this shop's own after all."""
        self._known.remove(foreign)
        db.session.execute(delete(ForeignNumber).where(ForeignNumber.id == foreign.id))
        db.session.expunge(foreign)
