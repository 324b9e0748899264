"""The series of NF-e: which there are, which channel takes which, and where each stands."""

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.audit.tracking import record
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, NotFound, Refusal
from webapp.store.forms import ChannelSeriesIn, NextNumberIn, SeriesIn
from webapp.store.models import Series, SkippedNumbers
from webapp.store.queries import every_series, the_shop


def add_series(wanted: SeriesIn) -> Series:
    """Raises Refusal for a number that the shop has already."""
    if any(series.number == wanted.number for series in every_series()):
        raise Refusal(_("The shop has this series already."), "number")
    series = Series(number=wanted.number, next_number=wanted.first_number)
    db.session.add(series)
    db.session.flush()
    if wanted.first_number > 1:
        _leave_out(wanted.number, 1, wanted.first_number, used_elsewhere=True)
    _tell(series)
    return series


def choose_series(wanted: ChannelSeriesIn) -> None:
    """Which series the sales of each channel are numbered in from now on. Raises Invalid."""
    first, *others = [series.number for series in every_series()]
    for channel, number in wanted.channels.items():
        if number not in (first, *others):
            raise Invalid([FieldError(f"channels.{channel}", _("There is no such series."))])
    shop = the_shop()
    shop.channel_series = {
        channel: number for channel, number in sorted(wanted.channels.items()) if number != first
    }


def renumber(series: Series, wanted: NextNumberIn, last_used: int) -> None:
    """Goes on from another number, of a series whose row the caller has locked; `last_used` is the
    highest that an NF-e bears. Raises Refusal for a number that is used, and Invalid until a person
    has confirmed one that leaves others out or might come twice."""
    number, stands = wanted.next_number, series.next_number
    if number <= last_used:
        raise Refusal(
            _(
                "An NF-e of this series has the number %(number)s already; a number is never used "
                "twice.",
                number=last_used,
            ),
            "next_number",
        )
    if number == stands:
        return
    if wanted.confirmed != number:
        asked = _gap(stands, number) if number > stands else _repeat(number, stands)
        raise Invalid([FieldError("confirmed", asked)])
    series.next_number = number
    _leave_out(series.number, stands, number, wanted.used_elsewhere)
    _tell(series, wanted.reason)


def _leave_out(series: int, stands: int, number: int, used_elsewhere: bool) -> None:
    """Keeps which numbers no NF-e will bear; those from `number` on are used after all."""
    if number > stands:
        left = {"series": series, "first": stands, "last": number - 1}
        db.session.add(SkippedNumbers(**left, used_elsewhere=used_elsewhere))
        return
    again = SkippedNumbers.series == series, SkippedNumbers.last >= number
    for skipped in db.session.scalars(select(SkippedNumbers).where(*again)):
        if skipped.first >= number:
            db.session.delete(skipped)
        else:
            skipped.last = number - 1


def note_used_elsewhere(skipped_id: int) -> SkippedNumbers:
    """Another system used what was left out: it is not voided. Said twice, nothing changes. Raises
    NotFound."""
    skipped = db.session.get(SkippedNumbers, skipped_id)
    if skipped is None:
        raise NotFound(_("These numbers were not left out."))
    skipped.used_elsewhere = True
    return skipped


def _gap(first: int, end: int) -> str:
    return _(
        "No NF-e of this shop will bear the numbers %(first)s to %(last)s. Those that no other "
        "system has used must be voided at SEFAZ by the tenth of next month.",
        first=first,
        last=end - 1,
    )


def _repeat(first: int, end: int) -> str:
    return _(
        "The numbers %(first)s to %(last)s were left out before. If another system has used one of "
        "them, SEFAZ refuses the NF-e that bears it again.",
        first=first,
        last=end - 1,
    )


def raise_next_number(series: Series, number: int, field: str) -> None:
    """Moves a locked series on, never back: for a shop whose later NF-e are not known here."""
    if number < series.next_number:
        raise Invalid(
            [
                FieldError(
                    field,
                    _(
                        "The series stands at %(number)s already; a number is never used twice.",
                        number=series.next_number,
                    ),
                )
            ]
        )
    if number > series.next_number:
        _leave_out(series.number, series.next_number, number, used_elsewhere=True)
        series.next_number = number
        _tell(series)


def _tell(series: Series, why: str = "") -> None:
    record(
        db.session,
        "changed",
        "series",
        series.id,
        str(series.number),
        why,
        next_number=series.next_number,
    )
