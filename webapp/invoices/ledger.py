"""The ledger of a series: what became of each number, which are left over, and until when those are
to be voided. Everything is asked by a range of numbers or of rows that are few, never of the whole
series."""

import datetime as dt
import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_babel.speaklater import LazyString
from sqlalchemy import ColumnElement, exists, select, text

from webapp.invoices.models import ForeignNumber, Invoice, InvoiceStatus, Voiding, VoidingStatus
from webapp.platform.database import db
from webapp.store.models import Series, SkippedNumbers
from webapp.store.queries import issuer_day

# With which the authority refused a note whose number was voided past this shop.
VOIDED_BEFORE = "206"
# So many numbers are told one by one.
MOST_TOLD = 1000
MOST_LISTED = 100
# The day of the next month by which what was left over in one is to be voided.
LAST_DAY = 10


class NumberState(enum.StrEnum):
    AUTHORIZED = "authorized"
    CANCELLED = "cancelled"
    VOIDED = "voided"
    # No note has it, and none is on its way with it.
    SPARE = "spare"
    # It is at the authority, whose answer is not known.
    SENDING = "sending"
    # Another system has used it.
    ELSEWHERE = "elsewhere"
    # A note bears it that is not out: it is mended, and sent again with it.
    KEPT = "kept"

    @property
    def label(self) -> LazyString:
        return NUMBER_LABELS[self][0]

    @property
    def tone(self) -> str:
        return NUMBER_LABELS[self][1]


NUMBER_LABELS = {
    NumberState.AUTHORIZED: (_l("Authorized"), "good"),
    NumberState.CANCELLED: (lazy_pgettext("NF-e", "Cancelled"), ""),
    NumberState.VOIDED: (_l("Voided"), ""),
    NumberState.SPARE: (lazy_pgettext("number", "Spare"), "warn"),
    NumberState.SENDING: (_l("Awaiting SEFAZ"), "info"),
    NumberState.ELSEWHERE: (_l("Used by another system"), ""),
    NumberState.KEPT: (_l("Kept by an NF-e being fixed"), "info"),
}
_OF_NOTES = {
    InvoiceStatus.AUTHORIZED: NumberState.AUTHORIZED,
    InvoiceStatus.CANCELLED: NumberState.CANCELLED,
    InvoiceStatus.SENDING: NumberState.SENDING,
    InvoiceStatus.DISCARDED: NumberState.SPARE,
}


def state_of(status: InvoiceStatus) -> NumberState:
    """Of the number that an NF-e of this state bears, as long as it was not voided."""
    return _OF_NOTES.get(status, NumberState.KEPT)


@dataclass(frozen=True, slots=True)
class NumberEntry:
    """`is_gap`: a person left it out, so that no note ever had it."""

    number: int
    state: NumberState
    invoice_id: int | None = None
    access_key: str | None = None
    is_gap: bool = False


class NumberRun(NamedTuple):
    """Numbers that follow each other and became the same."""

    first: int
    last: int
    state: NumberState
    is_gap: bool
    # Of a run of one.
    invoice_id: int | None

    @property
    def how_many(self) -> int:
        return self.last - self.first + 1


class LeftOver(NamedTuple):
    """Numbers that no note has, since when, and by which day they are to be voided."""

    series: int
    first: int
    last: int
    since: dt.date
    due: dt.date
    is_gap: bool
    # Of a gap: its row, by which a person says that another system used them.
    skipped_id: int | None

    @property
    def how_many(self) -> int:
        return self.last - self.first + 1


def numbers_between(series: Series, first: int, last: int) -> list[NumberEntry]:
    """Each number from `first` to `last` that the series has reached, at most MOST_TOLD."""
    last = min(last, series.next_number - 1, first + MOST_TOLD - 1)
    if first > last:
        return []
    spare = NumberState.SPARE
    found = {number: NumberEntry(number, spare, is_gap=True) for number in _to(first, last)}
    notes = select(Invoice.number, Invoice.status, Invoice.id, Invoice.access_key)
    within = (Invoice.series == series.number) & Invoice.number.between(first, last)
    for number, status, invoice_id, key in db.session.execute(notes.where(within)):
        assert number is not None, "it lies between two numbers"
        state = state_of(status)
        found[number] = NumberEntry(number, state, invoice_id, key)
    foreign = select(ForeignNumber.number, ForeignNumber.code, ForeignNumber.access_key)
    within = (ForeignNumber.series == series.number) & ForeignNumber.number.between(first, last)
    for number, code, key in db.session.execute(foreign.where(within)):
        state = NumberState.VOIDED if code == VOIDED_BEFORE else NumberState.ELSEWHERE
        found[number] = NumberEntry(number, state, access_key=key)
    for skipped in skipped_of([series.number], first, last):
        if skipped.used_elsewhere:
            _mark(found, skipped.first, skipped.last, NumberState.ELSEWHERE)
    for voiding in db.session.scalars(voidings_over(series.number, first, last)):
        is_done = voiding.status is VoidingStatus.DONE
        state = NumberState.VOIDED if is_done else NumberState.SENDING
        _mark(found, voiding.first, voiding.last, state)
    return list(found.values())


