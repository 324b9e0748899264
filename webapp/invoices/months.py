"""A month in an address: ?month=2026-11."""

import datetime as dt
import re

from flask import request
from flask_babel import gettext as _

from webapp.platform.errors import FieldError, Invalid

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])", re.ASCII)


def asked_month(required: bool = False) -> dt.date | None:
    """The first day of the month asked for. Raises Invalid."""
    written = request.args.get("month", "")
    if not written and not required:
        return None
    found = _MONTH.fullmatch(written)
    if not found:
        raise Invalid([FieldError("month", _("Write a month like 2026-11."))])
    return dt.date(int(found[1]), int(found[2]), 1)
