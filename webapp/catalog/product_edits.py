"""Adding, editing and deleting products; their stock by hand."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, inspect, select, update
from sqlalchemy.exc import IntegrityError

from webapp.audit.tracking import record
from webapp.catalog.filters import ProductFilter
from webapp.catalog.forms import (
    MAX_STOCK,
    CellIn,
    ProductIn,
    ProductPatch,
    RowIn,
    StockIn,
    TaxFactsIn,
)
from webapp.catalog.kits import keeps_no_stock, kit_with, set_parts, tell_parts
from webapp.catalog.models import (
    Kind,
    OutOfStock,
    Product,
    StockMovement,
    move_stock,
    movement,
)
from webapp.catalog.queries import products, products_by_sku
from webapp.catalog.words import reason_words
from webapp.http.formatting import money_text
from webapp.http.forms import parse
from webapp.http.patches import patched
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.platform.notices import notices_of
from webapp.platform.text import searchable
from webapp.store.price_rights import UNBOUND, PriceRights
from webapp.taxation.book import tax_book_changed, the_tax_book
from webapp.taxation.queries import is_profile, issuer_today

COPIED = tuple(name for name in ProductIn.model_fields if name not in ("stock", "on_nfe", "parts"))

_PRODUCTS = Product.__table__
_SET_STOCK = (
    update(_PRODUCTS).where(_PRODUCTS.c.id == bindparam("product")).values(stock=bindparam("after"))
)

# Mercosur's nomenclature, where the kind alone tells it: printed books, recorded optical discs.
USUAL_NCM = {Kind.BOOK: "49019900", Kind.VIDEO: "85234990"}
PLAN_LENGTH = 40

# By these a person or a scanner tells which thing it is, and so what a fair price of it is.
WHICH_THING = ("sku", "name", "kind", "gtin", "isbn")


class SkuTaken(Refusal):
    field = "sku"


class StockMoved(Refusal):
    """Since it was counted: `stock` is what it is by now."""

    def __init__(self, stock: int, field: str):
        message = _l(
            "The stock is %(stock)s by now. Nothing was changed: look, and save again.", stock=stock
        )
        super().__init__(message, field)
        self.stock = stock


def facts_of(product: Product) -> dict:
    """The product's facts by the names of ProductIn, stock and parts aside; `on_nfe` only where it
    differs from its kind's."""
    facts = {name: getattr(product, name) for name in COPIED}
    return facts | {"on_nfe": None if product.on_nfe == product.kind.is_goods else product.on_nfe}


def add_product(wanted: ProductIn, rights: PriceRights = UNBOUND) -> Product:
    """A new product with its first stock; who has a limit leaves its price to be confirmed. Raises
    SkuTaken, and Invalid where `rights` set no prices: a new product would be a way round."""
    refuse_addition(wanted, rights)
    _refuse_taken(wanted.sku)
    product = _new(wanted, rights)
    set_parts(product, wanted.parts or ())
    db.session.add(product)
    _flush(product)
    if product.is_kit:
        tell_parts(product)
    if wanted.stock:
        move_stock(db.session, product.id, product.sku, wanted.stock, "first stock")
        db.session.expire(product, ["stock"])
    return product


def refuse_addition(wanted: ProductIn, rights: PriceRights = UNBOUND) -> None:
    """All that speaks against a new product but that its SKU is taken. Raises Invalid."""
    if not rights.sets_prices:
        message = _("Prices are a manager's in this shop: ask one to add the product.")
        raise Invalid([FieldError("price", message)])
    refuse_unknown_profile(wanted.tax_profile)
    refuse_unknown_ncm(wanted.ncm)


def add_products(wanted: Iterable[ProductIn], rights: PriceRights, reason: str) -> None:
    """Many new products, none of which anything speaks against, to be written at once (see
    `audit.writing.write_all`); their first stock moves for `reason`."""
    for each in wanted:
        product = _new(each, rights)
        db.session.add(product)
        if each.stock:
            product.stock = each.stock
            moved = movement(product.id, each.stock, each.stock, reason)
            db.session.add(StockMovement(**moved, product=product))


def _new(wanted: ProductIn, rights: PriceRights) -> Product:
    product = Product(stock=0 if wanted.kind.is_goods else None, is_kit=False)
    product.price_confirmed = rights.lowers_catalog
    _copy(wanted, product)
    return product


def edit_product(product: Product, wanted: ProductIn, rights: PriceRights = UNBOUND) -> None:
    """Rewrites the product's facts; its stock, and the parts of a kit, only where `wanted` gives
    them. Sales keep their own copy."""
    has_other_parts = wanted.parts is not None and _change_parts(product, wanted)
    refuse_edit(product, wanted, rights)
    if wanted.sku != product.sku:
        _refuse_taken(wanted.sku, product.id)
    change_product(product, wanted, rights)
    _flush(product)
    if has_other_parts:
        tell_parts(product)
    if wanted.stock is not None and not wanted.parts:
        set_stock(product, StockIn(set=wanted.stock, reason="edited"), field="stock")


