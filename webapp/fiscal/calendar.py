"""Dates and values as data: what is in force on a day. No date and no rate of a tax stands in code
elsewhere.

A day is always that of `dhEmi` in the zone of the issuer's state.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

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


class DayRates(NamedTuple):
    """What every item of a day is reckoned by, looked up once. Percents that are not known are
    None."""

    ibs_state: Decimal | None
    ibs_city: Decimal | None
    cbs: Decimal | None
    ibs_simples: Decimal | None
    cbs_simples: Decimal | None
    pis: dict[str, Decimal | None]
    cofins: dict[str, Decimal | None]
    # ICMS between two states, by the code of the rate.
    between: dict[str, Decimal | None]
    # The regimes (CRT) that write the IBS and CBS groups.
    regimes: frozenset[str]
    # Simples tells its IBS and CBS by gTribSN.
    simples: bool
    # The price contains IBS and CBS.
    inside: bool


class Calendar:
    """Terms by code; of several that cover a day the one that starts last counts, of two that start
    on one day the last given: a shop's own lie over the built-in ones."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms = tuple(sorted(terms, key=lambda term: term.start))
        self._of_code: dict[str, list[Term]] = {}
        self._days: dict[date, DayRates] = {}
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

    def on(self, day: date) -> DayRates:
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = self._looked_up(day)
        return found

    def _looked_up(self, day: date) -> DayRates:
        simples = self.in_force(SIMPLES_FORM, day) is not None
        state, city, cbs, ibs_simples, cbs_simples = (self.value(code, day) for code in ASKED)
        due = {crt for crt, code in IBS_CBS_OF_REGIME.items() if self.in_force(code, day)}
        return DayRates(
            state,
            city,
            cbs,
            ibs_simples,
            cbs_simples,
            {regime: self.value(code, day) for regime, code in P_PIS.items()},
            {regime: self.value(code, day) for regime, code in P_COFINS.items()},
            {code: self.value(code, day) for code in BETWEEN_STATES},
            frozenset(due | {"1", "2", "4"} if simples else due),
            simples,
            self.in_force(IBS_CBS_INSIDE, day) is not None,
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
# Percent of PIS and COFINS by the issuer's choice (`Issuer.pis_cofins`).
CUMULATIVE, NON_CUMULATIVE = "cumulative", "non_cumulative"
P_PIS = {CUMULATIVE: "pPIS_cumulative", NON_CUMULATIVE: "pPIS_non_cumulative"}
P_COFINS = {CUMULATIVE: "pCOFINS_cumulative", NON_CUMULATIVE: "pCOFINS_non_cumulative"}
# Percent of ICMS from one state to another: as a rule, to the poorer ones, and of imported goods.
BETWEEN, BETWEEN_LOWER, BETWEEN_IMPORTED = "icms_between", "icms_between_lower", "icms_imported"
BETWEEN_STATES = (BETWEEN, BETWEEN_LOWER, BETWEEN_IMPORTED)
# From which day a regime (CRT) must write the IBS and CBS groups: rule 1115.
IBS_CBS_OF_REGIME = {crt: f"ibs_cbs_crt{crt}" for crt in "1234"}
SIMPLES_FORM, IBS_CBS_INSIDE = "gTribSN", "ibs_cbs_inside"
# From when the authority looks at the groups of IBS and CBS, and at the net value of an item.
IBS_CBS_RULED, NET_VALUE = "ibs_cbs_rules", "net_value"
# Since when the authority looks, by the technical note that told it to.
NT_2016_002, NT_2017_001, NT_2018_005 = "NT2016.002", "NT2017.001", "NT2018.005"
NT_2019_001, NT_2020_006, NT_2025_001 = "NT2019.001", "NT2020.006", "NT2025.001"
NT_2025_002_ITEMS, NT_2026_009 = "NT2025.002-items", "NT2026.009"
# The states that ask for a benefit code (cBenef) with an ICMS that is not paid in full: rule 930.
BENEFIT_CODE = {state: f"cBenef_{state}" for state in ("DF", "ES", "GO", "PR", "RJ", "RS", "SC")}

_TEST_YEAR = (date(2026, 1, 1), date(2026, 12, 31))
_TWO_YEARS = (date(2027, 1, 1), date(2028, 12, 31))
_FROM_2027 = (date(2027, 1, 1), None)
_LAST_OF_PIS = date(2026, 12, 31)
_SECOND_HAND = "a conferir"

BUILT_IN = (
    *(
        Term(code, ASKED[code], *term, f"LC 214/2025, art. {article}", Decimal(value))
        for code, term, article, value in (
            (P_IBS_STATE, _TEST_YEAR, "343", "0.10"),
            (P_IBS_CITY, _TEST_YEAR, "343", "0.00"),
            (P_CBS, _TEST_YEAR, "346", "0.90"),
            (P_IBS_STATE, _TWO_YEARS, "344", "0.05"),
            (P_IBS_CITY, _TWO_YEARS, "344", "0.05"),
        )
    ),
    # Not published, or the shop's own: typed in.
    Term(P_CBS, ASKED[P_CBS], *_FROM_2027, "LC 214/2025, art. 347"),
    *(
        Term(code, ASKED[code], *_FROM_2027, f"NT 2026.005 ({_SECOND_HAND})")
        for code in (P_IBS_SIMPLES, P_CBS_SIMPLES)
    ),
    *(
        Term(
            code, what, start, _LAST_OF_PIS, f"{law}; EC 132/2023 (ADCT, art. 126)", Decimal(value)
        )
        for code, what, start, law, value in (
            (
                P_PIS[CUMULATIVE],
                N_("PIS in the cumulative regime, in percent"),
                date(1999, 2, 1),
                "Lei 9.715/1998, art. 8",
                "0.65",
            ),
            (
                P_COFINS[CUMULATIVE],
                N_("COFINS in the cumulative regime, in percent"),
                date(1999, 2, 1),
                "Lei 9.718/1998, art. 8",
                "3.00",
            ),
            (
                P_PIS[NON_CUMULATIVE],
                N_("PIS in the non-cumulative regime, in percent"),
                date(2002, 12, 1),
                "Lei 10.637/2002, art. 2",
                "1.65",
            ),
            (
                P_COFINS[NON_CUMULATIVE],
                N_("COFINS in the non-cumulative regime, in percent"),
                date(2004, 2, 1),
                "Lei 10.833/2003, art. 2",
                "7.60",
            ),
        )
    ),
    *(
        Term(code, what, start, None, f"Resolução do Senado {law}", Decimal(value))
        for code, what, start, law, value in (
            (
                BETWEEN,
                N_("ICMS between states, in percent"),
                date(1989, 6, 1),
                "22/1989",
                "12.00",
            ),
            (
                BETWEEN_LOWER,
                N_("ICMS to the North, the Northeast, the Center-West and ES, in percent"),
                date(1989, 6, 1),
                "22/1989",
                "7.00",
            ),
            (
                BETWEEN_IMPORTED,
                N_("ICMS between states of imported goods, in percent"),
                date(2013, 1, 1),
                "13/2012",
                "4.00",
            ),
        )
    ),
    Term(
        IBS_CBS_OF_REGIME["3"],
        N_("IBS and CBS groups compulsory in the normal regime"),
        date(2026, 1, 1),
        None,
        "NT 2025.002, regra 1115",
    ),
    *(
        Term(
            IBS_CBS_OF_REGIME[crt],
            N_("IBS and CBS groups compulsory in Simples"),
            date(2027, 1, 4),
            None,
            "NT 2025.002, regra 1115",
        )
        for crt in "124"
    ),
    Term(
        IBS_CBS_RULED,
        N_("Checks of the IBS and CBS groups"),
        date(2026, 1, 1),
        None,
        "NT 2025.002",
    ),
    Term(
        NET_VALUE,
        N_("Net value of an item may be told"),
        date(2026, 11, 16),
        None,
        f"NT 2026.008 ({_SECOND_HAND})",
    ),
    Term(
        SIMPLES_FORM,
        N_("Simples tells its IBS and CBS by percentages of its own"),
        *_FROM_2027,
        f"NT 2026.005 ({_SECOND_HAND})",
    ),
    Term(
        IBS_CBS_INSIDE,
        N_("The price contains IBS and CBS, which are not part of their own base"),
        *_FROM_2027,
        f"LC 214/2025, art. 12; NT 2026.008 ({_SECOND_HAND})",
    ),
    *(
        Term(
            code,
            N_("Benefit code compulsory with an ICMS not paid in full"),
            # Santa Catarina still took notes without one in 2022.
            date(2023, 5, 1) if state == "SC" else date(2019, 1, 1),
            None,
            f"NT 2019.001, regra 930; {state} ({_SECOND_HAND})",
        )
        for state, code in BENEFIT_CODE.items()
    ),
    *(
        Term(code, what, start, None, source)
        for code, what, start, source in (
            (
                NT_2016_002,
                N_("Instalments are numbered 001, 002 and so on"),
                date(2018, 9, 3),
                "NT 2016.002",
            ),
            (NT_2017_001, N_("Bar codes are checked"), date(2018, 12, 1), "NT 2017.001"),
            (
                NT_2018_005,
                N_("Six states want a technical contact"),
                date(2019, 5, 7),
                "NT 2018.005",
            ),
            (
                NT_2019_001,
                N_("Random codes and the numbers of items are checked"),
                date(2019, 9, 2),
                "NT 2019.001",
            ),
            (
                NT_2020_006,
                N_("Marketplaces and means of payment are checked"),
                date(2021, 9, 1),
                "NT 2020.006",
            ),
            (
                NT_2025_001,
                N_("Exempt buyers, card data and instalments are checked more strictly"),
                date(2025, 11, 3),
                "NT 2025.001 v1.03",
            ),
            (
                NT_2025_002_ITEMS,
                N_("Each item of a return names the one it gives back"),
                date(2026, 11, 16),
                "NT 2025.002 v1.52",
            ),
            (
                NT_2026_009,
                N_("Goods refused at the door are credited by the CFOP of returns"),
                date(2026, 9, 17),
                f"NT 2026.009 ({_SECOND_HAND})",
            ),
        )
    ),
)
