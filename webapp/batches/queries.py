"""Questions about batches."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from webapp.batches.models import LEFT_ALONE, BatchOutcome, BatchRow, ProductBatch
from webapp.platform.database import db
from webapp.platform.rows import row_by_id

# That one answer of the API names.
MOST_LEFT = 10_000


def batches() -> Select:
    return select(ProductBatch)


def batch_by_id(batch_id: int, lock: bool = False) -> ProductBatch:
    """Raises NotFound."""
    return row_by_id(ProductBatch, batch_id, _l("There is no such batch."), lock)


def rows_of(
    batch_id: int, outcomes: tuple[BatchOutcome, ...] = (), under_cost: bool = False
) -> Select:
    query = select(BatchRow).where(BatchRow.batch_id == batch_id)
    if under_cost:
        query = query.where(BatchRow.under_cost)
    return query.where(BatchRow.outcome.in_(outcomes)) if outcomes else query


def rows_left_alone(batch_id: int) -> list[BatchRow]:
    query = rows_of(batch_id, LEFT_ALONE).order_by(BatchRow.id).limit(MOST_LEFT)
    return list(db.session.scalars(query))
