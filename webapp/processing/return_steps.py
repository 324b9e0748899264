"""The way of a return note beside that of every NF-e: built and checked; and, once it is
authorized, its goods taken in."""

import datetime as dt
from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.fiscal.checks import run_checks
from webapp.invoices.composition import composed
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.invoices.queries import review_policy
from webapp.platform.database import db
from webapp.platform.issues import ERROR
from webapp.processing.claims import Step
from webapp.processing.invoice_steps import WHOLE, SignBatch
from webapp.processing.note_progress import (
    note_approved,
    note_failed,
    note_given_up,
    note_held,
)
from webapp.processing.returns import take_in, take_out
from webapp.processing.signing import SigningDesk, issue_time
from webapp.processing.staff_tasks import open_task
from webapp.sales.models import Sale
from webapp.store.queries import the_shop


class ReturnStep(Step[Invoice, None, SignBatch]):
    """Builds a return note, checks it, and signs it or holds it for a person."""

    model = Invoice
    status = InvoiceStatus.PENDING
    is_stage = True
    write_load = WHOLE

    def load_shared(self, rows: list[Invoice], answers: None) -> SignBatch:
        return SignBatch(the_shop(), SigningDesk(rows))

    def write_row(self, row: Invoice, shared: SignBatch, now: dt.datetime) -> None:
        made, book = composed(row, shared.shop), shared.desk.book
        draft = made.draft(book, issue_time(now))
        issues = run_checks(made.note, draft, book).issues
        row.findings, row.total = [issue.to_json() for issue in issues], made.note.total
        errors = [issue for issue in issues if issue.level == ERROR]
        if errors:
            note_failed(row, errors[0], shared.shop.tax_book_version, draft)
        elif review_policy() == "all":
            note_held(row, [{"rule": "", "reason": "policy"}])
        else:
            note_approved(row, now)
            shared.desk.sign(row, made, draft, now)

    def give_up(self, row: Invoice, error: str) -> None:
        note_given_up(row, error)


class TakeInStep(Step[Invoice, None, None]):
    """The goods of an authorized return: into stock, and refunded."""

    model = Invoice
    status = InvoiceStatus.AUTHORIZED
    write_load = WHOLE

    def lock_before(self, ids: Sequence[int]) -> None:
        _lock_sales(ids)

    def write_row(self, row: Invoice, shared: None, now: dt.datetime) -> None:
        take_in(row, now)
        row.clear_work()

    def give_up(self, row: Invoice, error: str) -> None:
        row.clear_work()
        open_task(row.sale, "return_not_taken_in", number=row.printed_number)


class TakeOutStep(Step[Invoice, None, None]):
    """The goods of a return that was cancelled: out of the stock again."""

    model = Invoice
    status = InvoiceStatus.CANCELLED
    write_load = WHOLE

    def lock_before(self, ids: Sequence[int]) -> None:
        _lock_sales(ids)

    def write_row(self, row: Invoice, shared: None, now: dt.datetime) -> None:
        take_out(row, now)
        row.clear_work()

    def give_up(self, row: Invoice, error: str) -> None:
        row.clear_work()
        number = row.printed_number
        open_task(row.sale, "return_not_taken_out", number=number, items=_("goods"))


def _lock_sales(ids: Sequence[int]) -> None:
    """Those of these invoices, which others lock first."""
    sale_ids = select(Invoice.sale_id).where(Invoice.id.in_(ids))
    sales = select(Sale).where(Sale.id.in_(sale_ids)).order_by(Sale.id)
    db.session.scalars(sales.with_for_update(of=Sale)).all()
