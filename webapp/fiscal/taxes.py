"""Taxes of an item: one table of tax classes, one of dates, one assessment.

The classes are examples for a shop that resells goods; the shop's accountant decides (CGSN
140/2018, LC 87/1996, LC 190/2022, LC 214/2025, NT 2025.002).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from webapp.fiscal.note import Destination, Item, Note, RegistrationIndicator
from webapp.fiscal.places import interstate_rate, state
from webapp.platform.money import ZERO, percent_of

SIMPLES = {"1", "4"}
PIS_RATE, COFINS_RATE = Decimal("0.65"), Decimal("3.00")


@dataclass(frozen=True, slots=True)
class TaxClass:
    """`icms` is a CSOSN of three places (Simples) or a CST of two; `pis_cofins` the CST of both."""

    icms: str
    pis_cofins: str
    ibs_cbs: str
    ibs_cbs_class: str


CLASSES = {
    ("simples", "goods"): TaxClass("102", "49", "000", "000001"),
    ("simples", "book"): TaxClass("300", "49", "410", "410008"),
    ("simples", "gift"): TaxClass("400", "49", "410", "410001"),
    ("simples", "export"): TaxClass("300", "49", "410", "410004"),
    ("normal", "goods"): TaxClass("00", "01", "000", "000001"),
    ("normal", "book"): TaxClass("41", "06", "410", "410008"),
    ("normal", "gift"): TaxClass("41", "08", "410", "410001"),
    ("normal", "export"): TaxClass("41", "08", "410", "410004"),
}
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

# Rule 1115: from which day a regime must write the IBS and CBS groups. An exempt class is written
# from the start.
IBS_CBS_FROM = {
    "3": date(2026, 1, 1),
    "1": date(2027, 1, 4),
    "2": date(2027, 1, 4),
    "4": date(2027, 1, 4),
}


@dataclass(frozen=True, slots=True)
class IbsCbsRates:
    """Percent, in force from `start` to `end` (both included)."""

    start: date
    end: date
    ibs_state: Decimal
    ibs_city: Decimal
    cbs: Decimal


IBS_CBS_RATES = (
    IbsCbsRates(
        date(2026, 1, 1), date(2026, 12, 31), Decimal("0.10"), Decimal("0.00"), Decimal("0.90")
    ),
)


def ibs_cbs_rates(day: date) -> IbsCbsRates:
    """The rates in force, or the last known ones: `checks` warns when they are out of date."""
    return next(
        (rates for rates in IBS_CBS_RATES if rates.start <= day <= rates.end), IBS_CBS_RATES[-1]
    )


@dataclass(frozen=True, slots=True)
class Taxes:
    """The assessment of one item. `difal` is what the destination's state gets from a shop
    elsewhere."""

    cfop: str
    tax_class: TaxClass
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
    if (
        note.destination is Destination.OUT_OF_STATE
        and note.recipient.taxpayer == RegistrationIndicator.NON_CONTRIBUTOR
    ):
        return SALE_CFOP_TO_CONSUMER
    return SALE_CFOP[note.destination]


def classify(note: Note, item: Item) -> TaxClass:
    regime = "simples" if note.issuer.crt in SIMPLES else "normal"
    if note.destination is Destination.ABROAD:
        return CLASSES[regime, "export"]
    if item.gift:
        return CLASSES[regime, "gift"]
    return CLASSES[regime, "book" if item.kind in ("book", "ebook") else "goods"]


def assess(note: Note, item: Item, day: date) -> Taxes:
    """The taxes of `item` on a note issued on `day`."""
    tax_class = classify(note, item)
    due = IBS_CBS_FROM.get(note.issuer.crt, date.min) <= day
    written = due or tax_class.ibs_cbs != "000"
    values = {}
    if tax_class.icms == "00":
        values = _icms(note, item)
    if tax_class.pis_cofins == "01" and note.issuer.crt != "3":
        tax_class = TaxClass(tax_class.icms, "49", tax_class.ibs_cbs, tax_class.ibs_cbs_class)
    if tax_class.pis_cofins == "01":
        values |= _pis_cofins(item.total - values["icms"])
    if written and tax_class.ibs_cbs == "000":
        withheld = sum(
            (values.get(name, ZERO) for name in ("icms", "difal", "pis", "cofins")), ZERO
        )
        values |= _ibs_cbs(item.total - withheld, ibs_cbs_rates(day))
    return Taxes(cfop(note, item), tax_class, ibs_cbs_written=written, **values)


def _icms(note: Note, item: Item) -> dict[str, Any]:
    origin, target = note.issuer.address.state, note.recipient.address.state
    inside = note.destination is Destination.IN_STATE
    rate = state(origin).rate if inside else interstate_rate(origin, target, item.origin)
    values = {"base": item.total, "icms_rate": rate, "icms": percent_of(item.total, rate)}
    if not inside and note.recipient.taxpayer == RegistrationIndicator.NON_CONTRIBUTOR:
        values["difal_rate"] = state(target).rate
        values["difal"] = percent_of(item.total, max(ZERO, values["difal_rate"] - rate))
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
