"""Rates of states, their exceptions, and the values of the fiscal calendar."""

import datetime as dt

from flask_babel import gettext as _

from webapp.fiscal.calendar import ASKED, MONTHLY
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, NotFound
from webapp.taxation.book import tax_book_changed, the_tax_book
from webapp.taxation.forms import CalendarValueIn, StateRateIn
from webapp.taxation.models import CalendarValue, StateRate
from webapp.taxation.profile_edits import refuse_past
from webapp.taxation.queries import rate_by_key, value_from


def write_rate(wanted: StateRateIn, last_issued: dt.date | None) -> StateRate:
    """A state's rates from a day on; said twice, nothing changes. Raises Invalid."""
    rate = rate_by_key(wanted.state, wanted.ncm, wanted.sku, wanted.valid_from)
    if rate is not None and (rate.icms, rate.fcp) == (wanted.icms, wanted.fcp):
        return rate
    # Some rate of the state holds always: that of the program, if no other.
    refuse_past(wanted.valid_from, last_issued, replaces=True)
    if rate is None:
        rate = StateRate(**wanted.model_dump())
        db.session.add(rate)
    else:
        rate.icms, rate.fcp = wanted.icms, wanted.fcp
    tax_book_changed()
    return rate


def take_back_rate(rate_id: int, last_issued: dt.date | None) -> None:
    """What was written over it holds again. Taken back twice, it is gone once. Raises Invalid."""
    rate = db.session.get(StateRate, rate_id)
    if rate is not None:
        refuse_past(rate.valid_from, last_issued, replaces=True)
        db.session.delete(rate)
        tax_book_changed()


def set_value(code: str, wanted: CalendarValueIn, last_issued: dt.date | None) -> CalendarValue:
    """A value that the program does not know, from a day on; said twice, nothing changes. Raises
    NotFound for a code that no value is asked for, and Invalid."""
    if code not in ASKED:
        raise NotFound(_("The fiscal calendar asks for no value of this code."))
    if code in MONTHLY and wanted.valid_from.day != 1:
        message = _("This value holds for a month: write the month's first day.")
        raise Invalid([FieldError("from", message)])
    value = value_from(code, wanted.valid_from)
    if value is not None and (value.value, value.source) == (wanted.value, wanted.source):
        return value
    # While there was none, the notes that need it were held: no issued one changes.
    known = the_tax_book().calendar.value(code, wanted.valid_from)
    refuse_past(wanted.valid_from, last_issued, known not in (None, wanted.value), "from")
    if value is None:
        value = CalendarValue(
            code=code,
            valid_from=wanted.valid_from,
            value=wanted.value,
            source=wanted.source,
        )
        db.session.add(value)
    else:
        value.value, value.source = wanted.value, wanted.source
    tax_book_changed()
    return value
