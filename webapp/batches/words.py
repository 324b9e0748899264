"""Batches in words: what they change, and why a product was left as it is."""

import datetime as dt
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.audit.history import who
from webapp.batches.changes import BatchChange, unplain
from webapp.batches.models import BatchRow
from webapp.http.formatting import moment_text, money_text, number_text, percent_text

REASONS = {
    "deleted": _l("The product was deleted."),
    "below_zero": _l("The price would be below zero."),
    "too_large": _l("The price would be too large."),
    "may_not_lower": _l("Only a manager lowers prices."),
    "keeps_no_stock": _l("This kind of product keeps no stock."),
    "changed": _l("It was changed meanwhile."),
    "written_over": _l(
        "Batch %(number)s changed it later; undone too, it gives back what was before both."
    ),
}
NOTHING = "—"


def change_words(kept: dict[str, Any]) -> str:
    """Like "Price +10.00 %, ending in ,90"."""
    change = BatchChange.kept_in(kept)
    if change.name == "price_percent":
        by = percent_text(abs(Decimal(change.told)))
        words = _("Price %(by)s", by=_signed(change, by))
    elif change.name == "price_amount":
        by = money_text(abs(Decimal(change.told)))
        words = _("Price %(by)s", by=_signed(change, by))
    elif change.name == "archived":
        return _("Archived") if change.told else _("Back on sale")
    else:
        value = value_words(change.field, change.told)
        return _("%(what)s: %(value)s", what=field_words(change.field), value=value)
    return (
        _("%(change)s, ending in %(cents)s", change=words, cents=change.ending)
        if (change.ending)
        else words
    )


def _signed(change: BatchChange, by: str) -> str:
    return ("-" if Decimal(change.told) < 0 else "+") + by


def field_words(field: str) -> str:
    return str(
        {
            "price": _l("Price"),
            "category": _l("Category"),
            "supplier": _l("Supplier"),
            "tax_profile": _l("Tax profile"),
            "ncm": _l("NCM"),
            "low_stock": _l("Minimum stock"),
            "archived_at": _l("On sale"),
        }[field]
    )


def value_words(field: str, kept: Any) -> str:
    """What a row keeps of the column, as people read it."""
    value = unplain(field, kept)
    if field == "archived_at":
        return _("archived") if value else _("on sale")
    if isinstance(value, Decimal):
        return money_text(value)
    if isinstance(value, int):
        return number_text(value)
    return value or NOTHING


def file_value(field: str, kept: Any) -> Decimal | int | str | None:
    """The same for a file: numbers stay numbers, a tax profile its code."""
    value = unplain(field, kept)
    return value_words(field, kept) if field == "archived_at" else value


def reason_words(row: BatchRow) -> str:
    if not row.reason:
        return ""
    words = str(REASONS[row.reason]) % {"number": row.over_id}
    if row.left_by and isinstance(row.left_at, dt.datetime):
        by = _("%(name)s, %(moment)s", name=who(row.left_by).name, moment=moment_text(row.left_at))
        return f"{words} ({by})"
    return words
