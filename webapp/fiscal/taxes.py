"""Taxes of an item: what the shop's tax book says of it, and one assessment (LC 87/1996, LC
190/2022, LC 214/2025, NT 2025.002)."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from webapp.fiscal.calendar import IBS_CBS_OF_REGIME, P_CBS, P_IBS_CITY, P_IBS_STATE, Calendar
from webapp.fiscal.note import Destination, Item, Note
from webapp.fiscal.places import interstate_rate
from webapp.fiscal.tax_book import StateRates, TaxBook, TaxProfile
from webapp.platform.money import ZERO, percent_of

SIMPLES = {"1", "4"}
NO_PROFILE = TaxProfile("", "", date.min, "", "", "", "", "", "")
PIS_RATE, COFINS_RATE = Decimal("0.65"), Decimal("3.00")


SALE_CFOP = {
    Destination.IN_STATE: "5102",
    Destination.OUT_OF_STATE: "6102",
    Destination.ABROAD: "7102",
}
SALE_CFOP_TO_CONSUMER = "6108"
GIFT_CFOP = {
    Destination.IN_STATE: "5910",
    Destination.OUT_OF_STATE: "6910",
    Destination.ABROAD: "7949",
}


@dataclass(frozen=True, slots=True)
class IbsCbsRates:
    """In percent."""

    ibs_state: Decimal
    ibs_city: Decimal
    cbs: Decimal


def ibs_cbs_rates(calendar: Calendar, day: date) -> IbsCbsRates:
    """The rates in force, or the last known ones: `checks` warns when they are out of date."""
    if calendar.value(P_CBS, day) is None:
        day = date(2026, 12, 31)
    return IbsCbsRates(
        *(calendar.value(code, day) or ZERO for code in (P_IBS_STATE, P_IBS_CITY, P_CBS))
    )


@dataclass(frozen=True, slots=True)
class Taxes:
    """The assessment of one item. `difal` is what the destination's state gets from a shop
    elsewhere."""

    cfop: str
    profile: TaxProfile
    base: Decimal = ZERO
    icms_rate: Decimal = ZERO
    icms: Decimal = ZERO
    difal_rate: Decimal | None = None
    difal: Decimal = ZERO
    pis_base: Decimal = ZERO
    pis: Decimal = ZERO
    cofins: Decimal = ZERO
    ibs_cbs_written: bool = False
    ibs_cbs_rates: IbsCbsRates | None = None
    ibs_cbs_base: Decimal = ZERO
    ibs_state: Decimal = ZERO
    ibs_city: Decimal = ZERO
    cbs: Decimal = ZERO


def cfop(note: Note, item: Item) -> str:
    if item.gift:
        return GIFT_CFOP[note.destination]
    if note.destination is Destination.OUT_OF_STATE and note.is_to_consumer:
        return SALE_CFOP_TO_CONSUMER
    return SALE_CFOP[note.destination]


def assess(note: Note, item: Item, day: date, book: TaxBook) -> Taxes:
    """The taxes of `item` on a note issued on `day`."""
    profile = book.profile_of(note, item, day) or NO_PROFILE
    due = bool(book.calendar.in_force(IBS_CBS_OF_REGIME.get(note.issuer.crt, ""), day))
    written = due or profile.ibs_cbs != "000"
    values: dict[str, Any] = {}
    if profile.icms == "00":
        values = _icms(note, item, day, book)
    if profile.pis_cofins == "01" and note.issuer.crt != "3":
        profile = replace(profile, pis_cofins="49")
    if profile.pis_cofins == "01":
        values |= _pis_cofins(item.total - values["icms"])
    if written and profile.ibs_cbs == "000":
        withheld = sum(
            (values.get(name, ZERO) for name in ("icms", "difal", "pis", "cofins")), ZERO
        )
        values |= _ibs_cbs(item.total - withheld, ibs_cbs_rates(book.calendar, day))
    return Taxes(cfop(note, item), profile, ibs_cbs_written=written, **values)


def _icms(note: Note, item: Item, day: date, book: TaxBook) -> dict[str, Any]:
    origin, target = note.issuer.address.state, note.goods_to.state
    inside = note.destination is Destination.IN_STATE
    there = book.rates_of(target, day, item) or StateRates(target, day, ZERO)
    rate = there.icms if inside else interstate_rate(origin, target, item.origin)
    values = {"base": item.total, "icms_rate": rate, "icms": percent_of(item.total, rate)}
    if not inside and note.is_to_consumer:
        values["difal_rate"] = there.icms
        values["difal"] = percent_of(item.total, max(ZERO, there.icms - rate))
    return values


def _pis_cofins(base: Decimal) -> dict[str, Any]:
    return {
        "pis_base": base,
        "pis": percent_of(base, PIS_RATE),
        "cofins": percent_of(base, COFINS_RATE),
    }


def _ibs_cbs(base: Decimal, rates: IbsCbsRates) -> dict[str, Any]:
    return {
        "ibs_cbs_rates": rates,
        "ibs_cbs_base": base,
        "ibs_state": percent_of(base, rates.ibs_state),
        "ibs_city": percent_of(base, rates.ibs_city),
        "cbs": percent_of(base, rates.cbs),
    }
