"""Taxes of an item: what the shop's tax book says of it, and one assessment (LC 87/1996, LC
190/2022, LC 214/2025, NT 2025.002, NT 2026.005)."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from webapp.fiscal.calendar import P_CBS_SIMPLES, P_IBS_SIMPLES, DayRates
from webapp.fiscal.classes import CLASSES, WITH_VALUES
from webapp.fiscal.note import PENDING, PENDING_ABOVE, REGULAR, Destination, Item, Note
from webapp.fiscal.places import interstate_rate
from webapp.fiscal.tax_book import (
    EXCHANGE,
    GIFT,
    OWN_MAKE,
    RESALE,
    ST_PAID,
    StateRates,
    TaxBook,
    TaxProfile,
)
from webapp.platform.money import ZERO, cents, percent_of

SIMPLES = {"1", "4"}
INSIDE_SIMPLES, NORMAL, ABOVE_LIMIT, MEI = "1", "3", "2", "4"
TAXED_CST = {"00", "20"}
WITH_CREDIT, WITHOUT_CREDIT, OTHER_SIMPLES = "101", "102", "900"
# cAtivSN: goods resold (annex I), and what is no revenue.
GOODS_RESOLD, OUTSIDE_REVENUE = "01", "90"
NO_PROFILE = TaxProfile("", "", date.min, "", RESALE, "", "", "", "")
HUNDRED = Decimal(100)

# By what the goods are: inside the state, to another one, abroad.
CFOPS = {
    RESALE: ("5102", "6102", "7102"),
    OWN_MAKE: ("5101", "6101", "7101"),
    ST_PAID: ("5405", "6404", "7102"),
    GIFT: ("5910", "6910", "7949"),
    EXCHANGE: ("5949", "6949", "7949"),
}
# To a consumer of another state; a MEI has none of its own.
CONSUMER_CFOPS = {RESALE: "6108", OWN_MAKE: "6107", ST_PAID: "6108"}


class Icms(NamedTuple):
    """ICMS and the poverty fund (FCP) inside the issuer's state."""

    base: Decimal = ZERO
    rate: Decimal = ZERO
    value: Decimal = ZERO
    fcp_rate: Decimal = ZERO
    fcp: Decimal = ZERO
    credit: Decimal = ZERO


class Difal(NamedTuple):
    """What the destination's state gets from a shop elsewhere: the difference of rates and its
    poverty fund. `rate` is without the fund."""

    base: Decimal
    rate: Decimal
    value: Decimal
    fcp_rate: Decimal
    fcp: Decimal


class Contributions(NamedTuple):
    """PIS and COFINS by `cst`."""

    cst: str
    base: Decimal = ZERO
    pis_rate: Decimal = ZERO
    pis: Decimal = ZERO
    cofins_rate: Decimal = ZERO
    cofins: Decimal = ZERO


class IbsCbs(NamedTuple):
    """The rates are those of the law, before `reduction` (percent of them)."""

    base: Decimal
    state_rate: Decimal
    state: Decimal
    city_rate: Decimal
    city: Decimal
    cbs_rate: Decimal
    cbs: Decimal
    reduction: Decimal


class Standing(NamedTuple):
    """How a shop tells its IBS and CBS on a day: by values (`gIBSCBS`) at the rates of the law, at
    rate zero or not at all, and by a share of what Simples takes (`gTribSN`), of which `share` are
    the calendar's codes. `choice` is what stands beside its regime, as it chose."""

    values: str
    share: tuple[str, ...] = ()
    choice: str = ""

    @property
    def tells_activity(self) -> bool:
        return bool(self.share) or self.choice == REGULAR


class SimplesShare(NamedTuple):
    """IBS and CBS within what a shop in Simples pays; without IBS above the limit."""

    ibs_rate: Decimal | None
    ibs: Decimal
    cbs_rate: Decimal
    cbs: Decimal


