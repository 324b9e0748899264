"""A month's account, as figures that can be added up, kept, and compared with those of a later
day."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from webapp.platform.money import ZERO

Amounts = dict[str, Decimal]


class SumRow(NamedTuple):
    """Of the month's items of one CFOP, CST or CSOSN and rate that went to one state, or of several
    states where `state` is ""."""

    cfop: str
    cst: str
    rate: Decimal
    state: str
    amounts: Amounts

    @property
    def comes_in(self) -> bool:
        """A return: the goods come back to the shop."""
        return self.cfop[:1] in ("1", "2", "3")


class StateRow(NamedTuple):
    """What is owed to a destination's state, returns taken off."""

    state: str
    difal: Decimal
    fcp: Decimal


class Services(NamedTuple):
    """`first`: id and reference of the orders of the first lines."""

    kind: str
    lines: int
    total: Decimal
    first: list[tuple[int, str]]


@dataclass(frozen=True)
class SeriesAccount:
    """`first` and `last` are the lowest and highest number of the month, `counted` how many there
    are by `invoices.ledger.NumberState`, `gaps` those between that became nothing yet."""

    series: int
    first: int
    last: int
    counted: dict[str, int]
    gaps: list[tuple[int, int]] = field(default_factory=list)

    @property
    def missing(self) -> int:
        return sum(last - first + 1 for first, last in self.gaps)

    @property
    def states(self) -> dict[str, int]:
        return self.counted | ({"missing": self.missing} if self.missing else {})


@dataclass(frozen=True)
class Account:
    """`sums` are without cancelled NF-e, whose value is `cancelled_total`."""

    month: str
    sums: list[SumRow]
    cancelled_total: Decimal
    series: list[SeriesAccount]
    services: list[Services]

    @property
    def rows(self) -> list[SumRow]:
        """All states together."""
        found: dict[tuple[str, str, Decimal], Amounts] = {}
        for row in self.sums:
            key = (row.cfop, row.cst, row.rate)
            found[key] = _plus(found.get(key, {}), row.amounts)
        return [SumRow(*key, "", amounts) for key, amounts in sorted(found.items())]

    @property
    def sold(self) -> Amounts:
        return _sum_of(row.amounts for row in self.sums if not row.comes_in)

    @property
    def returned(self) -> Amounts:
        return _sum_of(row.amounts for row in self.sums if row.comes_in)

    @property
    def states(self) -> list[StateRow]:
        """Those that the month owes something, or is owed by."""
        owed: dict[str, tuple[Decimal, Decimal]] = {}
        for row in self.sums:
            sign = -1 if row.comes_in else 1
            difal, fcp = owed.get(row.state, (ZERO, ZERO))
            owed[row.state] = (
                difal + sign * row.amounts["difal"],
                fcp + sign * row.amounts["fcp_there"],
            )
        return [StateRow(state, *due) for state, due in sorted(owed.items()) if any(due)]

    @property
    def services_total(self) -> Decimal:
        return sum((each.total for each in self.services), ZERO)

    def count(self, state: str) -> int:
        return sum(series.states.get(state, 0) for series in self.series)

    @property
    def missing(self) -> int:
        return sum(series.missing for series in self.series)

    def figures(self) -> dict[str, str]:
        """Each figure by its name, "numbers 1 authorized" or "5102 102 0.00 total": what a closing
        keeps when it is locked."""
        told = {
            f"numbers {series.series} {state}": str(count)
            for series in self.series
            for state, count in series.states.items()
        }
        for row in self.rows:
            place = f"{row.cfop} {row.cst} {row.rate}"
            told |= {f"{place} {name}": str(value) for name, value in row.amounts.items() if value}
        for state in self.states:
            told |= {f"{state.state} difal": str(state.difal), f"{state.state} fcp": str(state.fcp)}
        told |= {f"services {each.kind}": str(each.total) for each in self.services}
        return told | ({"cancelled": str(self.cancelled_total)} if self.cancelled_total else {})


class Difference(NamedTuple):
    name: str
    before: str
    now: str


def differences(before: dict[str, str], now: dict[str, str]) -> list[Difference]:
    """What differs between the figures of two moments."""
    return [
        Difference(name, before.get(name, ""), now.get(name, ""))
        for name in sorted(before.keys() | now.keys())
        if before.get(name, "") != now.get(name, "")
    ]


def _plus(one: Amounts, other: Amounts) -> Amounts:
    return {name: one.get(name, ZERO) + value for name, value in other.items()}


def _sum_of(rows: Iterable[Amounts]) -> Amounts:
    found: Amounts = {}
    for row in rows:
        found = _plus(found, row)
    return found
