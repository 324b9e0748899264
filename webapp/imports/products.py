"""Products, their stock and their prices as the rows of a table: known by SKU."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.catalog.forms import ProductIn
from webapp.catalog.models import Product
from webapp.catalog.product_edits import (
    add_products,
    change_product,
    facts_of,
    refuse_addition,
    refuse_edit,
    refuse_stock,
    set_stocks,
)
from webapp.catalog.queries import products_by_sku
from webapp.http.forms import parse
from webapp.imports.fields import PRICE_FIELDS, PRODUCT_FIELDS, STOCK_FIELDS, TableField
from webapp.imports.kinds import CheckedRow, TableImport, Values
from webapp.imports.models import ImportKind, ImportRow, RowOutcome
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.store.price_rights import PriceRights

_NEEDED = {
    "name": _l("A new product needs a name; no product here has this SKU."),
    "price": _l("A new product needs a price; no product here has this SKU."),
}


class ProductsImport(TableImport):
    kind = ImportKind.PRODUCTS
    fields: Sequence[TableField] = PRODUCT_FIELDS
    key = "sku"
    needed: Sequence[Sequence[str]] = (("sku",),)
    adds = True

    def judge(
        self, rows: Sequence[CheckedRow], columns: dict[str, str], rights: PriceRights
    ) -> None:
        known = products_by_sku(each.said.get("sku", "") for each in rows)
        for each in rows:
            sku = each.said.get("sku", "")
            product = known.get(sku)
            each.key = sku.casefold()
            each.name = _name_of(each.said, product)
            if not self.need(each, "sku", columns["sku"]):
                continue
            unread = ["kind"] if each.is_told(columns.get("kind", "")) else []
            judging = partial(self._before, each.said, product, rights, unread)
            before = self.judged(each, judging, columns)
            each.facts |= {"new": product is None, "before": before or {}}
            each.is_known = product is not None and not before

    def column_of(self, name: str, columns: dict[str, str]) -> str:
        return columns.get(name) or (columns.get("weight_kg", "") if name == "weight_g" else "")

    def _before(
        self, said: Values, product: Product | None, rights: PriceRights, unread: Sequence[str]
    ) -> Values:
        """What would be otherwise, as it is now. Raises Refusal."""
        if product is None:
            refuse_addition(self._wanted_new(said, unread), rights)
            return {}
        return changed(product, _wanted(said, product, rights, unread), said)

    def _wanted_new(self, said: Values, unread: Sequence[str] = ()) -> ProductIn:
        """Raises Refusal."""
        if not self.adds:
            message = _("There is no product with the SKU %(sku)s.", sku=said["sku"])
            raise Refusal(message, "sku")
        try:
            return _parsed({"kind": "physical"} | facts_told(said), unread)
        except Invalid as invalid:
            lacking = _NEEDED.keys() - said.keys()
            raise Invalid(
                [
                    FieldError(error.field, _NEEDED[error.field])
                    if error.field in lacking
                    else error
                    for error in invalid.errors
                ]
            ) from None

    def write(
        self,
        rows: Sequence[ImportRow],
        columns: dict[str, str],
        rights: PriceRights,
        reason: str,
    ) -> int:
        known = products_by_sku((row.facts["said"]["sku"] for row in rows), lock=True)
        new, stocks = [], {}
        for row in rows:
            said, product = row.facts["said"], known.get(row.facts["said"]["sku"])
            wanted, problems = self.refused(partial(self._still, row, product, rights), columns)
            if problems:
                row.refuse(problems)
            elif product is None:
                new.append(wanted)
            else:
                change_product(product, wanted, rights)
                if "stock" in said:
                    stocks[product] = wanted.stock
        set_stocks(stocks, reason)
        add_products(new, rights, reason)
        return sum(row.outcome is RowOutcome.REFUSED for row in rows)

    def _still(self, row: ImportRow, product: Product | None, rights: PriceRights) -> ProductIn:
        """What the row wants. Raises Refusal where it does not fit any more."""
        said = row.facts["said"]
        if row.facts["new"]:
            if product is not None:
                raise Refusal(
                    _("Another product has the SKU %(sku)s by now.", sku=product.sku), "sku"
                )
            wanted = self._wanted_new(said)
            refuse_addition(wanted, rights)
            return wanted
        if product is None:
            raise Refusal(_("There is no product with the SKU %(sku)s.", sku=said["sku"]), "sku")
        now = told_now(product)
        moved = [
            name
            for name, before in row.facts["before"].items()
            if now[name] not in (before, _plain(said[_told_as(name, said)]))
        ]
        if moved:
            raise Invalid([FieldError(name, changed_since(now[name])) for name in moved])
        return _wanted(said, product, rights)


class StockImport(ProductsImport):
    kind = ImportKind.STOCK
    fields = STOCK_FIELDS
    needed = (("sku",), ("stock",))
    adds = False


class PricesImport(ProductsImport):
    kind = ImportKind.PRICES
    fields = PRICE_FIELDS
    needed = (("sku",), ("price", "cost"))
    adds = False


def changed_since(now: object) -> str:
    return _(
        "Somebody changed this since the file was looked over: it is %(now)s by now. Nothing was "
        "overwritten.",
        now="—" if now in (None, "") else now,
    )


def facts_told(said: Values) -> Values:
    """By the names of ProductIn."""
    told = dict(said)
    if "weight_kg" in told:
        told["weight_g"] = told.pop("weight_kg")
    return told


def _told_as(name: str, said: Values) -> str:
    return "weight_kg" if name == "weight_g" and name not in said else name


def _parsed(facts: Values, unread: Sequence[str]) -> ProductIn:
    """Of a cell that could not be read, what stands in its place would be judged with the others:
    without it each is judged alone. Raises Refusal."""
    return parse(ProductIn, {name: facts[name] for name in facts if name not in unread})


def _wanted(
    said: Values, product: Product, rights: PriceRights, unread: Sequence[str] = ()
) -> ProductIn:
    """The product with what the row says of it. Raises Refusal."""
    wanted = _parsed(facts_of(product) | facts_told(said) | {"sku": product.sku}, unread)
    refuse_edit(product, wanted, rights)
    if wanted.stock is not None:
        refuse_stock(product)
    return wanted


def told_now(product: Product) -> Values:
    """What the product is, as JSON has it."""
    facts = facts_of(product) | {"stock": product.stock, "on_nfe": product.on_nfe}
    return {name: _plain(value) for name, value in facts.items()}


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | None) else str(value)


def changed(product: Product, wanted: ProductIn, said: Mapping[str, Any]) -> Values:
    now = told_now(product)
    told = [name for name in facts_told(dict(said)) if name != "sku"]
    return {name: now[name] for name in told if _plain(getattr(wanted, name)) != now[name]}


def _name_of(said: Values, product: Product | None) -> str:
    name = said.get("name") or (product.name if product else "")
    return f"{said.get('sku', '')} · {name}" if name else said.get("sku", "")