def _mark(found: dict[int, NumberEntry], first: int, last: int, state: NumberState) -> None:
    """Numbers that no note has out."""
    for number in _to(max(first, min(found)), min(last, max(found))):
        entry = found[number]
        if entry.state is NumberState.SPARE:
            found[number] = replace(entry, state=state)


def _to(first: int, last: int) -> range:
    return range(first, last + 1)


def runs_of(entries: Iterable[NumberEntry]) -> list[NumberRun]:
    """Entries up or down, those alike together."""
    runs = []
    for (state, is_gap), group in groupby(entries, lambda entry: (entry.state, entry.is_gap)):
        alike = list(group)
        invoice_id = alike[0].invoice_id if len(alike) == 1 else None
        first, last = sorted((alike[0].number, alike[-1].number))
        runs.append(NumberRun(first, last, state, is_gap, invoice_id))
    return runs


def voidings_over(series: int, first: int, last: int):
    """Those of any of these numbers that are done or on their way."""
    return select(Voiding).where(
        Voiding.series == series,
        Voiding.first <= last,
        Voiding.last >= first,
        Voiding.status != VoidingStatus.REFUSED,
    )


def is_being_voided() -> ColumnElement[bool]:
    """An NF-e's number that was voided or is about to be: no other note takes it over."""
    return exists().where(
        Voiding.series == Invoice.series,
        Voiding.first <= Invoice.number,
        Voiding.last >= Invoice.number,
        Voiding.status != VoidingStatus.REFUSED,
    )


def skipped_of(series: Sequence[int], first: int = 0, last: int = 2**31 - 1):
    query = select(SkippedNumbers).where(
        SkippedNumbers.series.in_(series),
        SkippedNumbers.first <= last,
        SkippedNumbers.last >= first,
    )
    return db.session.scalars(query.order_by(SkippedNumbers.series, SkippedNumbers.first)).all()


def left_over(every: Sequence[Series]) -> list[LeftOver]:
    """What is to be voided: gaps that a person made, and numbers that discarded notes left behind
    and no other note took over. Those due first come first."""
    numbers = [series.number for series in every]
    return sorted([*_gaps(numbers), *_spare(numbers)], key=lambda left: (left.due, left.first))


def _gaps(series: Sequence[int]) -> Iterator[LeftOver]:
    gaps = [skipped for skipped in skipped_of(series) if not skipped.used_elsewhere]
    voided = _voided_among(gaps)
    for gap in gaps:
        since = issuer_day(gap.created_at)
        taken = [(first, last) for of, first, last in voided if of == gap.series]
        for first, last in parts_without(gap.first, gap.last, taken):
            yield LeftOver(gap.series, first, last, since, due_day(since), True, gap.id)


def _voided_among(gaps: Sequence[SkippedNumbers]) -> Sequence[tuple[int, int, int]]:
    """Series, first and last of what was voided of them, or is about to be, in their order."""
    if not gaps:
        return []
    within = exists().where(
        SkippedNumbers.id.in_([gap.id for gap in gaps]),
        SkippedNumbers.series == Voiding.series,
        SkippedNumbers.first <= Voiding.last,
        SkippedNumbers.last >= Voiding.first,
    )
    query = select(Voiding.series, Voiding.first, Voiding.last)
    query = query.where(within, Voiding.status != VoidingStatus.REFUSED)
    found = db.session.execute(query.order_by(Voiding.series, Voiding.first))
    return [(*row,) for row in found]


def parts_without(first: int, last: int, taken: Iterable) -> Iterator[tuple[int, int]]:
    """The parts of a range that none of the ranges in `taken`, in their order, covers."""
    for begin, end in taken:
        if first < begin <= last:
            yield first, begin - 1
        if begin <= last:
            first = max(first, end + 1)
    if first <= last:
        yield first, last


def _spare(series: Sequence[int]) -> Iterator[LeftOver]:
    # As literal text, or the partial index does not serve.
    query = select(Invoice.series, Invoice.number, Invoice.issued_at, Invoice.created_at).where(
        text("status = 'discarded' AND number IS NOT NULL"),
        Invoice.series.in_(series),
        ~is_being_voided(),
    )
    for number_of, number, issued_at, created_at in db.session.execute(
        query.order_by(Invoice.series, Invoice.number).limit(MOST_LISTED)
    ):
        assert number_of is not None and number is not None, "the query asks for those that have"
        since = issuer_day(issued_at or created_at)
        yield LeftOver(number_of, number, number, since, due_day(since), False, None)


def due_day(since: dt.date) -> dt.date:
    """The tenth of the month after."""
    return (since.replace(day=1) + dt.timedelta(days=32)).replace(day=LAST_DAY)
