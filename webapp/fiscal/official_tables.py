"""Tables that others publish: the NCM with its dates, and IBPT's approximate taxes of a state."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from webapp.platform.money import percent_of

# Origins of goods (field N11) that IBPT counts as imported.
_IMPORTED = frozenset("1267")
Period = tuple[date, date | None]


@dataclass(frozen=True, eq=False)
class NcmTable:
    """By eight-digit code when it holds, first and last day included. Of days before `published` it
    says nothing: codes that had ended by then are not in it."""

    published: date
    periods: Mapping[str, tuple[Period, ...]]

    def knows(self, ncm: str, day: date) -> bool:
        return any(
            start <= day and (end is None or day <= end) for start, end in self.periods.get(ncm, ())
        )


class Burden(NamedTuple):
    """Approximate taxes (law 12.741/2012), in percent of a price or as amounts."""

    federal: Decimal
    state: Decimal
    city: Decimal

    @property
    def total(self) -> Decimal:
        return self.federal + self.state + self.city


class IbptRates(NamedTuple):
    """In percent; `federal` of goods made in Brazil, `imported` of the others."""

    federal: Decimal
    imported: Decimal
    state: Decimal
    city: Decimal


@dataclass(frozen=True, eq=False)
class IbptTable:
    """Of one state, by eight-digit NCM; `ends` is included. `source` stands on the note."""

    state: str
    starts: date
    ends: date
    source: str
    rates: Mapping[str, IbptRates]

    def holds(self, state: str, day: date) -> bool:
        return state == self.state and self.starts <= day <= self.ends

    def burden(self, ncm: str, origin: str, value: Decimal) -> Burden | None:
        """None for goods that the table does not know."""
        rates = self.rates.get(ncm)
        if rates is None:
            return None
        federal = rates.imported if origin in _IMPORTED else rates.federal
        return Burden(*(percent_of(value, rate) for rate in (federal, rates.state, rates.city)))
