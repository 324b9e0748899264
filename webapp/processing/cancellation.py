"""A sale is called off, whatever state it is in: its stock comes back and its effects are
reversed."""

import datetime as dt

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.fulfilment.tasks.models import Task
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.messages.queries import messages_of_sale
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.processing.effects.reversal import CANCELLED
from webapp.processing.note_events import cancel_note, cancellation_window, has_returns
from webapp.processing.note_progress import note_cancelled
from webapp.processing.reversing import reverse
from webapp.processing.staff_tasks import note_task
from webapp.sales.models import Sale, Status
from webapp.sales.placing import cancel_open, give_back
from webapp.sales.queries import sale_of


def sale_to_undo(sale_id: int) -> Sale:
    """The sale, locked: two who undo it, and the workers, take turns. Raises NotFound."""
    return sale_of(sale_id, lock=True)


def invoice_to_undo(sale: Sale) -> Invoice | None:
    """Its NF-e, locked. Raises Refusal while SEFAZ has not answered: nobody knows yet whether there
    is one."""
    query = select(Invoice).where(Invoice.sale_id == sale.id, Invoice.is_present)
    query = query.order_by(Invoice.id.desc()).limit(1).with_for_update(of=Invoice)
    invoice = db.session.scalar(query.execution_options(populate_existing=True))
    if invoice:
        invoice.refuse_unanswered()
    return invoice


def cancel(sale: Sale, reason: str) -> None:
    """Calls the sale off; said twice, the second changes nothing. The caller holds the sale's lock
    and commits.

    Its NF-e, if it is authorized, is cancelled at the authority as well while that takes it as a
    matter of course; else a task asks a person for a late cancellation, or for a return note.
    """
    if sale.status in (Status.OPEN, Status.CANCELLED):
        cancel_open(sale, reason)
        return
    invoice, now = invoice_to_undo(sale), utc_now()
    messages = db.session.scalars(messages_of_sale(sale.id).with_for_update()).all()
    units = {line.position: line.left for line in sale.lines}
    reverse(sale, CANCELLED, now, units)
    for message in messages:
        message.cancel()
    if not sale.has_shipped:
        give_back(sale, reason, units)
    if invoice:
        _undo_issued(sale, invoice, now, any(units.values()), reason)
    note_cancelled(invoice, sale)


def _undo_issued(
    sale: Sale, invoice: Invoice, now: dt.datetime, units_left: bool, reason: str
) -> None:
    """What becomes of a note that is out. `units_left`: some were not refunded before, so that no
    return note is asked for them yet."""
    if invoice.status is not InvoiceStatus.AUTHORIZED:
        return
    window = cancellation_window(invoice)
    if not sale.has_shipped and not window.is_over(now) and not has_returns(sale):
        # A note that is cancelled needs no return note for what was refunded before.
        for task in db.session.scalars(
            select(Task)
            .where(Task.sale_id == sale.id, Task.code == "return_note")
            .with_for_update()
        ):
            task.complete(_("order cancelled"), now)
        if window.is_open(now):
            cancel_note(sale, invoice, f"Pedido {sale.reference} cancelado: {reason}")
        else:
            note_task(sale, "cancel_nfe", invoice)
    elif units_left:
        note_task(sale, "return_note", invoice)
