"""Questions about bulk acts."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from webapp.bulk.models import BulkAct, BulkOutcome, BulkRow
from webapp.invoices.models import Invoice
from webapp.invoices.queries import ISSUED
from webapp.platform.database import db
from webapp.platform.rows import row_by_id
from webapp.sales.models import Sale

MOST_LEFT = 1000


def bulk_acts() -> Select[Any]:
    return select(BulkAct)


def act_by_id(act_id: int, lock: bool = False) -> BulkAct:
    """Raises NotFound."""
    return row_by_id(BulkAct, act_id, _l("There is no such bulk act."), lock)


def rows_of(act_id: int, outcome: BulkOutcome | None = None) -> Select[Any]:
    query = select(BulkRow).where(BulkRow.act_id == act_id)
    return query if outcome is None else query.where(BulkRow.outcome == outcome)


def next_rows(act: BulkAct, most: int) -> list[BulkRow]:
    """Those whose turn it is."""
    behind = rows_of(act.id).where(BulkRow.place > act.total - act.upto)
    return list(db.session.scalars(behind.order_by(BulkRow.place).limit(most)))


def orders_with(outcome: BulkOutcome, act_id: int, after: int, most: int) -> list[int]:
    """Ids of the orders of an outcome in the list's order, those behind the first `after`."""
    query = rows_of(act_id, outcome).with_only_columns(BulkRow.sale_id).order_by(BulkRow.place)
    return list(db.session.scalars(query.offset(after).limit(most)))


def notes_done(act_id: int) -> Select:
    """Place, access key and nfeProc of the NF-e of the orders that it was done to."""
    query = select(BulkRow.place, Invoice.access_key, Invoice.proc_xml)
    of_sale = (Invoice.sale_id == BulkRow.sale_id) & Invoice.is_present
    done = (BulkRow.act_id == act_id) & (BulkRow.outcome == BulkOutcome.DONE)
    issued = Invoice.status.in_(ISSUED) & Invoice.proc_xml.is_not(None)
    return query.join(Invoice, of_sale).where(done, issued)


def refused_of(act_id: int) -> list[tuple[int, str, str]]:
    """Of the refused orders, the first thousand, each one's id, reference and why."""
    query = select(BulkRow.sale_id, Sale.reference, BulkRow.words)
    query = query.join(Sale, Sale.id == BulkRow.sale_id)
    query = query.where(BulkRow.act_id == act_id, BulkRow.outcome == BulkOutcome.REFUSED)
    rows = db.session.execute(query.order_by(BulkRow.place).limit(MOST_LEFT))
    return [(sale_id, reference, words) for sale_id, reference, words in rows]


def references_of(rows: list[BulkRow]) -> dict[int, str]:
    """By the order's id."""
    query = select(Sale.id, Sale.reference).where(Sale.id.in_([row.sale_id for row in rows]))
    return {sale_id: reference for sale_id, reference in db.session.execute(query)}
