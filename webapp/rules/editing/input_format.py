"""One value as people type it in their language ↔ as a rule's JSON keeps it. Pure.

`kind` is a field's or a parameter's type: money, percent, int, bool, code, commission, task …; one
without a reader of its own is text. In JSON money and percentages are decimal text with two places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date

from flask_babel import gettext as _

from webapp.platform.text import fold
from webapp.rules.core.fields import MAX_INT, MAX_TEXT
from webapp.rules.core.problems import ValueRefused

AGENTS_OWN = "agent"
LONGEST_CODE = 60

_WHOLE = re.compile(r"-?[0-9]{1,12}")
_GROUPED = {
    ".": re.compile(r"-?[0-9]{1,3}(\.[0-9]{3})+"),
    ",": re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+"),
}
_FRACTION = re.compile(r"[0-9]{0,2}")
_DAYS = (
    re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{1,2})-(?P<d>[0-9]{1,2})"),
    re.compile(r"(?P<d>[0-9]{1,2})[/.](?P<m>[0-9]{1,2})[/.](?P<y>[0-9]{4})"),
)


class Missing(ValueRefused):
    """Nothing was typed yet."""


# JSON -> what stands in the field


def typed(kind: str, value: object, brazilian: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind in ("money", "percent", "commission") and brazilian:
        return str(value).replace(".", ",")
    return str(value)


def typed_list(kind: str, values: Iterable[object], brazilian: bool) -> str:
    """One a line; the end of the last line says that a comma within is a comma."""
    return "\n".join(typed(kind, value, brazilian) for value in values) + "\n"


def typed_day(value: str | None, brazilian: bool) -> str:
    if value and brazilian:
        return "/".join(reversed(value.split("-")))
    return value or ""


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
    found = next((match for pattern in _DAYS if (match := pattern.fullmatch(text))), None)
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
    except (TypeError, ValueError):
        raise ValueRefused(
            _("This is not a day; write it like 20/11/2026 or 2026-11-20.")
        ) from None


def slug(text: str) -> str:
    """A code made from a name: "Comissão VIP" -> "comissao_vip"; "" where no letter begins it."""
    plain = re.sub(r"[^a-z0-9]+", "_", fold(text)).strip("_")
    return re.sub(r"^[0-9_]+", "", plain)[:LONGEST_CODE].strip("_")


def _read_text(text: str, _brazilian: bool) -> str:
    if len(text) > MAX_TEXT:
        raise ValueRefused(_("At most %(most)d characters.", most=MAX_TEXT))
    return text


def _plain_decimal(text: str, brazilian: bool) -> str | None:
    """ "1.234,5" -> "1234.50"; None where it is no number. The language says which sign parts the
    thousands."""
    thousands, point = (".", ",") if brazilian else (",", ".")
    written = text.replace("\u2212", "-").replace("\u00a0", "").replace(" ", "")
    if point not in written and _GROUPED[thousands].fullmatch(written):
        return written.replace(thousands, "") + ".00"
    if point not in written and written.count(thousands) == 1:
        point = thousands
    whole, _point, fraction = written.rpartition(point) if point in written else (written, "", "")
    if point != thousands and _GROUPED[thousands].fullmatch(whole):
        whole = whole.replace(thousands, "")
    if not _WHOLE.fullmatch(whole) or not _FRACTION.fullmatch(fraction):
        return None
    return f"{whole}.{fraction:0<2}"


def _read_money(text: str, brazilian: bool) -> str:
    amount = _plain_decimal(text.removeprefix("R$"), brazilian)
    if amount is None:
        raise ValueRefused(_("This is not an amount; write it like 129.90."))
    return amount


def _read_percent(text: str, brazilian: bool) -> str:
    percent = _plain_decimal(text.removesuffix("%"), brazilian)
    if percent is None or percent.startswith("-"):
        raise ValueRefused(_("This is not a percentage; write it like 7.50."))
    if float(percent) > 100:
        raise ValueRefused(_("At most 100 %."))
    return percent


def _read_commission(text: str, brazilian: bool) -> str:
    return AGENTS_OWN if text == AGENTS_OWN else _read_percent(text, brazilian)


def _read_int(text: str, brazilian: bool) -> int:
    number = _plain_decimal(text, brazilian)
    if number is None or not number.endswith(".00"):
        raise ValueRefused(_("This is not a whole number."))
    if abs(int(number[:-3])) > MAX_INT:
        raise ValueRefused(_("This number is out of range."))
    return int(number[:-3])


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
