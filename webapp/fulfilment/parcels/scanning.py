"""What a scan means at a station: a packing slip, whose parcel is packed there from then on, or one
of the goods that go into it."""

import enum
from collections import Counter
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from webapp.catalog.codes import UnknownCode, product_by_code
from webapp.catalog.models import Product
from webapp.catalog.queries import named_products
from webapp.fulfilment.parcels.models import PackedElsewhere, Parcel, Units, by_sku
from webapp.fulfilment.parcels.queries import slip_of_sale
from webapp.http.formatting import number_text, weight_text
from webapp.invoices.queries import sales_of_note
from webapp.platform.clock import utc_now
from webapp.platform.codes import codes_in
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.sales.finding import referenced
from webapp.sales.models import Sale
from webapp.sales.units import units_of


class ScanOutcome(enum.StrEnum):
    """What a station shows, and how it sounds."""

    REFUSED = "refused"
    BEGUN = "begun"
    ADDED = "added"
    TAKEN_OUT = "taken_out"
    CLOSED = "closed"


@dataclass(frozen=True)
class Scan:
    """`key`: of this one scan; `over`: the id of a parcel that it takes from another station."""

    code: str
    station: str
    key: str = ""
    takes_out: bool = False
    over: int | None = None


@dataclass(frozen=True)
class ScanAnswer:
    """`parcel`: the one that the station packs now, or has just closed. `take_over`: the parcel
    that the same scan, once more, takes from another station."""

    outcome: ScanOutcome
    message: str
    parcel: Parcel | None = None
    take_over: Parcel | None = None

    @property
    def ok(self) -> bool:
        return self.outcome is not ScanOutcome.REFUSED


def scan_item(parcel: Parcel, scan: Scan) -> ScanAnswer:
    """One of the goods goes into a locked parcel, or comes out. The same scan told again counts
    once; one that does not fit is refused and changes nothing."""
    return _moved(parcel, scan) or _refused(parcel, scan)


def scan_anything(parcel: Parcel | None, scan: Scan) -> ScanAnswer:
    """At a station that packs `parcel`, locked, or none: what belongs into it, else a slip. Who
    scans a slip has its goods in the hands: whatever becomes of it, what was packed before is put
    aside, so that none of them go in there."""
    packs = parcel if parcel and (not parcel.closed_at or scan.key in parcel.entries) else None
    moved = _moved(packs, scan) if packs else None
    if moved:
        return moved
    product, why = _product(scan.code)
    if not (packs and product):
        sale_id = _sale_of_slip(scan.code)
        if sale_id is not None:
            return _begin(sale_id, scan)
    if packs:
        return _refused(packs, scan)
    return ScanAnswer(ScanOutcome.REFUSED, why or _("Scan the packing slip first."))


def _moved(parcel: Parcel, scan: Scan) -> ScanAnswer | None:
    """None for what is none of the order's goods."""
    if scan.key in parcel.entries:
        return _put(parcel, _("Counted already."))
    try:
        fitting = _fitting(parcel, scan.code)
        if not fitting:
            return None
        units = _first_among(fitting, parcel.units() if scan.takes_out else parcel.slip.missing())
        if scan.takes_out:
            parcel.put_back(units, scan.station, scan.key)
        else:
            parcel.put(units, scan.station, scan.key, utc_now())
    except Refusal as refusal:
        return ScanAnswer(ScanOutcome.REFUSED, str(refusal), parcel)
    if scan.takes_out:
        return ScanAnswer(
            ScanOutcome.TAKEN_OUT, _("Taken out: %(goods)s", goods=_counted(parcel, units)), parcel
        )
    return _put(parcel, _counted(parcel, units))


def _put(parcel: Parcel, goods: str) -> ScanAnswer:
    if parcel.closed_at is None:
        return ScanAnswer(ScanOutcome.ADDED, goods, parcel)
    parcels = parcel.slip.parcels
    message = ngettext(
        "Order %(reference)s is packed: %(num)s parcel, %(weight)s.",
        "Order %(reference)s is packed: %(num)s parcels, %(weight)s.",
        len(parcels),
        reference=parcel.slip.sale.reference,
        weight=weight_text(sum(each.weight_g for each in parcels)),
    )
    return ScanAnswer(ScanOutcome.CLOSED, message, parcel)


