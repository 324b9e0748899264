"""A batch's three ways over its rows, a chunk at a time: looked over, carried out, undone.

Each locks the products by their ids and writes all of a chunk by a few statements. No two of one
kind run at once (webapp.processing.slicing), so what one reads of another's rows is what holds.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import load_only

from webapp.audit.models import AuditEntry
from webapp.audit.tracking import acting_as, because
from webapp.audit.writing import write_all
from webapp.batches.changes import BatchChange, CannotChange, plain, plain_values, unplain
from webapp.batches.models import CHUNK, BatchOutcome, BatchRow, ProductBatch
from webapp.catalog.models import Product
from webapp.platform.database import db
from webapp.taxation.book import tax_book_changed

_READ = (
    Product.id,
    Product.sku,
    Product.price,
    Product.price_confirmed,
    Product.cost,
    Product.stock,
    Product.supplier,
    Product.category,
    Product.ncm,
    Product.tax_profile,
    Product.low_stock,
    Product.archived_at,
    Product.version,
)


class Touch(NamedTuple):
    """Who changed a product, and when."""

    actor: str
    at: dt.datetime


def preview_chunk(batch: ProductBatch, now: dt.datetime) -> None:
    """What would become of the next rows."""
    change, rows = BatchChange.kept_in(batch.change), _next_rows(batch, BatchOutcome.WAITING)
    products = _products_of(rows)
    for row in rows:
        product = products.get(row.product_id)
        _judge(row, product, change, batch, now)
        batch.to_change += row.outcome is BatchOutcome.CHANGE
        batch.same += row.outcome is BatchOutcome.SAME
        batch.refused += row.outcome is BatchOutcome.REFUSED
        if row.outcome is BatchOutcome.CHANGE and product is not None:
            row.under_cost = _is_under_cost(product, row.after)
            batch.under_cost += row.under_cost
    batch.go_on(rows, now)
    write_all(db.session())


def _judge(
    row: BatchRow,
    product: Product | None,
    change: BatchChange,
    batch: ProductBatch,
    now: dt.datetime,
) -> None:
    if product is None:
        row.outcome, row.reason = BatchOutcome.REFUSED, "deleted"
        return
    row.before = plain_values(product, change.field)
    try:
        row.after = _after(product, change, batch, now)
    except CannotChange as refusal:
        row.outcome, row.reason = BatchOutcome.REFUSED, str(refusal)
        return
    same = row.after[change.field] == row.before[change.field]
    row.outcome = BatchOutcome.SAME if same else BatchOutcome.CHANGE


def _after(
    product: Product, change: BatchChange, batch: ProductBatch, now: dt.datetime
) -> dict[str, Any]:
    """Raises CannotChange."""
    value = change.value_for(product, now)
    if change.field != "price":
        return {change.field: plain(value)}
    if value < product.price and not batch.lowers_prices:
        raise CannotChange("may_not_lower")
    return {
        "price": plain(value),
        "price_confirmed": batch.lowers_prices or product.price_confirmed,
    }


def _is_under_cost(product: Product, after: dict[str, Any]) -> bool:
    price = unplain("price", after.get("price"))
    return price is not None and product.cost is not None and price < product.cost


def apply_chunk(batch: ProductBatch, now: dt.datetime) -> None:
    """Changes the next products that are as the preview saw them."""
    change, rows = BatchChange.kept_in(batch.change), _next_rows(batch, BatchOutcome.CHANGE)
    products, between = _products_of(rows), []
    for row in rows:
        product = products.get(row.product_id)
        seen = row.before
        if (
            product is not None
            and plain_values(product, change.field)[change.field] != (seen[change.field])
        ):
            row.outcome, row.reason = BatchOutcome.LEFT, "changed"
            between.append(row)
            continue
        _judge(row, product, change, batch, now)
        if product is not None and row.outcome is BatchOutcome.CHANGE:
            _write(product, row.after)
            row.outcome, row.version = BatchOutcome.APPLIED, product.version + 1
        else:
            row.outcome = BatchOutcome.LEFT
    _name_who(between, batch)
    batch.changed += sum(row.outcome is BatchOutcome.APPLIED for row in rows)
    batch.left += sum(row.outcome is BatchOutcome.LEFT for row in rows)
    _keep(batch, rows, now)


def undo_chunk(batch: ProductBatch, now: dt.datetime) -> None:
    """Gives back what was there before, where what the batch wrote is still there. Where a later
    batch wrote over it, that one is told what to give back instead: undone in any order, all of
    them leave what was there before the first."""
    rows = _next_rows(batch, BatchOutcome.APPLIED)
    products, later = _products_of(rows), _next_writers(rows, batch)
    between = []
    for row in rows:
        product, over = products.get(row.product_id), later.get(row.product_id)
        row.outcome = BatchOutcome.KEPT
        if product is None:
            row.reason = "deleted"
        elif over is not None:
            row.reason = "changed"
            if over.before[batch.field] == row.after[batch.field]:
                row.reason, row.over_id = "written_over", over.batch_id
                over.before = row.before
            between.append(row)
        elif plain_values(product, batch.field)[batch.field] != row.after[batch.field]:
            row.reason = "changed"
            between.append(row)
        elif _lowers(product, row) and not batch.lowers_prices:
            row.reason = "may_not_lower"
        else:
            present = plain_values(product, batch.field)
            back = {
                name: value
                for name, value in row.before.items()
                if present[name] == row.after[name]
            }
            _write(product, back)
            row.outcome, row.reason = BatchOutcome.UNDONE, ""
    _name_who(between, batch)
    batch.undone += sum(row.outcome is BatchOutcome.UNDONE for row in rows)
    batch.kept += sum(row.outcome is BatchOutcome.KEPT for row in rows)
    _keep(batch, rows, now)


def _lowers(product: Product, row: BatchRow) -> bool:
    return "price" in row.before and unplain("price", row.before["price"]) < product.price


def _keep(batch: ProductBatch, rows: list[BatchRow], now: dt.datetime) -> None:
    """The chunk in a few statements, in the name of whoever let the batch do it."""
    told = batch.field == "tax_profile" and bool(rows)
    batch.go_on(rows, now)
    with acting_as(batch.carried_out_by), because(batch.name):
        write_all(db.session())
    if told:
        # Held orders of the products are looked at again.
        tax_book_changed()


def _write(product: Product, values: dict[str, Any]) -> None:
    for name, kept in values.items():
        setattr(product, name, unplain(name, kept))


def _next_rows(batch: ProductBatch, outcome: BatchOutcome) -> list[BatchRow]:
    query = select(BatchRow).where(
        BatchRow.batch_id == batch.id, BatchRow.outcome == outcome, BatchRow.id > batch.cursor
    )
    return list(db.session.scalars(query.order_by(BatchRow.id).limit(CHUNK)))


def _products_of(rows: Sequence[BatchRow]) -> dict[int | None, Product]:
    """By id, locked in that order."""
    ids = [row.product_id for row in rows if row.product_id]
    query = select(Product).where(Product.id.in_(ids)).options(load_only(*_READ))
    locked = query.order_by(Product.id).with_for_update()
    return {product.id: product for product in db.session.scalars(locked)}


def _next_writers(rows: Sequence[BatchRow], batch: ProductBatch) -> dict[int | None, BatchRow]:
    """Of each product the row of the batch that wrote the same column next, and was not taken
    back."""
    versions = {row.product_id: row.version or 0 for row in rows}
    if not versions:
        return {}
    query = (
        select(BatchRow)
        .join(ProductBatch, ProductBatch.id == BatchRow.batch_id)
        .where(
            BatchRow.product_id.in_([each for each in versions if each]),
            BatchRow.version > min(versions.values()),
            # One that told the next what to give back stands between no more.
            BatchRow.outcome.in_((BatchOutcome.APPLIED, BatchOutcome.KEPT)),
            BatchRow.reason != "written_over",
            ProductBatch.id != batch.id,
            ProductBatch.field == batch.field,
        )
    )
    found: dict[int | None, BatchRow] = {}
    for row in db.session.scalars(query.order_by(BatchRow.version)):
        if (row.version or 0) > versions[row.product_id]:
            found.setdefault(row.product_id, row)
    return found


def _name_who(rows: Sequence[BatchRow], batch: ProductBatch) -> None:
    touches = _last_touches([row.product_id for row in rows], batch)
    for row in rows:
        touch = touches.get(str(row.product_id))
        if touch:
            row.left_by, row.left_at = touch


def _last_touches(ids: Iterable[int | None], batch: ProductBatch) -> dict[str, Touch]:
    """Who wrote the batch's column of each product last, since the batch was asked for; by the id
    as the audit keeps it."""
    subjects = [str(each) for each in ids if each]
    if not subjects:
        return {}
    query = select(AuditEntry.subject_id, AuditEntry.actor, AuditEntry.at, AuditEntry.after).where(
        AuditEntry.subject == "products",
        AuditEntry.subject_id.in_(subjects),
        AuditEntry.at >= batch.created_at,
    )
    return {
        subject_id: Touch(actor, at)
        for subject_id, actor, at, after in db.session.execute(query.order_by(AuditEntry.id))
        if batch.field in after
    }