NO_ICMS = Icms()
BY_LAW, AT_ZERO, NO_VALUES = "law", "zero", ""
_BOTH, _CBS_ALONE = (P_IBS_SIMPLES, P_CBS_SIMPLES), (P_CBS_SIMPLES,)
# By regime (CRT) and choice: the table of NT 2026.005. What fits no regime counts as not chosen.
_STANDINGS = {
    (INSIDE_SIMPLES, ""): Standing(NO_VALUES, _BOTH),
    (INSIDE_SIMPLES, REGULAR): Standing(BY_LAW, (), REGULAR),
    (ABOVE_LIMIT, ""): Standing(AT_ZERO, _CBS_ALONE),
    (ABOVE_LIMIT, REGULAR): Standing(BY_LAW, (), REGULAR),
    (NORMAL, PENDING): Standing(BY_LAW, _BOTH, PENDING),
    (NORMAL, PENDING_ABOVE): Standing(BY_LAW, _CBS_ALONE, PENDING_ABOVE),
}
_BEFORE = {NORMAL: Standing(BY_LAW), ABOVE_LIMIT: Standing(AT_ZERO)}
_OTHERS = Standing(NO_VALUES)


def fits_regime(crt: str, choice: str) -> bool:
    return (crt, choice) in _STANDINGS


def standing(crt: str, choice: str, today: DayRates) -> Standing:
    if today.simples:
        found = _STANDINGS.get((crt, choice)) or _STANDINGS.get((crt, ""))
        if found is not None:
            return found
    return _BEFORE.get(crt, _OTHERS)


class Taxes(NamedTuple):
    """The assessment of one item; `icms_code` is the CSOSN or CST that this buyer's note has."""

    profile: TaxProfile
    cfop: str
    icms_code: str
    icms: Icms
    difal: Difal | None
    contributions: Contributions
    ibs_cbs_written: bool
    ibs_cbs: IbsCbs | None
    simples: SimplesShare | None
    # cAtivSN, from when Simples tells its IBS and CBS by it.
    activity: str
    # The goods without the IBS and CBS that their price contains (vProdLiq).
    net_value: Decimal | None


def _cfop(note: Note, item: Item, profile: TaxProfile) -> str:
    destination, nature = note.destination, GIFT if item.gift else profile.nature
    if (
        destination is Destination.OUT_OF_STATE
        and note.is_to_consumer
        and note.issuer.crt != MEI
        and nature in CONSUMER_CFOPS
    ):
        return CONSUMER_CFOPS[nature]
    return CFOPS[nature][int(destination.value) - 1]


def assess(note: Note, item: Item, day: date, book: TaxBook) -> Taxes:
    """The taxes of `item` on a note issued on `day`. What cannot be known yet is left out, and
    `checks` holds the note."""
    profile = book.profile_of(note, item, day) or NO_PROFILE
    today, crt, total = book.calendar.on(day), note.issuer.crt, item.total
    own = standing(crt, note.issuer.ibs_cbs_choice(day), today)
    icms, difal = NO_ICMS, None
    icms_code = _icms_code(note, profile)
    if icms_code in TAXED_CST:
        icms, difal = _icms(note, item, day, book, profile)
    elif icms_code in (WITH_CREDIT, OTHER_SIMPLES) and _gives_credit(note, profile):
        icms = Icms(credit=percent_of(total, profile.credit_rate))
    contributions = _contributions(note, total - icms.value, profile, today)
    has_values = profile.ibs_cbs in WITH_VALUES
    # An exempt class is written from the start.
    written = crt in today.regimes or bool(profile.ibs_cbs and not has_values)
    ibs_cbs = None
    if written and has_values and own.values:
        net = total - icms.value - icms.fcp - contributions.pis - contributions.cofins
        if difal:
            net -= difal.value + difal.fcp
        ibs_cbs = _ibs_cbs(net, profile, own, today)
    return Taxes(
        profile,
        _cfop(note, item, profile),
        icms_code,
        icms,
        difal,
        contributions,
        written,
        ibs_cbs,
        _simples_share(total, profile, own, today),
        _activity(profile) if own.tells_activity else "",
        _net_value(item, ibs_cbs) if today.inside and own.values == BY_LAW else None,
    )


def _icms_code(note: Note, profile: TaxProfile) -> str:
    if profile.icms == WITH_CREDIT and not _gives_credit(note, profile):
        return WITHOUT_CREDIT
    return profile.icms


def _gives_credit(note: Note, profile: TaxProfile) -> bool:
    """Only who pays ICMS and sells the goods again may use it."""
    return bool(profile.credit_rate) and not note.is_final


