"""Where a note is numbered and signed: the one place from which its number is its own."""

import datetime as dt
from collections.abc import Sequence
from functools import cached_property

from lxml import etree
from sqlalchemy import exists, select, text

from webapp.audit.tracking import record
from webapp.authority.certificates import signer_or_hold
from webapp.authority.contingency import present_standby
from webapp.authority.words import PREFIX, TURNS
from webapp.fiscal.access_key import random_code
from webapp.fiscal.document import Numbering, Standby, access_key_of, numbered
from webapp.fiscal.signature import Signer
from webapp.invoices.composition import Composed
from webapp.invoices.ledger import is_being_voided
from webapp.invoices.models import ForeignNumber, Invoice
from webapp.invoices.queries import being_sent
from webapp.platform.database import db
from webapp.platform.issues import Issue
from webapp.processing.foreign_numbers import ForeignNotes
from webapp.processing.note_progress import note_rests, note_signed
from webapp.store.models import Series
from webapp.store.queries import series_of_channels, the_shop
from webapp.taxation.book import the_tax_book

# The whole second at which a note says it was issued lies this far back: a clock of ours that is
# slightly ahead of the authority's must not make it a note of the future (rejection 703).
CLOCK_MARGIN = dt.timedelta(seconds=2)
# After which a note looks again whether it is its turn.
TURN = dt.timedelta(seconds=2)


def issue_time(now: dt.datetime) -> dt.datetime:
    """When a note says that it was issued that is signed now."""
    return (now - CLOCK_MARGIN).replace(microsecond=0)


class Numbers:
    """The numbers of a series, whose row the caller has locked. Those that discarded notes were
    refused with come first: the authority knows no note of theirs, and a number that is never used
    would be a gap. What a person voids is not taken."""

    def __init__(self, series: Series, most: int) -> None:
        self.series = series
        # As literal text, or the partial index does not serve.
        spare = select(Invoice).where(
            text("status = 'discarded' AND number IS NOT NULL"),
            Invoice.series == series.number,
            ~is_being_voided(),
        )
        self.spare = list(
            db.session.scalars(spare.order_by(Invoice.number.desc()).limit(most).with_for_update())
        )
        self._taken = False

    def has_turn(self) -> bool:
        """Whether one may be taken now: of a series that is not sure, one at a time."""
        if not self.series.is_unsure:
            return True
        sending = exists().where(Invoice.series == self.series.number, being_sent(Invoice))
        return not self._taken and not db.session.scalar(select(sending))

    def take(self) -> int:
        """The next one. It is given back with the transaction."""
        self._taken = True
        if not self.spare:
            return self.series.take()
        left_behind = self.spare.pop()
        number = left_behind.number
        assert number is not None, "the query asks for invoices that bear one"
        left_behind.number = None
        # Before the next note bears it: a number is unique.
        db.session.flush()
        return number


class SigningDesk:
    """Signs the notes of a batch, of some of `invoices`, inside its transaction. Their series are
    locked with the first that takes a number: whoever takes none waits for nobody."""

    def __init__(self, invoices: Sequence[Invoice]) -> None:
        self.invoices, self.book = invoices, the_tax_book()

    @cached_property
    def numbers(self) -> dict[int, Numbers]:
        """By the number of the series."""
        channels = {invoice.sale.channel for invoice in self.invoices}
        query, most = series_of_channels(channels).with_for_update(), len(self.invoices)
        with db.session.no_autoflush:
            return {series.number: Numbers(series, most) for series in db.session.scalars(query)}

    def _numbers_of(self, channel: str) -> Numbers:
        chosen = the_shop().channel_series.get(channel)
        return self.numbers[next(iter(self.numbers)) if chosen is None else chosen]

    # What is read with the first note does not depend on what the batch has changed so far: that is
    # written later, all at once.

    @cached_property
    def signer(self) -> Signer | Issue:
        """Or why nothing can be signed."""
        with db.session.no_autoflush:
            return signer_or_hold()

    @cached_property
    def foreign(self) -> ForeignNotes:
        with db.session.no_autoflush:
            return ForeignNotes(self.invoices)

    @cached_property
    def standby(self) -> Standby | None:
        with db.session.no_autoflush:
            return present_standby()

    def sign(
        self, invoice: Invoice, made: Composed, draft: etree._Element, now: dt.datetime
    ) -> None:
        """Gives the note its number, time, key and signature; sending it is owed from now on. Where
        the shop cannot sign, it rests. Its draft was checked for the day that it is issued on. What
        the authority has already is taken over. While a series is not sure, its notes take
        turns."""
        signer = self.signer
        if isinstance(signer, Issue):
            note_rests(invoice, signer, now)
            return
        if known := self.foreign.numbering_of(invoice, made, self.book):
            self._take_over(invoice, made, signer, *known)
            note_signed(invoice, now)
            return
        series, number, note = invoice.series, invoice.number, made.note
        if series is None or number is None or invoice.was_test:
            numbers = self._numbers_of(note.channel)
            if not numbers.has_turn():
                invoice.try_later(now + TURN, PREFIX + TURNS)
                return
            series, number = numbers.series.number, numbers.take()
        issued_at = issue_time(now)
        given = Numbering(series, number, issued_at, random_code(number), self.standby)
        document = numbered(draft, note, given)
        invoice.tax_profiles = made.taken_profiles(self.book, issued_at)
        invoice.send(
            series, number, access_key_of(document), signer.sign(document), given.issued_at
        )
        note_signed(invoice, now)

    def _take_over(
        self,
        invoice: Invoice,
        made: Composed,
        signer: Signer,
        given: Numbering,
        foreign: ForeignNumber,
    ) -> None:
        document, series = made.document(self.book, given), given.series
        invoice.tax_profiles = made.taken_profiles(self.book, given.issued_at)
        key, signed = access_key_of(document), signer.sign(document)
        invoice.take_over(series, given.number, key, signed, given.issued_at)
        told = invoice.id, invoice.audit_name
        record(db.session, "recognized", "invoices", *told, series=series, number=given.number)
        self.foreign.claim(foreign)
