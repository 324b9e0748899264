"""Dates and values as data: what is in force on a day. No date and no rate of a tax stands in code
elsewhere.

A day is always that of `dhEmi` in the zone of the issuer's state.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from webapp.platform.issues import N_


@dataclass(frozen=True, slots=True)
class Term:
    """`what` is a msgid; `start` and `end` are both included, `end` None is open. A value that is
    not known yet is None: it waits for somebody who types it in, with its source."""

    code: str
    what: str
    start: date
    end: date | None
    source: str
    value: Decimal | None = None

    def covers(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)


class Calendar:
    """Terms by code; of several that cover a day the one that starts last counts, of two that start
    on one day the last given: a shop's own lie over the built-in ones."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms = tuple(sorted(terms, key=lambda term: term.start))
        self._of_code: dict[str, list[Term]] = {}
        for term in reversed(self.terms):
            self._of_code.setdefault(term.code, []).append(term)

    def in_force(self, code: str, day: date) -> Term | None:
        return next((term for term in self._of_code.get(code, ()) if term.covers(day)), None)

    def value(self, code: str, day: date) -> Decimal | None:
        term = self.in_force(code, day)
        return term.value if term else None

    def coming(self, day: date) -> list[Term]:
        """What starts after `day`, the next first."""
        return sorted(
            (term for term in self.terms if term.start > day), key=lambda term: term.start
        )


# Percent of IBS (state, city) and CBS, and those of a shop inside Simples.
P_IBS_STATE, P_IBS_CITY, P_CBS = "pIBSUF", "pIBSMun", "pCBS"
P_IBS_SIMPLES, P_CBS_SIMPLES = "pIBSSN", "pCBSSN"
# What is typed in with its source where the program knows no value; those of Simples are the shop's
# own effective rates, one for each month.
ASKED = {
    P_IBS_STATE: N_("IBS of the state, in percent"),
    P_IBS_CITY: N_("IBS of the city, in percent"),
    P_CBS: N_("CBS, in percent"),
    P_IBS_SIMPLES: N_("IBS inside Simples in a month, in percent"),
    P_CBS_SIMPLES: N_("CBS inside Simples in a month, in percent"),
}
MONTHLY = (P_IBS_SIMPLES, P_CBS_SIMPLES)
# From which day a regime (CRT) must write the IBS and CBS groups: rule 1115.
IBS_CBS_OF_REGIME = {crt: f"ibs_cbs_crt{crt}" for crt in "1234"}
_TEST_YEAR = (date(2026, 1, 1), date(2026, 12, 31), "LC 214/2025, art. 343")
_SIMPLES_2027 = date(2027, 1, 4)

BUILT_IN = (
    Term(P_IBS_STATE, ASKED[P_IBS_STATE], *_TEST_YEAR, Decimal("0.10")),
    Term(P_IBS_CITY, ASKED[P_IBS_CITY], *_TEST_YEAR, Decimal("0.00")),
    Term(P_CBS, ASKED[P_CBS], *_TEST_YEAR, Decimal("0.90")),
    Term(
        IBS_CBS_OF_REGIME["3"],
        N_("IBS and CBS groups compulsory in the normal regime"),
        date(2026, 1, 1),
        None,
        "NT 2025.002, rule 1115",
    ),
    *(
        Term(
            IBS_CBS_OF_REGIME[crt],
            N_("IBS and CBS groups compulsory in Simples"),
            _SIMPLES_2027,
            None,
            "NT 2025.002, rule 1115",
        )
        for crt in "124"
    ),
)