def _change_parts(product: Product, wanted: ProductIn) -> bool:
    """What it has in stock may be put away in the same step."""
    if wanted.parts and wanted.stock == 0 and not product.is_kit:
        set_stock(product, StockIn(set=0, reason="edited"))
    return set_parts(product, wanted.parts or ())


def refuse_edit(product: Product, wanted: ProductIn, rights: PriceRights = UNBOUND) -> None:
    """All that speaks against the product's new facts but that a SKU is taken. Raises Invalid."""
    _refuse_price(product, wanted.price, rights)
    if wanted.tax_profile != product.tax_profile:
        refuse_unknown_profile(wanted.tax_profile)
    if wanted.ncm != product.ncm:
        refuse_unknown_ncm(wanted.ncm)
    if wanted.kind is not product.kind and product.was_sold:
        raise Invalid(
            [FieldError("kind", _("It was sold already, so its kind stays; add another product."))]
        )
    if not wanted.kind.is_goods and product.kind.is_goods:
        _refuse_of_kit(product)


def change_product(product: Product, wanted: ProductIn, rights: PriceRights) -> None:
    """Its new facts, against which nothing speaks, but for its stock."""
    _set_price(product, wanted.price, rights)
    if not rights.lowers_catalog and _another_thing(product, wanted):
        # Else a dear thing would be sold under a cheap one's confirmed price.
        product.doubt_price()
    if wanted.tax_profile != product.tax_profile:
        # Held orders of it are looked at again.
        tax_book_changed()
    _keep_stock_as_kind_does(product, wanted)
    _copy(wanted, product)


def edit_row(product: Product, wanted: RowIn, rights: PriceRights = UNBOUND) -> None:
    """A new price, and the stock where it was typed anew. Raises Refusal when the stock moved since
    it was shown."""
    _set_price(product, wanted.price, rights)
    db.session.flush()
    if wanted.stock is not None and wanted.stock != wanted.seen:
        set_stock(product, StockIn(set=wanted.stock), wanted.seen, "stock")


def edit_cell(
    product: Product, name: str, wanted: CellIn, present: str, rights: PriceRights = UNBOUND
) -> None:
    """Rewrites one fact as a person writes it, of whom `present` stands there by now. Raises
    Invalid, and Refusal where they saw something else."""
    if wanted.value == present:
        return
    patch = parse(ProductPatch, {name: wanted.value}, form=True)
    if getattr(patch, name) == getattr(product, name):
        return
    if wanted.seen != present:
        raise Refusal(_("It is %(value)s by now. Type yours again.", value=present or "—"))
    edit_product(product, patched(ProductIn, facts_of(product), patch), rights)
    db.session.flush()


def _set_price(product: Product, price: Decimal, rights: PriceRights) -> None:
    """Raises Invalid where a lower price would lift the limit of what `rights` may give away."""
    _refuse_price(product, price, rights)
    if price != product.price and rights.lowers_catalog:
        product.confirm_price()
    product.price = price


def _refuse_price(product: Product, price: Decimal, rights: PriceRights) -> None:
    if price < product.price and not rights.lowers_catalog:
        message = _(
            "Only a manager lowers a product's price; it is %(price)s.",
            price=money_text(product.price),
        )
        raise Invalid([FieldError("price", message)])


def _another_thing(product: Product, wanted: ProductIn) -> bool:
    return any(getattr(product, name) != getattr(wanted, name) for name in WHICH_THING)


def give_tax_facts(products: Iterable[Product], wanted: TaxFactsIn) -> int:
    """Gives all of them the NCM and the tax profile that are told; returns how many were otherwise.
    Raises Invalid."""
    refuse_unknown_profile(wanted.tax_profile)
    told = {name: value for name, value in wanted if name in ("ncm", "tax_profile") and value}
    changed = 0
    for product in products:
        facts = {name: getattr(product, name) for name in told}
        changed += facts != told
        for name, value in told.items():
            setattr(product, name, value)
    if wanted.tax_profile:
        tax_book_changed()
    return changed


def refuse_unknown_profile(code: str) -> None:
    """Raises Invalid for a tax profile that nobody wrote."""
    if code and not is_profile(code):
        message = _("There is no tax profile with the code %(code)s.", code=code)
        raise Invalid([FieldError("tax_profile", message)])


def refuse_unknown_ncm(ncm: str) -> None:
    """Raises Invalid for one that the shop's table, if it has one, does not have today."""
    table = the_tax_book().ncm
    if ncm and table is not None and not table.knows(ncm, issuer_today()):
        message = _("The table of NCM in force has no %(ncm)s. Ask the supplier.", ncm=ncm)
        raise Invalid([FieldError("ncm", message)])