def _icms(
    note: Note, item: Item, day: date, book: TaxBook, profile: TaxProfile
) -> tuple[Icms, Difal | None]:
    origin, target, total = note.issuer.address.state, note.goods_to.state, item.total
    base = total - percent_of(total, profile.reduction) if profile.icms == "20" else total
    there = book.rates_of(target, day, item) or StateRates(target, day, ZERO)
    if note.destination is Destination.IN_STATE:
        fund = percent_of(base, there.fcp)
        icms = Icms(base, there.icms, percent_of(base, there.icms), there.fcp, fund)
        return icms, None
    kind = interstate_rate(origin, target, profile.origin or item.origin)
    rate = book.calendar.on(day).between[kind] or ZERO
    icms = Icms(base, rate, percent_of(base, rate))
    if not (note.is_to_consumer and note.is_final):
        return icms, None
    difference = percent_of(total, max(ZERO, there.icms - rate))
    return icms, Difal(total, there.icms, difference, there.fcp, percent_of(total, there.fcp))


def _contributions(
    note: Note, base: Decimal, profile: TaxProfile, today: DayRates
) -> Contributions:
    """ICMS leaves the base. Where they are no longer charged, the operation is outside them."""
    if profile.pis_cofins != "01":
        return Contributions(profile.pis_cofins)
    if note.issuer.crt != NORMAL:
        return Contributions("49")
    pis, cofins = today.pis[note.issuer.pis_cofins], today.cofins[note.issuer.pis_cofins]
    if pis is None or cofins is None:
        return Contributions("08")
    return Contributions("01", base, pis, percent_of(base, pis), cofins, percent_of(base, cofins))


def _ibs_cbs(net: Decimal, profile: TaxProfile, own: Standing, today: DayRates) -> IbsCbs | None:
    """`net` is the value without the other taxes; None while a rate is not known. Above the limit
    of Simples the rates are zero: that shop's share stands apart."""
    state, city, cbs = today.ibs_state, today.ibs_city, today.cbs
    if own.values == AT_ZERO:
        state = city = cbs = ZERO
    if state is None or city is None or cbs is None:
        return None
    known = CLASSES.get(profile.ibs_cbs_class)
    reduction = known.reduction if known else ZERO
    charged = [reduced(rate, reduction) for rate in (state, city, cbs)]
    base = cents(net * HUNDRED / (HUNDRED + sum(charged))) if today.inside else net
    of_state, of_city, of_cbs = [percent_of(base, rate) for rate in charged]
    return IbsCbs(base, state, of_state, city, of_city, cbs, of_cbs, reduction)


def reduced(rate: Decimal, reduction: Decimal) -> Decimal:
    return rate * (HUNDRED - reduction) / HUNDRED if reduction else rate


def _net_value(item: Item, found: IbsCbs | None) -> Decimal | None:
    """The taxes are those of the item's whole value; what falls on the goods is taken off them."""
    if found is None or not (item.total and item.quantity):
        return None
    taxes = found.state + found.city + found.cbs
    return item.goods - cents(taxes * item.goods / item.total)


def _simples_share(
    revenue: Decimal, profile: TaxProfile, own: Standing, today: DayRates
) -> SimplesShare | None:
    if not owes_simples_share(own, profile.ibs_cbs_class):
        return None
    ibs = today.ibs_simples if P_IBS_SIMPLES in own.share else None
    cbs = today.cbs_simples
    if cbs is None or (ibs is None and P_IBS_SIMPLES in own.share):
        return None
    of_ibs = ZERO if ibs is None else percent_of(revenue, ibs)
    return SimplesShare(ibs, of_ibs, cbs, percent_of(revenue, cbs))


def _activity(profile: TaxProfile) -> str:
    if profile.activity:
        return profile.activity
    known = CLASSES.get(profile.ibs_cbs_class)
    if known is not None and known.revenue == "0":
        return OUTSIDE_REVENUE
    return GOODS_RESOLD if profile.nature in (RESALE, ST_PAID) else ""


def owes_simples_share(own: Standing, ibs_cbs_class: str) -> bool:
    """Of revenue inside the country that IBS and CBS are charged on."""
    known = CLASSES.get(ibs_cbs_class)
    return bool(own.share) and known is not None and known.revenue == "1"
