"""Cursors: places in a list, as addresses carry them."""

import base64
import datetime as dt
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Date

from webapp.platform.columns import Hundredths, UtcDateTime
from webapp.platform.errors import FieldError, Invalid


def cursor_of(row: Any, keys: tuple) -> str:
    """The place of a row in a list by `keys`, which are attributes of it."""
    return encode_cursor([getattr(row, key.key) for key in keys])


def encode_cursor(values: Sequence[Any]) -> str:
    """The place of a row whose keys have these values."""
    written = json.dumps([_written(value) for value in values])
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, keys: tuple) -> list:
    """The values a cursor names, each of its key's own type; raises Invalid for any other text."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        values = None
    if isinstance(values, list) and len(values) == len(keys):
        read = [_read(value, key) for value, key in zip(values, keys, strict=True)]
        if None not in read:
            return read
    raise Invalid(
        [FieldError("cursor", _("This cursor is not one of ours; begin at the first page."))]
    )


def _written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value.scaleb(2))
    return value.isoformat() if isinstance(value, dt.date) else value


def _read(value: Any, key: Any) -> Any:
    """The value as `key` takes it, None for what cannot be one of its values."""
    is_money = isinstance(key.type, Hundredths)
    if is_money or key.type.python_type is int:
        if type(value) is not int or abs(value) >= 2**63:
            return None
        return Decimal(value).scaleb(-2) if is_money else value
    if not isinstance(value, str) or not value.isprintable():
        return None
    if isinstance(key.type, UtcDateTime):
        return _moment(value)
    return _day(value) if isinstance(key.type, Date) else value


def _day(written: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(written)
    except ValueError:
        return None


def _moment(written: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(written).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
