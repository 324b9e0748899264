"""A supplier's note as an entry into stock: proposed line by line, taken once."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager, joinedload

from webapp.audit.tracking import because
from webapp.catalog.forms import StockIn
from webapp.catalog.kits import keeps_no_stock
from webapp.catalog.models import Product
from webapp.catalog.product_edits import set_stock
from webapp.catalog.queries import ON_SALE, products_by_sku
from webapp.fiscal.foreign import read_items
from webapp.fiscal.reading import ReadItem, decimal
from webapp.http.forms import parse
from webapp.incoming.forms import StockEntryIn
from webapp.incoming.matching import Goods, products_of
from webapp.incoming.models import IncomingNote, NoteStatus, StockEntryLine
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.platform.money import cents
from webapp.taxation.book import the_tax_book

# What an item costs beyond its goods, and what is taken off: of the product's own fields, and of
# its taxes those that a buyer pays on top.
_ADDED = ("vFrete", "vSeg", "vOutro")
_TAXES_ADDED = (("IPI", "vIPI"), ("ICMS", "vICMSST"), ("ICMS", "vFCPST"))


class EntryLine(NamedTuple):
    """An item of a note, what it is in the catalog as far as is known, and how many of ours one of
    the supplier's is. `total` is all that it costs."""

    number: int
    goods: Goods
    unit: str
    told: Decimal
    total: Decimal
    product: Product | None
    units: int

    @property
    def quantity(self) -> Decimal:
        return self.told * self.units


def entry_lines(note: IncomingNote) -> list[EntryLine]:
    """By what the same supplier's goods became before, else by bar code, code and name."""
    items = read_items(note.content, the_tax_book()) if note.content else []
    goods = [Goods.of(item) for item in items]
    last = lines_before(note.issuer_document, {each.code for each in goods})
    before = {line.code: line for line in db.session.scalars(last)} if goods else {}
    matched = products_of({each for each in goods if each.code not in before})
    lines = []
    for number, (item, each) in enumerate(zip(items, goods, strict=True), 1):
        known = before.get(each.code)
        product = known.product if known else matched.get(each)
        lines.append(_line(number, item, each, product, known.units if known else 1))
    return lines


def _line(
    number: int, item: ReadItem, goods: Goods, product: Product | None, units: int
) -> EntryLine:
    told = decimal(item.product, "qCom")
    return EntryLine(number, goods, item.product.get("uCom", ""), told, _cost(item), product, units)


def _cost(item: ReadItem) -> Decimal:
    """All that is paid for it; credits of taxes are the accountant's to take off."""
    goods = item.product
    added = sum(decimal(goods, tag) for tag in _ADDED)
    taxes = sum(decimal(item.taxes.get(group, {}), tag) for group, tag in _TAXES_ADDED)
    return decimal(goods, "vProd") - decimal(goods, "vDesc") + added + taxes


def lines_before(supplier: str, codes: set[str]) -> Select[StockEntryLine]:
    """The last line of each of a supplier's codes whose product is still on sale."""
    last = (
        select(func.max(StockEntryLine.id))
        .where(StockEntryLine.supplier == supplier, StockEntryLine.code.in_(codes))
        .group_by(StockEntryLine.code)
    )
    query = select(StockEntryLine).join(StockEntryLine.product)
    query = query.options(contains_eager(StockEntryLine.product))
    return query.where(StockEntryLine.id.in_(last), ON_SALE)


def take_into_stock(note: IncomingNote, wanted: StockEntryIn) -> int:
    """Adds each line's goods to the stock of its product, and makes what they cost its cost, unless
    they came for nothing; returns how many pieces. Once: who counts otherwise later changes the
    stock by hand. Raises Refusal."""
    if note.is_own or not note.has_content:
        raise Refusal(_("Only a supplier's note whose file is here goes into stock."))
    if note.status is NoteStatus.STOCKED:
        raise Refusal(_("Somebody took this note into stock already; nothing was changed."))
    if note.status is NoteStatus.CANCELLED:
        raise Refusal(_("Its issuer has cancelled this note: nothing of it goes into stock."))
    proposed = entry_lines(note)
    if len(proposed) != len(wanted.lines):
        raise Refusal(_("The lines are not those of the note; open it again."))
    lines = _chosen(proposed, wanted)
    kept = [_kept(note, line) for line in lines]
    with because(_reason(note)):
        _move(lines, _reason(note))
        note.put_in_stock(utc_now())
        # Told with its reason.
        db.session.flush()
    db.session.add_all(kept)
    return sum(line.quantity for line in kept)


def _reason(note: IncomingNote) -> str:
    """In nobody's language: it is kept."""
    return f"NF-e {note.number} · {note.issuer_name}"


def _chosen(proposed: Sequence[EntryLine], wanted: StockEntryIn) -> list[EntryLine]:
    """As a person decided. Raises Invalid for what is no product, and for a part of one."""
    products = products_by_sku([line.sku for line in wanted.lines])
    lines, errors = [], []
    for place, (line, told) in enumerate(zip(proposed, wanted.lines, strict=True)):
        product = products.get(told.sku)
        line = line._replace(product=product, units=told.units)
        if told.sku and product is None:
            message = _("There is no product with the SKU %(sku)s.", sku=told.sku)
            errors.append(FieldError(f"lines.{place}.sku", message))
        elif product and product.stock is None:
            message = keeps_no_stock(product)
            errors.append(FieldError(f"lines.{place}.sku", message))
        elif product and line.quantity != line.quantity.to_integral_value():
            message = _("%(quantity)s is no whole number of pieces.", quantity=line.quantity)
            errors.append(FieldError(f"lines.{place}.units", message))
        lines.append(line)
    if errors:
        raise Invalid(errors)
    if not any(line.product for line in lines):
        raise Refusal(_("No line has a product: nothing would go into stock."))
    return lines


def _move(lines: Sequence[EntryLine], reason: str) -> None:
    """In the order of the products' ids, as everybody locks them."""
    by_product: dict[int, list[EntryLine]] = {}
    for line in lines:
        if line.product and line.quantity:
            by_product.setdefault(line.product.id, []).append(line)
    for _product_id, its in sorted(by_product.items()):
        product = its[0].product
        assert product
        quantity = sum(int(line.quantity) for line in its)
        _add(product, quantity, reason, its[0])
        if total := sum((line.total for line in its), Decimal()):
            product.cost = cents(total / quantity)


def _add(product: Product, quantity: int, reason: str, line: EntryLine) -> None:
    try:
        set_stock(product, parse(StockIn, {"change": quantity, "reason": reason[:200]}))
    except Refusal as refusal:
        message = refusal.errors[0].message
        raise Invalid([FieldError(f"lines.{line.number - 1}.sku", message)]) from None


def _kept(note: IncomingNote, line: EntryLine) -> StockEntryLine:
    is_in = bool(line.product and line.quantity)
    return StockEntryLine(
        note_id=note.id,
        item=line.number,
        supplier=note.issuer_document,
        code=line.goods.code,
        product_id=line.product.id if line.product else None,
        units=line.units,
        quantity=int(line.quantity) if is_in else 0,
        unit_cost=cents(line.total / line.quantity) if is_in else None,
    )


def stocked_lines(note: IncomingNote) -> Sequence[StockEntryLine]:
    query = select(StockEntryLine).where(StockEntryLine.note_id == note.id)
    query = query.options(joinedload(StockEntryLine.product))
    return db.session.scalars(query.order_by(StockEntryLine.item)).all()
