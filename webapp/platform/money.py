"""Money and percentages: `Decimal` with two places in the code, integer hundredths in the
database."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
# The NF-e's TDec_1302 holds 13 digits before the point; far below it, a typing slip is still
# caught.
MAX_MONEY = Decimal("99999999.99")


def cents(value: Decimal) -> Decimal:
    """`value` rounded half up to two places."""
    return value.quantize(CENT, ROUND_HALF_UP)


def percent_of(amount: Decimal, percent: Decimal) -> Decimal:
    """`percent` per cent of `amount`, rounded half up to the cent."""
    return cents(amount * percent / 100)


def share_in_percent(part: Decimal, whole: Decimal) -> Decimal:
    """How many per cent of `whole` a positive `part` is, rounded half up; of nothing, nothing."""
    return cents(part * 100 / whole) if whole > 0 and part > 0 else ZERO


def split(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Shares of `total` in proportion to `weights`, exact to the cent (largest remainder).

    All weights zero: the first share takes everything.
    """
    whole = sum(weights)
    if not weights:
        return []
    if not whole:
        return [total] + [ZERO] * (len(weights) - 1)
    exact = [int(total * 100) * weight / whole for weight in weights]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (shares[i] - exact[i], i))
    for i in by_remainder[: int(total * 100) - sum(shares)]:
        shares[i] += 1
    return [Decimal(share).scaleb(-2) for share in shares]
