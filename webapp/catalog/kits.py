"""Kits: products that consist of others, whose stock moves in their stead."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Row, select
from sqlalchemy.orm.attributes import set_committed_value

from webapp.audit.tracking import record
from webapp.catalog.forms import KitPartIn
from webapp.catalog.models import Kind, KitPart, Product
from webapp.catalog.queries import products_by_sku
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid
from webapp.platform.money import ZERO

Now = Row[int, str, Kind, int | None, bool]


def read_parts(products: Iterable[Product], fresh: bool = False) -> None:
    """Reads the parts of those that are kits, of all in one statement; none where none is. `fresh`:
    parts that are loaded already are read again."""
    kits = {product.id: product for product in products if product.is_kit}
    if not kits:
        return
    query = select(KitPart).where(KitPart.kit_id.in_(kits)).order_by(KitPart.part_id)
    parts = defaultdict(list)
    for part in db.session.scalars(query.execution_options(populate_existing=fresh)):
        parts[part.kit_id].append(part)
    for kit_id, kit in kits.items():
        set_committed_value(kit, "parts", parts[kit_id])


def with_parts(products: list[Product]) -> list[Product]:
    """The same, with the parts of kits read."""
    read_parts(products)
    return products


def why_not_sold(product: Product) -> str:
    """In words; empty for what is on sale, whether or not any is left."""
    if product.archived_at:
        return _("The product %(sku)s is archived.", sku=product.sku)
    gone = (
        [each.part.sku for each in product.parts if each.part.archived_at] if product.is_kit else []
    )
    if not gone:
        return ""
    return _(
        "The kit %(sku)s cannot be sold: its part %(part)s is archived.",
        sku=product.sku,
        part=gone[0],
    )


def keeps_no_stock(product: Product) -> str:
    """Why its stock cannot be changed, in words."""
    if product.is_kit:
        return _("A kit keeps no stock of its own; change that of its parts.")
    return _("This kind of product keeps no stock.")


def kit_with(product: Product) -> str | None:
    """The SKU of a kit that it is a part of."""
    kit = select(Product.sku).join(KitPart, KitPart.kit_id == Product.id)
    return db.session.scalar(kit.where(KitPart.part_id == product.id).limit(1))


class Together(NamedTuple):
    """What the parts of a kit weigh and cost; None where one of them has no cost."""

    weight_g: int
    cost: Decimal | None


def together(parts: Iterable[tuple[Product | None, int]]) -> Together:
    known = [(part, quantity) for part, quantity in parts if part]
    costs = [part.cost * quantity for part, quantity in known if part.cost is not None]
    whole = len(costs) == len(known) > 0
    weight = sum(part.weight_g * quantity for part, quantity in known)
    return Together(weight, sum(costs, ZERO) if whole else None)


def in_words(parts: Iterable[KitPart]) -> str:
    return ", ".join(f"{each.quantity} × {each.part.sku}" for each in parts)


def set_parts(product: Product, wanted: Sequence[KitPartIn]) -> bool:
    """Makes the product a kit of these, or a product with a stock of its own where there are none;
    returns whether it was otherwise. Sales keep the parts that they took. Called before anything
    else of the product is changed, so that all are locked in one order. Raises Invalid, naming the
    row."""
    if not wanted and not product.is_kit:
        return False
    quantities = _quantities(product, wanted)
    before = {each.part_id: each.quantity for each in product.parts} if product.is_kit else {}
    if quantities == before:
        return False
    product.is_kit = bool(quantities)
    product.stock = None if quantities else 0
    product.parts = [
        KitPart(part_id=part_id, quantity=quantity) for part_id, quantity in quantities.items()
    ]
    # Who edits it from here on does so on another version.
    product.updated_at = utc_now()
    return True


def tell_parts(product: Product) -> None:
    """For the audit, which keeps a product's own columns only."""
    words = in_words(product.parts)
    record(db.session, "changed", "products", product.id, product.sku, parts=words)


def _quantities(product: Product, wanted: Sequence[KitPartIn]) -> dict[int, int]:
    """How many of which product, by its id and in that order."""
    found = products_by_sku(part.sku for part in wanted)
    locked = _locked({part.id for part in found.values()} | ({product.id} if product.id else set()))
    quantities: dict[int, int] = {}
    errors = []
    for index, row in enumerate(wanted):
        part = found.get(row.sku)
        message = _why_no_part(row.sku, locked.get(part.id) if part else None, product, quantities)
        if message:
            errors.append(FieldError(f"parts.{index}.sku", message))
        elif part:
            quantities[part.id] = row.quantity
    if errors:
        raise Invalid(errors)
    if quantities:
        _refuse_as_kit(product, locked.get(product.id))
    return dict(sorted(quantities.items()))


def _locked(ids: set[int]) -> dict[int, Now]:
    """What kits are judged by, as it stays until the transaction ends: a part is no kit, whoever
    else is at work."""
    columns = (Product.id, Product.sku, Product.kind, Product.stock, Product.is_kit)
    query = select(*columns).where(Product.id.in_(ids)).order_by(Product.id).with_for_update()
    return {row.id: row for row in db.session.execute(query)} if ids else {}


def _why_no_part(sku: str, part: Now | None, kit: Product, others: dict[int, int]) -> str:
    if part is None:
        return _("There is no product with the SKU %(sku)s.", sku=sku)
    if part.id == kit.id:
        return _("A kit cannot be a part of itself.")
    if part.is_kit:
        return _("%(sku)s is a kit itself; name its parts.", sku=part.sku)
    if not part.kind.is_goods:
        return _("%(sku)s keeps no stock, so it is no part of a kit.", sku=part.sku)
    if part.id in others:
        return _("%(sku)s is named twice; write one row.", sku=part.sku)
    return ""


def _refuse_as_kit(product: Product, now: Now | None) -> None:
    """Raises Invalid for what has a stock of its own, or is a part of another kit."""
    if now is None:
        return
    kit = kit_with(product)
    if kit:
        message = _("%(sku)s is a part of the kit %(kit)s, so it is no kit.", sku=now.sku, kit=kit)
        raise Invalid([FieldError("parts.0.sku", message)])
    if now.stock:
        message = _(
            "%(stock)s are in stock, and a kit keeps none of its own: set it to 0 first.",
            stock=now.stock,
        )
        raise Invalid([FieldError("stock", message)])