def set_stock(
    product: Product, wanted: StockIn, seen: int | None = None, field: str = "set"
) -> tuple[int, int]:
    """The stock before and after. `seen`: what stood on the person's screen; when it is not so any
    more nothing changes.

    Raises OutOfStock below zero, Refusal above MAX_STOCK.
    """
    if product.stock is None:
        raise Refusal(keeps_no_stock(product), field)
    before = _locked_stock(product)
    if seen is not None and seen != before:
        raise StockMoved(before, field)
    change = _change_to(wanted, before)
    if not change:
        return before, before
    changed_field = field if wanted.change is None else "change"
    if before + change > MAX_STOCK:
        raise Refusal(_("At most %(high)s.", high=MAX_STOCK), changed_field)
    reason = wanted.reason or "counted by hand"
    try:
        after = move_stock(db.session, product.id, product.sku, change, reason)
    except OutOfStock as refusal:
        refusal.field = changed_field
        raise
    record(
        db.session,
        "changed",
        "products",
        product.id,
        product.sku,
        why=reason_words(reason),
        stock=after,
    )
    db.session.expire(product, ["stock"])
    return before, after


def refuse_stock(product: Product) -> None:
    """Raises Refusal for a stock of a kit, whose parts keep it."""
    if product.is_kit:
        raise Refusal(keeps_no_stock(product), "stock")


def set_stocks(wanted: Mapping[Product, int], reason: str) -> None:
    """The stocks of many products, which are locked and keep one, written at once."""
    if any(inspect(product).attrs.stock.history.has_changes() for product in wanted):
        # It has become goods by this very change.
        db.session.flush()
    changes = {product: after - (product.stock or 0) for product, after in wanted.items()}
    moved = {product: change for product, change in changes.items() if change}
    if not moved:
        return
    rows = [{"product": product.id, "after": wanted[product]} for product in moved]
    db.session.connection().execute(_SET_STOCK, rows)
    for product, change in moved.items():
        after = wanted[product]
        db.session.add(StockMovement(**movement(product.id, change, after, reason)))
        notices_of(db.session).row_changed("product", product.id)
        record(
            db.session,
            "changed",
            "products",
            product.id,
            product.sku,
            reason_words(reason),
            stock=after,
        )


def _locked_stock(product: Product) -> int:
    query = select(Product.stock).where(Product.id == product.id).with_for_update()
    return db.session.scalars(query).one() or 0


def _change_to(wanted: StockIn, before: int) -> int:
    if wanted.change is not None:
        return wanted.change
    return before if wanted.set is None else wanted.set - before


def delete_product(product: Product) -> None:
    if product.was_sold:
        raise _sold_already()
    kit = kit_with(product)
    if kit:
        raise Refusal(_("It is a part of the kit %(kit)s; take it out of that first.", kit=kit))
    db.session.delete(product)
    try:
        db.session.flush()
    except IntegrityError:
        raise _sold_already() from None


def _sold_already() -> Refusal:
    return Refusal(_l("It was sold, so it cannot be deleted; archive it instead."))


def _keep_stock_as_kind_does(product: Product, wanted: ProductIn) -> None:
    """A product that turns into a kind without stock hands back what it had, so that its movements
    still sum up."""
    if wanted.kind.is_goods and product.stock is None and not product.is_kit:
        product.stock = 0
    if not wanted.kind.is_goods and product.stock is not None:
        if product.stock:
            set_stock(product, StockIn(set=0, reason="its kind keeps no stock"))
        product.stock = None


def _refuse_of_kit(product: Product) -> None:
    """Raises Invalid for a kind without stock where a kit or its part is to have it."""
    kit = product.sku if product.is_kit else kit_with(product)
    if kit:
        message = _("The kit %(kit)s needs its stock, so it stays goods.", kit=kit)
        raise Invalid([FieldError("kind", message)])


def _copy(wanted: ProductIn, product: Product) -> None:
    for name in COPIED:
        setattr(product, name, getattr(wanted, name))
    product.ncm = wanted.ncm or USUAL_NCM.get(wanted.kind, "")
    product.plan = wanted.plan or (wanted.sku[:PLAN_LENGTH] if wanted.kind.is_membership else "")
    product.on_nfe = wanted.kind.is_goods if wanted.on_nfe is None else wanted.on_nfe
    product.search_text = searchable(
        product.sku, product.name, product.gtin, product.isbn, product.author
    )


def _flush(product: Product) -> None:
    sku = product.sku
    try:
        db.session.flush()
    except IntegrityError:
        # Two people took the SKU in the same moment.
        raise _taken(sku) from None


def _refuse_taken(sku: str, own_id: int = 0) -> None:
    """Raises SkuTaken for a SKU that another product has, in whatever case it is written: nobody
    could tell the two apart."""
    twins = [product for product in products_by_sku([sku]).values() if product.id != own_id]
    if not twins and not sku.isascii():
        # SQLite has no lower case for the accented ones.
        alike = products(ProductFilter(q=sku)).where(Product.id != own_id)
        twins = [
            product
            for product in db.session.scalars(alike)
            if product.sku.casefold() == sku.casefold()
        ]
    if twins:
        raise _taken(twins[0].sku)


def _taken(sku: str) -> SkuTaken:
    # Its words are looked up after the rollback: the person's language is a row too.
    return SkuTaken(_l("Another product has the SKU %(sku)s already.", sku=sku))