def _refused(parcel: Parcel, scan: Scan) -> ScanAnswer:
    product, why = _product(scan.code)
    message = product and _(
        "Not of this order: %(name)s does not go to %(reference)s.",
        name=product.name,
        reference=parcel.slip.sale.reference,
    )
    return ScanAnswer(ScanOutcome.REFUSED, message or why, parcel)


def _product(code: str) -> tuple[Product | None, str]:
    """Which one of the catalog it is, or why none."""
    try:
        return product_by_code(code), ""
    except UnknownCode as unknown:
        return None, str(unknown)


def _begin(sale_id: int, scan: Scan) -> ScanAnswer:
    slip = slip_of_sale(sale_id, lock=True)
    if slip is None:
        return ScanAnswer(ScanOutcome.REFUSED, _("This order has no packing slip."))
    parcel = slip.parcel
    try:
        slip.refuse_idle()
        parcel.take_up(scan.station, utc_now(), over=scan.over == parcel.id)
    except PackedElsewhere as elsewhere:
        return ScanAnswer(ScanOutcome.REFUSED, str(elsewhere), take_over=parcel)
    except Refusal as refusal:
        return ScanAnswer(ScanOutcome.REFUSED, str(refusal))
    sale = slip.sale
    message = _(
        "Order %(reference)s for %(name)s", reference=sale.reference, name=sale.customer_name
    )
    return ScanAnswer(ScanOutcome.BEGUN, message, parcel)


def _sale_of_slip(code: str) -> int | None:
    """By what stands on the slip in bars: the order's reference, or its NF-e's access key."""
    query = select(Sale.id, Sale.reference).where(Sale.id.in_(referenced(code)))
    found = {row.reference: row.id for row in db.session.execute(query)}
    if found:
        return found.get(code.strip(), next(iter(found.values())))
    codes = codes_in(code)
    by_key = sales_of_note(codes) if codes.access_key else None
    return None if by_key is None else db.session.scalar(by_key.limit(1))


# -- which of the goods a code means ---------------------------------------------------------------


@dataclass(frozen=True)
class _Choice:
    """Units that one scan moves: one of the goods, or with the code of a kit all of its parts."""

    product_id: int
    sku: str
    units: Units


def _choices(parcel: Parcel) -> list[_Choice]:
    lines = {line.position: line for line in parcel.slip.sale.lines}
    found = []
    for item in parcel.slip.items:
        line = lines[item["line"]]
        parts = units_of(line, 1)
        for part in parts:
            found.append(
                _Choice(part.product_id, part.sku, Counter({(line.position, part.sku): 1}))
            )
        if item.get("parts"):
            whole = Counter({(line.position, part.sku): part.many for part in parts})
            found.append(_Choice(line.product_id, line.sku, whole))
    return found


def _fitting(parcel: Parcel, code: str) -> list[_Choice]:
    """Those that the code means, a SKU, GTIN or ISBN as the catalog has it now. Raises Refusal for
    one that two of the order's products bear."""
    choices = _choices(parcel)
    among = {choice.product_id for choice in choices}
    query = select(Product.id, Product.sku).where(
        Product.id.in_(among), Product.id.in_(named_products(code))
    )
    found = {row.id: row.sku.casefold() for row in db.session.execute(query)}
    exact = {product_id for product_id, sku in found.items() if sku == code.strip().casefold()}
    if len(found) > 1 and not exact:
        raise Refusal(
            _("More than one product has the code %(code)s; use the SKU.", code=code[:60])
        )
    return [choice for choice in choices if choice.product_id in (exact or found)]


def _first_among(fitting: list[_Choice], units: Units) -> Units:
    """The first that is among these; the first of all where none is."""
    there = (choice.units for choice in fitting if choice.units <= units)
    return next(there, fitting[0].units)


def _counted(parcel: Parcel, units: Units) -> str:
    """ "Mug: 1 of 2" over the whole order, of one of the goods or of each part of a kit."""
    slip = parcel.slip
    names, whole, missing = slip.goods_names(), by_sku(slip.units()), by_sku(slip.missing())
    return ", ".join(
        _(
            "%(name)s: %(count)s of %(all)s",
            name=names[sku],
            count=number_text(whole[sku] - missing[sku]),
            all=number_text(whole[sku]),
        )
        for sku in by_sku(units)
    )
