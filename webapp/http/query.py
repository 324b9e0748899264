"""What an address says: ids in its path, and whole numbers, ids and months in its query."""

import datetime as dt
import enum
import re
from collections.abc import Collection, Mapping
from typing import TypeVar

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.routing import BaseConverter

from webapp.platform.errors import FieldError, Invalid
from webapp.platform.whole import MAX_ID, whole_number

MOST_ROWS = 200
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])", re.ASCII)
_TYPED_MONTH = re.compile(r"(0?[1-9]|1[0-2])/(20[0-9]{2})", re.ASCII)
Choice = TypeVar("Choice", bound=enum.StrEnum)
# The query of an address: the one that is asked for, where a reader is told of no other.
Asked = Mapping[str, str] | None


class WrongFilter(Invalid):
    """An address asks a list for what it does not know; the answer leads to the list without
    filters."""

    title = _l("This filter does not exist")

    def __init__(self, name: str, message: str = "", args: Asked = None):
        text = message or _(
            "The address asks for “%(value)s”, which this list does not know.",
            value=_written(name, args)[:60],
        )
        super().__init__([FieldError(name, text)])


class IdConverter(BaseConverter):
    """`<id:product_id>`: a row's id, 1 to MAX_ID. Another number is no address of ours (404)."""

    # The bound stands in the pattern: a number refused only after it has matched would answer 405
    # where the address knows other methods.
    regex = (
        r"(?:[1-9][0-9]{0,8}|1[0-9]{9}|20[0-9]{8}|21[0-3][0-9]{7}|214[0-6][0-9]{6}|2147[0-3][0-9]{5}"
        r"|21474[0-7][0-9]{4}|214748[0-2][0-9]{3}|2147483[0-5][0-9]{2}|21474836[0-3][0-9]|214748364[0-7])"
    )

    def to_python(self, value: str) -> int:
        return int(value)


def _written(name: str, asked: Asked) -> str:
    return (request.args if asked is None else asked).get(name, "")


def query_int(name: str, default: int | None = None, least: int = 0, most: int = MAX_ID):
    """?name= as a whole number, `default` when it is none."""
    found = whole_number(request.args.get(name), least, most)
    return default if found is None else found


def query_ids(name: str = "ids") -> list[int]:
    """The ids in ?ids=1,2; what is no id is passed over."""
    written = request.args.get(name, "").split(",")[:MOST_ROWS]
    return [number for part in written if (number := whole_number(part, 1)) is not None]


def query_word(name: str, known: Collection[str], asked: Asked = None) -> str:
    """?name=, one of `known`; empty when it is not asked for. Raises WrongFilter."""
    written = _written(name, asked)
    if written and written not in known:
        raise WrongFilter(name, args=asked)
    return written


def query_choice(name: str, choices: type[Choice], asked: Asked = None) -> Choice | None:
    """The member of `choices` that ?name= names; None when it is not asked for. Raises
    WrongFilter."""
    written = query_word(name, list(choices), asked)
    return choices(written) if written else None


def query_day(name: str, asked: Asked = None) -> dt.date | None:
    """The day of ?name=2026-11-20; None when it is not asked for. Raises WrongFilter."""
    written = _written(name, asked).strip()
    try:
        return dt.date.fromisoformat(written) if written else None
    except ValueError:
        raise WrongFilter(name, _("Write a day like 2026-11-20.")) from None


def query_month(required: bool = False, asked: Asked = None) -> dt.date | None:
    """The first day of ?month=2026-11. Raises WrongFilter."""
    written = _written("month", asked)
    if not written and not required:
        return None
    return typed_month(written)


def typed_month(written: str) -> dt.date:
    """The first day of a month as a calendar sends it, 2026-11, or as one types it where the
    browser has none, 11/2026. Raises WrongFilter."""
    typed = _TYPED_MONTH.fullmatch(written.strip())
    return month_from(f"{typed[2]}-{typed[1]:0>2}" if typed else written)


def month_from(written: str) -> dt.date:
    """The first day of the month written like 2026-11. Raises WrongFilter."""
    found = _MONTH.fullmatch(written)
    if not found:
        raise WrongFilter("month", _("Write the month like 2026-11."))
    return dt.date(int(found[1]), int(found[2]), 1)
