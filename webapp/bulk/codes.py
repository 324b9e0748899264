"""Tracking codes pasted one per line: which order each is of, or what is wrong with which line."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flask_babel import gettext as _

from webapp.platform.errors import FieldError, Invalid

LONGEST_CODE = 60
# So many lines are named; the others are counted.
MOST_NAMED = 8
_MARK = re.compile(r"\s*[\t;,]\s*")


class NamedOrder(NamedTuple):
    sale_id: int
    reference: str


class _Line(NamedTuple):
    number: int
    text: str


def read_codes(written: str, orders: Sequence[NamedOrder]) -> dict[int, str]:
    """By the order's id. Each line is an order and its code, with a blank, a tab, a comma or a
    semicolon between; or the code alone, one for each of `orders` in their order. Raises Invalid,
    which names the lines that cannot be so; then none counts."""
    lines = [_Line(n, text.strip()) for n, text in enumerate(written.splitlines(), 1)]
    while lines and not lines[-1].text:
        lines.pop()
    if not lines:
        raise _refusal([_("Paste the codes, one per line.")])
    alone = not any(_MARK.search(line.text) or " " in line.text for line in lines)
    return _in_order(lines, orders) if alone else _by_reference(lines, orders)


def _in_order(lines: Sequence[_Line], orders: Sequence[NamedOrder]) -> dict[int, str]:
    problems = [
        _("Line %(number)s is blank: order %(order)s has no code.", number=line.number, order=of)
        for line, (_id, of) in zip(lines, orders, strict=False)
        if not line.text
    ]
    if len(lines) != len(orders):
        problems.append(
            _(
                "There are %(lines)s lines for %(orders)s orders: write one for each, in the order "
                "of the list, or each order before its code.",
                lines=len(lines),
                orders=len(orders),
            )
        )
    codes = [line for line in lines if line.text]
    _refuse(problems + _unfit(codes))
    return {order.sale_id: line.text for line, order in zip(lines, orders, strict=True)}


def _by_reference(lines: Sequence[_Line], orders: Sequence[NamedOrder]) -> dict[int, str]:
    known = {order.reference.casefold(): order for order in orders}
    times = Counter(order.reference.casefold() for order in orders)
    problems: list[str] = []
    codes: dict[int, _Line] = {}
    for number, text in (line for line in lines if line.text):
        name, code = _parted(text, known)
        order = known.get(name.casefold())
        if order is None:
            words = _("Line %(number)s: %(order)s is not among these orders.")
        elif times[name.casefold()] > 1:
            words = _("Line %(number)s: several orders are called %(order)s.")
        elif not code:
            words = _("Line %(number)s: order %(order)s has no code.")
        elif " " in code:
            words = _("Line %(number)s: the code of order %(order)s has blanks in it.")
        elif order.sale_id in codes:
            words = _("Line %(number)s: order %(order)s stands there twice.")
        else:
            codes[order.sale_id] = _Line(number, code)
            continue
        problems.append(words % {"number": number, "order": name[:60]})
    _refuse(problems + _unfit(list(codes.values())))
    return {sale_id: line.text for sale_id, line in codes.items()}


def _parted(text: str, known: Mapping[str, NamedOrder]) -> tuple[str, str]:
    """The order and its code. An order's own name may hold blanks."""
    if _MARK.search(text):
        name, code = _MARK.split(text, maxsplit=1)
        return name, " ".join(code.split())
    words = text.split()
    for many in range(len(words), 0, -1):
        name = " ".join(words[:many])
        if name.casefold() in known:
            return name, " ".join(words[many:])
    return words[0], " ".join(words[1:])


def _unfit(codes: Sequence[_Line]) -> list[str]:
    """What is wrong with codes, whichever orders they are of."""
    first: dict[str, int] = {}
    problems = []
    for number, code in codes:
        if len(code) > LONGEST_CODE or not code.isprintable():
            problems.append(_("Line %(number)s is no tracking code.", number=number))
        elif first.setdefault(code.casefold(), number) != number:
            told = {"number": number, "code": code, "first": first[code.casefold()]}
            problems.append(
                _("Line %(number)s: the code %(code)s stands on line %(first)s already.", **told)
            )
    return problems


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise _refusal(problems)


def _refusal(problems: Sequence[str]) -> Invalid:
    return Invalid([FieldError("codes", named(problems))])


def named(problems: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    words = list(problems[:MOST_NAMED])
    if len(problems) > MOST_NAMED:
        words.append(_("And %(number)s more.", number=len(problems) - MOST_NAMED))
    return " ".join(words)
