"""The shop's taxes as data: profiles in versions, rates of the states, the calendar and the schema
packages. Built once and asked for every item.

What `EXAMPLE_BOOK` holds are examples for a shop that resells goods: the shop's accountant decides
(CGSN 140/2018, LC 87/1996, LC 190/2022, LC 214/2025, NT 2025.002).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from webapp.fiscal.calendar import BUILT_IN, Calendar
from webapp.fiscal.note import Destination, Item, Note
from webapp.fiscal.official_tables import IbptTable, NcmTable
from webapp.fiscal.schema import BUILT_IN as SHIPPED
from webapp.fiscal.schema import Package
from webapp.platform.money import ZERO

# By CRT: whether ICMS is told by CSOSN ("simples") or by CST ("normal").
REGIMES = {"1": "simples", "4": "simples", "2": "normal", "3": "normal"}
RESALE, OWN_MAKE, ST_PAID, GIFT, EXCHANGE = "resale", "own_make", "st_paid", "gift", "exchange"
_ALWAYS = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class TaxProfile:
    """One version. `icms` is a CSOSN of three places (regime "simples") or a CST of two ("normal"),
    `reduction` the pRedBC, `credit_rate` the pCredSN, `pis_cofins` the CST of both, `activity` the
    cAtivSN of CRT 1 and 2, which an empty one takes from the nature; an empty `origin` is the
    product's."""

    code: str
    name: str
    starts: date
    regime: str
    nature: str
    icms: str
    pis_cofins: str
    ibs_cbs: str
    ibs_cbs_class: str
    reduction: Decimal = ZERO
    credit_rate: Decimal = ZERO
    origin: str = ""
    cest: str = ""
    benefit_code: str = ""
    activity: str = ""
    version: int = 1
    signed_off: bool = False


@dataclass(frozen=True, slots=True)
class StateRates:
    """ICMS inside the state and its poverty fund (FCP), in percent; `icms` is without `fcp`."""

    state: str
    starts: date
    icms: Decimal
    fcp: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class RateException:
    """Rates of goods in a state, by `sku` or by the beginning of their NCM."""

    state: str
    starts: date
    icms: Decimal
    fcp: Decimal = ZERO
    ncm: str = ""
    sku: str = ""

    def is_of(self, item: Item) -> bool:
        return item.sku == self.sku if self.sku else item.ncm.startswith(self.ncm)


def kind_of(item: Item) -> str:
    """Of an item that is not given away or sold abroad: the kind that the store chooses by."""
    return "book" if item.kind in ("book", "ebook") else "goods"


