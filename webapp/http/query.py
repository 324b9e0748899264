"""What an address says: ids in its path, and whole numbers, ids and months in its query."""

import datetime as dt
import enum
import re
from typing import TypeVar

from flask import request
from flask_babel import gettext as _
from werkzeug.routing import BaseConverter

from webapp.platform.errors import FieldError, Invalid

# The largest that an integer column holds on PostgreSQL.
MAX_ID = 2**31 - 1
MOST_ROWS = 200
_WHOLE = re.compile(r"[0-9]{1,18}", re.ASCII)
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])", re.ASCII)
Choice = TypeVar("Choice", bound=enum.StrEnum)


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


def whole_number(written: str | None, least: int = 0, most: int = MAX_ID) -> int | None:
    """The number that `written` says in plain digits; None for anything else or outside."""
    if not written or not _WHOLE.fullmatch(written):
        return None
    number = int(written)
    return number if least <= number <= most else None


def query_int(name: str, default: int | None = None, least: int = 0, most: int = MAX_ID):
    """?name= as a whole number, `default` when it is none."""
    found = whole_number(request.args.get(name), least, most)
    return default if found is None else found


def query_ids(name: str = "ids") -> list[int]:
    """The ids in ?ids=1,2; what is no id is passed over."""
    written = request.args.get(name, "").split(",")[:MOST_ROWS]
    return [number for part in written if (number := whole_number(part, 1)) is not None]


def query_choice(name: str, choices: type[Choice]) -> Choice | None:
    """The member of `choices` that ?name= names; None for all else."""
    written = request.args.get(name, "")
    return choices(written) if written in list(choices) else None


def query_month(required: bool = False) -> dt.date | None:
    """The first day of ?month=2026-11. Raises Invalid."""
    written = request.args.get("month", "")
    if not written and not required:
        return None
    return month_from(written)


def month_from(written: str) -> dt.date:
    """The first day of the month written like 2026-11. Raises Invalid."""
    found = _MONTH.fullmatch(written)
    if not found:
        raise Invalid([FieldError("month", _("Write the month like 2026-11."))])
    return dt.date(int(found[1]), int(found[2]), 1)
