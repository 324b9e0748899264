"""Numbers that no note has are voided: asked for by a person, done at the authority."""

from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.audit.tracking import actor
from webapp.fiscal.voiding import MOST_AT_ONCE
from webapp.invoices.ledger import NumberState, numbers_between, voidings_over
from webapp.invoices.models import Voiding, VoidingStatus
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.store.models import Series


def void_numbers(series: Series, first: int, last: int, reason: str) -> Voiding:
    """Of a series whose row the caller has locked, so that no note takes one of them meanwhile.
    Said twice, they are voided once. Raises Invalid, and Refusal where a number is not left
    over."""
    _refuse_range(series, first, last)
    for voiding in db.session.scalars(voidings_over(series.number, first, last)):
        if (voiding.first, voiding.last) == (first, last):
            return voiding
    _refuse_used(series, first, last)
    voiding = Voiding(
        series=series.number,
        first=first,
        last=last,
        status=VoidingStatus.PENDING,
        text=reason,
        asked_by=actor(),
    )
    voiding.owe(utc_now())
    db.session.add(voiding)
    return voiding


def _refuse_range(series: Series, first: int, last: int) -> None:
    if last < first:
        raise Invalid([FieldError("last", _("The last number lies before the first."))])
    if last - first >= MOST_AT_ONCE:
        message = _("SEFAZ voids at most %(most)s numbers at once.", most=MOST_AT_ONCE)
        raise Invalid([FieldError("last", message)])
    if last >= series.next_number:
        message = _(
            "The series stands at %(number)s: from there on the next NF-e take the numbers.",
            number=series.next_number,
        )
        raise Invalid([FieldError("last", message)])


def _refuse_used(series: Series, first: int, last: int) -> None:
    """Of many, the first is named."""
    entries = numbers_between(series, first, last)
    used = [entry for entry in entries if entry.state is not NumberState.SPARE]
    if not used:
        return
    others = len(used) - 1
    more = ngettext("; %(num)s more", "; %(num)s more", others) if others else ""
    raise Refusal(
        _(
            "Number %(number)s is not left over: %(state)s%(more)s.",
            number=used[0].number,
            state=used[0].state.label,
            more=more,
        ),
        "first",
    )
