"""The lists of batches, and of what one does to each product, as declarations."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Select, select

from webapp.audit.history import learn_names, who
from webapp.batches.models import LEFT_ALONE, BatchOutcome, BatchRow, ProductBatch
from webapp.batches.queries import batch_by_id, batches, rows_of
from webapp.batches.words import change_words, file_value, reason_words
from webapp.catalog.models import Product
from webapp.http.lists import Order, newest_first
from webapp.http.query import WrongFilter, query_word
from webapp.platform.database import db
from webapp.platform.whole import whole_number
from webapp.web.listings import Asked, Cell, Listing, Value

# Of a batch's rows, by the name of their tab.
TABS: dict[str, tuple[BatchOutcome, ...]] = {
    "changes": (BatchOutcome.CHANGE, BatchOutcome.APPLIED, BatchOutcome.UNDONE),
    "same": (BatchOutcome.SAME,),
    "left": LEFT_ALONE,
}
UNDER_COST = "under_cost"
BY_ROW = {"row": Order((BatchRow.id,))}


class TouchedProduct(NamedTuple):
    """A row of a batch of the column `field`, with its product unless that was deleted."""

    row: BatchRow
    product: Product | None
    field: str


def chosen_rows(batch_id: int, tab: str) -> Select[Any]:
    return rows_of(batch_id, TABS.get(tab, ()), tab == UNDER_COST)


def products_of(rows: list[BatchRow]) -> dict[int, Product]:
    ids = [row.product_id for row in rows if row.product_id]
    found = db.session.scalars(select(Product).where(Product.id.in_(ids)))
    return {product.id: product for product in found}


def _rows(asked: Asked) -> Select[Any]:
    batch_id = whole_number(asked.get("batch"), 1)
    if batch_id is None:
        raise WrongFilter("batch", args=asked)
    return chosen_rows(batch_by_id(batch_id).id, query_word("rows", (*TABS, UNDER_COST), asked))


def _gather(rows: list[BatchRow]) -> list[TouchedProduct]:
    if not rows:
        return []
    field, products = batch_by_id(rows[0].batch_id).field, products_of(rows)
    learn_names(row.left_by for row in rows)
    return [TouchedProduct(row, products.get(row.product_id or 0), field) for row in rows]


def _field(label: Any, name: str) -> Cell:
    return Cell(label, lambda row: getattr(row, name))


def _kept(label: Any, side: Callable[[BatchRow], Mapping[str, Any]]) -> Cell:
    return Cell(label, lambda touched: _written(touched, side(touched.row)))


def _written(touched: TouchedProduct, kept: Mapping[str, Any]) -> Value:
    return file_value(touched.field, kept[touched.field]) if touched.field in kept else None


BATCHES = Listing(
    name="batches",
    label=_l("Batches"),
    endpoint="batches.index",
    rows=lambda _asked: batches(),
    orders=newest_first(ProductBatch.id),
    cells=(
        _field(_l("Batch"), "name"),
        Cell(_l("Change"), lambda batch: change_words(batch.change)),
        Cell(_l("Status"), lambda batch: str(batch.status.label)),
        _field(_l("Products"), "total"),
        _field(lazy_pgettext("products", "Changed"), "changed"),
        Cell(lazy_pgettext("products", "Left alone"), lambda batch: batch.left_alone),
        Cell(lazy_pgettext("products", "Taken back"), lambda batch: batch.undone),
        Cell(_l("Who"), lambda batch: who(batch.asked_by).name),
        _field(_l("When"), "created_at"),
    ),
)
BATCH_ROWS = Listing(
    name="batch-rows",
    label=_l("Products before and after"),
    endpoint="batches.index",
    rows=_rows,
    orders=BY_ROW,
    cells=(
        Cell(_l("SKU"), lambda touched: touched.row.sku),
        Cell(_l("Product"), lambda touched: touched.product.name if touched.product else ""),
        _kept(_l("Before"), lambda row: row.before),
        _kept(_l("After"), lambda row: row.after),
        Cell(_l("Cost"), lambda touched: touched.product.cost if touched.product else None),
        Cell(_l("Outcome"), lambda touched: str(touched.row.outcome.label)),
        Cell(_l("Reason"), lambda touched: reason_words(touched.row)),
    ),
    filters=("batch", "rows"),
    gather=_gather,
    has_page=False,
)