@dataclass(frozen=True, eq=False)
class TaxBook:
    """`categories` and `defaults` (of "goods", "book", "gift", "export") name profiles by code.
    Compiled when made: an item costs a look into a table."""

    profiles: tuple[TaxProfile, ...]
    categories: Mapping[str, str]
    defaults: Mapping[str, str]
    rates: tuple[StateRates, ...]
    exceptions: tuple[RateException, ...]
    calendar: Calendar
    packages: tuple[Package, ...]
    # None: the chapter of an NCM is all that is looked at.
    ncm: NcmTable | None = None
    ibpt: tuple[IbptTable, ...] = ()
    _versions: dict[tuple[str, str], list[TaxProfile]] = field(init=False, repr=False)
    _rates: dict[str, list[StateRates]] = field(init=False, repr=False)
    _exceptions: dict[str, list[RateException]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Newest first, so that the first that has started counts."""
        versions: dict[tuple[str, str], list[TaxProfile]] = {}
        for profile in sorted(self.profiles, key=lambda p: (p.starts, p.version), reverse=True):
            versions.setdefault((profile.code, profile.regime), []).append(profile)
        rates: dict[str, list[StateRates]] = {}
        for rate in sorted(self.rates, key=lambda r: r.starts, reverse=True):
            rates.setdefault(rate.state, []).append(rate)
        exceptions: dict[str, list[RateException]] = {}
        # A product's own before those of its NCM, the longest of these first.
        for one in sorted(
            self.exceptions, key=lambda e: (bool(e.sku), len(e.ncm), e.starts), reverse=True
        ):
            exceptions.setdefault(one.state, []).append(one)
        for name, table in (
            ("_versions", versions),
            ("_rates", rates),
            ("_exceptions", exceptions),
        ):
            object.__setattr__(self, name, table)

    def choice_of(self, note: Note, item: Item) -> tuple[str, str]:
        """By what the item's profile is chosen ("export", "gift", "product", "category" or
        "default"), and its code."""
        if note.destination is Destination.ABROAD:
            return "export", self.defaults["export"]
        if item.gift:
            return "gift", self.defaults["gift"]
        if item.tax_profile:
            return "product", item.tax_profile
        if item.category in self.categories:
            return "category", self.categories[item.category]
        return "default", self.defaults[kind_of(item)]

    def profile_of(self, note: Note, item: Item, day: date) -> TaxProfile | None:
        """The version in force, or None: no profile of that code is written for the regime."""
        regime = REGIMES.get(note.issuer.crt, "normal")
        versions = self._versions.get((self.choice_of(note, item)[1], regime), ())
        return next((version for version in versions if version.starts <= day), None)

    def rates_of(self, state: str, day: date, item: Item) -> StateRates | RateException | None:
        for one in self._exceptions.get(state, ()):
            if one.starts <= day and one.is_of(item):
                return one
        return self.state_rates(state, day)

    def state_rates(self, state: str, day: date) -> StateRates | None:
        """Those of goods without an exception."""
        return next((rate for rate in self._rates.get(state, ()) if rate.starts <= day), None)

    def without(self, code: str, version: int) -> "TaxBook":
        """This book as it would be if that version of a profile had not been written."""
        others = (p for p in self.profiles if (p.code, p.version) != (code, version))
        return replace(self, profiles=tuple(others))

    def with_version(self, profile: TaxProfile) -> "TaxBook":
        return replace(self, profiles=(*self.profiles, profile))

    def ibpt_of(self, state: str, day: date) -> IbptTable | None:
        return next((table for table in self.ibpt if table.holds(state, day)), None)

    def package(self, day: date) -> Package:
        """The newest that has started; before them all, the first."""
        started = [package for package in self.packages if package.starts <= day]
        return max(started, key=lambda p: p.starts) if started else self.packages[0]


def _profile(regime: str, code: str, name: str, *taxes: str) -> TaxProfile:
    nature, activity = (GIFT, "90") if code == "gift" else (RESALE, "01")
    icms, pis_cofins, ibs_cbs_class = taxes
    return TaxProfile(
        code,
        name,
        _ALWAYS,
        regime,
        nature,
        icms,
        pis_cofins,
        ibs_cbs_class[:3],
        ibs_cbs_class,
        activity=activity,
    )


EXAMPLE_PROFILES = (
    _profile("simples", "goods", "Mercadoria para revenda", "102", "49", "000001"),
    _profile("simples", "book", "Livro", "300", "49", "410008"),
    _profile("simples", "gift", "Brinde", "400", "49", "410001"),
    _profile("simples", "export", "Exportação", "300", "49", "410004"),
    _profile("normal", "goods", "Mercadoria para revenda", "00", "01", "000001"),
    _profile("normal", "book", "Livro", "41", "06", "410008"),
    _profile("normal", "gift", "Brinde", "41", "08", "410001"),
    _profile("normal", "export", "Exportação", "41", "08", "410004"),
)
# Rates of each state's own law as of November 2026, second-hand, some of them doubtful (of AL
# another table says 20.50): an example for the shop's accountant, who decides. Only RJ has a fund
# on all goods; elsewhere it is for some of them, which are exceptions.
_FUNDS = {"RJ": Decimal("2.00")}
EXAMPLE_RATES = tuple(
    StateRates(state, _ALWAYS, Decimal(icms), _FUNDS.get(state, ZERO))
    for state, icms in (
        pair.split()
        for pair in (
            "AC 19.00|AL 19.00|AM 20.00|AP 18.00|BA 20.50|CE 20.00|DF 20.00|ES 17.00|GO 19.00|"
            "MA 23.00|MG 18.00|MS 17.00|MT 17.00|PA 19.00|PB 20.00|PE 20.50|PI 22.50|PR 19.50|"
            "RJ 20.00|RN 20.00|RO 19.50|RR 20.00|RS 17.00|SC 17.00|SE 19.00|SP 18.00|TO 20.00"
        ).split("|")
    )
)
EXAMPLE_BOOK = TaxBook(
    profiles=EXAMPLE_PROFILES,
    categories={},
    defaults={kind: kind for kind in ("goods", "book", "gift", "export")},
    rates=EXAMPLE_RATES,
    exceptions=(),
    calendar=Calendar(BUILT_IN),
    packages=(SHIPPED,),
)
