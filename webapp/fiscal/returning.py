"""The items of a note for goods that come back: so many units of an item of an authorized note, at
the values and by the rates that stand in its file.

Nothing is reckoned anew from today's profiles and rates. What several returns take of an item adds
up to it: each value is that of the first units up to the last one taken, less that of the first
units before them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce
from typing import NamedTuple, TypeVar

from lxml import etree

from webapp.fiscal.document import NO_GTIN
from webapp.fiscal.note import Item, ItemReference
from webapp.fiscal.reading import Leaves, Reading, ReadItem, decimal, leaves
from webapp.fiscal.tax_book import RESALE, TaxProfile
from webapp.fiscal.taxes import (
    MEI,
    NO_ICMS,
    OTHER_SIMPLES,
    WITHOUT_CREDIT,
    Contributions,
    Difal,
    IbsCbs,
    Icms,
    SimplesShare,
    Taxes,
    reduced,
)
from webapp.fiscal.xml import NAMESPACE
from webapp.platform.money import ZERO, cents, percent_of

_NOTE, _DET = f".//{{{NAMESPACE}}}infNFe/..", f".//{{{NAMESPACE}}}det"
# ICMS that somebody paid before: its goods have CFOPs of their own.
ST_PAID_CODES = {"60", "500"}
GIVEN_OR_SENT = {"910", "949"}
MADE = {"101", "107"}
# What of each group is an amount; all else of it is a rate.
AMOUNTS: dict[type, tuple[str, ...]] = {
    Icms: ("base", "value", "fcp", "credit"),
    Difal: ("base", "value", "fcp"),
    Contributions: ("base", "pis", "cofins"),
    IbsCbs: ("base", "state", "city", "cbs"),
    SimplesShare: ("ibs", "cbs"),
}


class Span(NamedTuple):
    """Units of an item, counted from nought: those after the first `start`, up to `end`."""

    start: int
    end: int

    @property
    def units(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class OriginalItem:
    """An item as the authorized file has it; `all` are its leaves at whatever depth."""

    read: ReadItem
    all: Leaves

    @property
    def number(self) -> int:
        return self.read.number

    @property
    def sku(self) -> str:
        return self.read.product.get("cProd", "")

    @property
    def name(self) -> str:
        return self.read.product.get("xProd", "")

    @property
    def quantity(self) -> int:
        return int(decimal(self.read.product, "qCom"))

    @property
    def unit_price(self) -> Decimal:
        return decimal(self.read.product, "vUnCom")


@dataclass(frozen=True)
class Original:
    """An authorized note, as its file has it."""

    access_key: str
    items: tuple[OriginalItem, ...]

    @classmethod
    def of(cls, file: bytes) -> "Original":
        """Of a note or an nfeProc."""
        document = etree.fromstring(file)
        note = document.find(_NOTE)
        reading = Reading(document if note is None else note, None, None)
        items = zip(reading.items, document.iterfind(_DET), strict=True)
        return cls(reading.id[3:], tuple(OriginalItem(read, leaves(det)) for read, det in items))

    def item(self, number: int) -> OriginalItem:
        return next(item for item in self.items if item.number == number)


def free_spans(taken: Sequence[Span], total: int, units: int) -> list[Span]:
    """The first `units` of an item's `total` that none of `taken` holds. Raises ValueError where
    fewer are left."""
    found: list[Span] = []
    start = 0
    for span in [*sorted(taken), Span(total, total)]:
        here = min(units, span.start - start)
        if here > 0:
            found.append(Span(start, start + here))
            units -= here
        start = span.end
    if units:
        raise ValueError("more units than are left of the item")
    return found


def given_back(
    original: Original, number: int, spans: Sequence[Span], crt: str, position: int
) -> tuple[Item, Taxes]:
    """Units of an item as an item of the return note, with their share of its values and taxes."""
    item = original.item(number)
    product, units = item.read.product, sum(span.units for span in spans)
    whole = _taxes(item, crt)
    freight, discount = decimal(product, "vFrete"), decimal(product, "vDesc")

    def share(value: Decimal) -> Callable[[int], Decimal]:
        return lambda first: cents(value * first / item.quantity)

    def taken(of_first: Callable[[int], Decimal]) -> Decimal:
        return sum((of_first(span.end) - of_first(span.start) for span in spans), ZERO)

    made = Item(
        sku=item.sku,
        name=item.name,
        ncm=product.get("NCM", ""),
        quantity=units,
        unit_price=item.unit_price,
        gtin=product.get("cEAN", "").replace(NO_GTIN, ""),
        origin=whole.profile.origin,
        unit=product.get("uCom", ""),
        discount=taken(share(discount)),
        freight=taken(share(freight)),
        position=position,
        gives_back=ItemReference(original.access_key, number),
    )
    return made, _share(whole, item, spans)


# -- what the file says ----------------------------------------------------------------------------


def _taxes(item: OriginalItem, crt: str) -> Taxes:
    groups, product = item.read.taxes, item.read.product
    icms, pis = groups.get("ICMS", {}), groups.get("PIS", {})
    told = groups.get("IBSCBS", {})
    code = icms.get("CSOSN") or icms.get("CST", "")
    profile = TaxProfile(
        code="",
        name="",
        starts=date.min,
        regime="",
        nature=RESALE,
        icms=code,
        pis_cofins=pis.get("CST", ""),
        ibs_cbs=told.get("CST", ""),
        ibs_cbs_class=told.get("cClassTrib", ""),
        reduction=decimal(icms, "pRedBC"),
        credit_rate=decimal(icms, "pCredSN"),
        origin=icms.get("orig", ""),
        cest=product.get("CEST", ""),
        benefit_code=product.get("cBenef", ""),
    )
    return Taxes(
        profile,
        _cfop(product.get("CFOP", ""), code, crt),
        OTHER_SIMPLES if crt == MEI and code == WITHOUT_CREDIT else code,
        _icms(icms),
        _difal(groups.get("ICMSUFDest")),
        _contributions(pis, groups.get("COFINS", {})),
        "IBSCBS" in groups,
        _ibs_cbs(told) if "vBC" in told else None,
        _simples(item.all),
        item.all.get("cAtivSN", ""),
        decimal(product, "vProdLiq") if "vProdLiq" in product else None,
    )


def _cfop(sold: str, code: str, crt: str) -> str:
    """By which the goods come in that went out by `sold`; a MEI has but one."""
    side, kind = ("2" if sold[:1] == "6" else "1"), sold[1:]
    if kind in GIVEN_OR_SENT:
        return f"{side}949"
    if code in ST_PAID_CODES:
        return f"{side}411"
    return f"{side}201" if kind in MADE and crt != MEI else f"{side}202"


def _icms(group: Leaves) -> Icms:
    tags = ("vBC", "pICMS", "vICMS", "pFCP", "vFCP", "vCredICMSSN")
    return Icms(*(decimal(group, tag) for tag in tags))


def _difal(group: Leaves | None) -> Difal | None:
    if group is None:
        return None
    tags = ("vBCUFDest", "pICMSUFDest", "vICMSUFDest", "pFCPUFDest", "vFCPUFDest")
    return Difal(*(decimal(group, tag) for tag in tags))


def _contributions(pis: Leaves, cofins: Leaves) -> Contributions:
    return Contributions(
        pis.get("CST", ""),
        decimal(pis, "vBC"),
        decimal(pis, "pPIS"),
        decimal(pis, "vPIS"),
        decimal(cofins, "pCOFINS"),
        decimal(cofins, "vCOFINS"),
    )


def _ibs_cbs(group: Leaves) -> IbsCbs:
    tags = ("vBC", "pIBSUF", "vIBSUF", "pIBSMun", "vIBSMun", "pCBS", "vCBS", "pRedAliq")
    return IbsCbs(*(decimal(group, tag) for tag in tags))


def _simples(all_leaves: Leaves) -> SimplesShare | None:
    if "vCBSSN" not in all_leaves:
        return None
    ibs_rate = decimal(all_leaves, "pIBSSN") if "pIBSSN" in all_leaves else None
    ibs, rate = decimal(all_leaves, "vIBSSN"), decimal(all_leaves, "pCBSSN")
    return SimplesShare(ibs_rate, ibs, rate, decimal(all_leaves, "vCBSSN"))


# -- their share of it -----------------------------------------------------------------------------


def _share(whole: Taxes, item: OriginalItem, spans: Sequence[Span]) -> Taxes:
    quantity = item.quantity

    def first(units: int) -> Taxes:
        return whole if units == quantity else _of_first(whole, item, units)

    parts = [(first(span.start), first(span.end)) for span in spans]
    nets = [(end.net_value or ZERO) - (start.net_value or ZERO) for start, end in parts]
    groups = ("icms", "difal", "contributions", "ibs_cbs", "simples")
    return whole._replace(
        net_value=None if whole.net_value is None else sum(nets, ZERO),
        **{
            name: reduce(
                _plus,
                [_less(getattr(end, name), getattr(start, name)) for start, end in parts],
            )
            for name in groups
            if getattr(whole, name) is not None
        },
    )


def _of_first(whole: Taxes, item: OriginalItem, units: int) -> Taxes:
    """The taxes of the first units: bases in proportion, each tax by its own rate of that, so that
    base times rate is the tax to the cent in every return (528, 1041)."""

    def share(value: Decimal) -> Decimal:
        return cents(value * units / item.quantity)

    product, icms = item.read.product, whole.icms
    base = share(icms.base)
    shared_icms = NO_ICMS._replace(
        base=base,
        rate=icms.rate,
        value=percent_of(base, icms.rate),
        fcp_rate=icms.fcp_rate,
        fcp=percent_of(base, icms.fcp_rate),
        credit=share(icms.credit),
    )
    difal, found, simples = whole.difal, whole.ibs_cbs, whole.simples
    if difal:
        base = share(difal.base)
        difference = max(ZERO, difal.rate - icms.rate)
        difal = difal._replace(
            base=base,
            value=percent_of(base, difference),
            fcp=percent_of(base, difal.fcp_rate),
        )
    paid = whole.contributions
    base = share(paid.base)
    paid = paid._replace(
        base=base, pis=percent_of(base, paid.pis_rate), cofins=percent_of(base, paid.cofins_rate)
    )
    if found:
        base = share(found.base)
        state, city, cbs = (
            percent_of(base, reduced(rate, found.reduction))
            for rate in (found.state_rate, found.city_rate, found.cbs_rate)
        )
        found = found._replace(base=base, state=state, city=city, cbs=cbs)
    if simples:
        goods = decimal(product, "vProd") * units / item.quantity
        revenue = goods + share(decimal(product, "vFrete")) - share(decimal(product, "vDesc"))
        ibs = ZERO if simples.ibs_rate is None else percent_of(revenue, simples.ibs_rate)
        simples = simples._replace(ibs=ibs, cbs=percent_of(revenue, simples.cbs_rate))
    return whole._replace(
        icms=shared_icms,
        difal=difal,
        contributions=paid,
        ibs_cbs=found,
        simples=simples,
        net_value=None if whole.net_value is None else share(whole.net_value),
    )


Group = TypeVar("Group", Icms, Difal, Contributions, IbsCbs, SimplesShare)


def _less(whole: Group, before: Group) -> Group:
    return _changed(whole, before, -1)


def _plus(one: Group, other: Group) -> Group:
    return _changed(one, other, 1)


def _changed(one: Group, other: Group, sign: int) -> Group:
    return one._replace(
        **{name: getattr(one, name) + sign * getattr(other, name) for name in AMOUNTS[type(one)]}
    )
