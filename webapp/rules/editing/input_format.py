"""One value as people write it in their language ↔ as a rule's JSON keeps it. Pure.

`kind` is a field's or a parameter's type: money, percent, int, bool, code, commission, task …; one
without a reader of its own is text. In JSON money and percentages are decimal text with two places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _

from webapp.http.numbers import field_text, read_decimal, read_money, read_percent
from webapp.platform.money import cents
from webapp.platform.text import fold
from webapp.rules.core.fields import MAX_INT, MAX_TEXT
from webapp.rules.core.problems import ValueRefused

AGENTS_OWN = "agent"
LONGEST_CODE = 60
# As far as a rule's JSON goes.
MAX_AMOUNT = Decimal("999999999999.99")

_DAYS = (
    re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})"),
    re.compile(r"(?P<d>[0-9]{1,2})[/.](?P<m>[0-9]{1,2})[/.](?P<y>[0-9]{4})"),
)


class Missing(ValueRefused):
    """Nothing was typed yet."""


# JSON -> what stands in the field


def input_text(kind: str, value: object, brazilian: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return field_text(str(value), brazilian and kind in ("money", "percent", "commission"))


def input_lines(kind: str, values: Iterable[object], brazilian: bool) -> str:
    """One a line; the end of the last line says that a comma within is a comma."""
    return "\n".join(input_text(kind, value, brazilian) for value in values) + "\n"


# What stands in the field -> JSON


def read(kind: str, text: str, brazilian: bool) -> object:
    """Raises ValueRefused with a message for whoever typed it."""
    text = text.strip()
    if not text:
        raise Missing(_("Fill this in."))
    return READERS.get(kind, _read_text)(text, brazilian)


def read_exactly(text: str) -> str:
    """Text whose blanks at either end count, as they do where one asks how a name starts."""
    if not text.strip():
        raise Missing(_("Fill this in."))
    return _read_text(text, False)


def split(text: str) -> list[str]:
    """A list as people type it: one a line, or one line with semicolons or commas."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\n" in text.lstrip("\n"):
        parts = text.split("\n")
    elif ";" in text:
        parts = text.split(";")
    else:
        parts = text.split(",")
    return [part.strip() for part in parts if part.strip()]


def read_day(text: str) -> str | None:
    """A day as 31/12/2026 or 2026-12-31 -> "2026-12-31"; None for nothing."""
    text = text.strip()
    if not text:
        return None
    refused = ValueRefused(_("This is not a day; write it like 20/11/2026 or 2026-11-20."))
    found = next((match for pattern in _DAYS if (match := pattern.fullmatch(text))), None)
    if found is None:
        raise refused
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
    except ValueError:
        raise refused from None


def slug(text: str) -> str:
    """A code made from a name: "Comissão VIP" -> "comissao_vip"; "" where no letter begins it."""
    plain = re.sub(r"[^a-z0-9]+", "_", fold(text)).strip("_")
    return re.sub(r"^[0-9_]+", "", plain)[:LONGEST_CODE].strip("_")


def _read_text(text: str, _brazilian: bool) -> str:
    if len(text) > MAX_TEXT:
        raise ValueRefused(_("At most %(most)d characters.", most=MAX_TEXT))
    return text


def _read_money(text: str, brazilian: bool) -> str:
    amount = read_money(text, brazilian)
    if amount is None or abs(amount) > MAX_AMOUNT or amount != cents(amount):
        raise ValueRefused(_("This is not an amount; write it like 129.90."))
    return f"{amount:.2f}"


def _read_percent(text: str, brazilian: bool) -> str:
    percent = read_percent(text, brazilian)
    if percent is None or percent.is_signed() or percent != cents(percent):
        raise ValueRefused(_("This is not a percentage; write it like 7.50."))
    if percent > 100:
        raise ValueRefused(_("At most 100 %."))
    return f"{percent:.2f}"


def _read_commission(text: str, brazilian: bool) -> str:
    return AGENTS_OWN if text == AGENTS_OWN else _read_percent(text, brazilian)


def _read_int(text: str, brazilian: bool) -> int:
    number = read_decimal(text, brazilian)
    if number is None or number != int(number):
        raise ValueRefused(_("This is not a whole number."))
    if abs(number) > MAX_INT:
        raise ValueRefused(_("This number is out of range."))
    return int(number)


def _read_bool(text: str, _brazilian: bool) -> bool:
    if text not in ("true", "false"):
        raise ValueRefused(_("Choose yes or no."))
    return text == "true"


def _read_task(text: str, _brazilian: bool) -> str:
    """A task of the shop's own may be typed in words."""
    code = slug(text)
    if not code:
        raise ValueRefused(_("Begin with a letter."))
    return code


READERS: dict[str, Callable[[str, bool], object]] = {
    "money": _read_money,
    "percent": _read_percent,
    "commission": _read_commission,
    "int": _read_int,
    "bool": _read_bool,
    "task": _read_task,
}
