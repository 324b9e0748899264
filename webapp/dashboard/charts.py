"""Round numbers for a chart's lines."""

from collections.abc import Sequence
from decimal import Decimal

from babel.numbers import format_currency
from flask_babel import get_locale

LINES = 4
ROUND = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


def ticks(values: Sequence[Decimal]) -> list[dict]:
    """`{value, text}` of LINES + 1 evenly spaced amounts of money, the highest first, that hold
    every value; with cents where one of them has some: "R$ 8.000", but "R$ 7,50"."""
    step = max(max(values) / LINES, Decimal(1))
    power = Decimal(10) ** (len(str(int(step))) - 1)
    nice = next(factor * power for factor in ROUND if factor * power >= step)
    pattern = "¤\xa0#,##0" if nice == int(nice) else "¤\xa0#,##0.00"
    return [
        {
            "value": float(nice * index),
            "text": format_currency(
                nice * index, "BRL", pattern, locale=get_locale(), currency_digits=False
            ),
        }
        for index in range(LINES, -1, -1)
    ]
