"""Some units of a paid sale are given back: their stock comes back, and their share of every effect
is reversed."""

import hashlib
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import func, select

from webapp.audit.tracking import actor
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.invoices.returned_goods import owes_return
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.platform.money import ZERO
from webapp.processing.cancellation import invoice_to_undo
from webapp.processing.effects.reversal import refund_event
from webapp.processing.forms import RefundIn
from webapp.processing.note_progress import note_dropped, note_rebuilt
from webapp.processing.reversing import reverse
from webapp.processing.staff_tasks import note_task
from webapp.processing.triggers import note_refunded
from webapp.rules.queries import decision_of
from webapp.sales.idempotency import CallKey
from webapp.sales.models import Refund, Sale, SaleLine, Status
from webapp.sales.placing import give_back


def key_of(scope: str, key: str) -> str:
    """A refund's key as it is kept: one person's or program's does not meet another's."""
    return hashlib.sha256(f"{scope}:{key}".encode()).hexdigest()


def refund(sale: Sale, wanted: RefundIn, key: str) -> Refund | None:
    """The refund that `key` made or makes; None when nothing of the lines named is left to give
    back.

    The caller holds the sale's lock and commits. The freight is not given back. Raises Invalid,
    naming the line, for more than is left, and Refusal when the sale cannot be refunded now.
    """
    call = CallKey.of(f"refund:{sale.id}", key, wanted)
    refund_id = call.refund_made()
    if refund_id is not None:
        return db.session.get_one(Refund, refund_id)
    _refuse(sale)
    named = _named(sale, wanted)
    if not any(line.left for line, _units in named):
        return None
    _refuse_too_many(named)
    invoice = invoice_to_undo(sale)
    made = give_units_back(sale, named, wanted.reason, actor())
    call.keep(sale, made)
    if invoice:
        _adjust(sale, invoice)
    return made


def give_units_back(
    sale: Sale, named: list[tuple[SaleLine, int]], reason: str, by: str, here: bool = False
) -> Refund:
    """Refunds units of lines, of which no more are named than are left. `here`: they have come back
    already."""
    now = utc_now()
    number = 1 + (
        db.session.scalar(select(func.max(Refund.number)).where(Refund.sale_id == sale.id)) or 0
    )
    made = Refund(
        sale_id=sale.id,
        number=number,
        lines=[{"line": line.position, "quantity": units} for line, units in named],
        amount=_count_back(named),
        reason=reason,
        refunded_by=by,
        sale=sale,
    )
    sale.refunded_amount += made.amount
    db.session.add(made)
    db.session.flush()
    asked_for = {line.position: units for line, units in named}
    back = reverse(sale, refund_event(number), now, asked_for, asked_for if here else {})
    if not sale.has_shipped:
        give_back(sale, reason, back)
    note_refunded(sale, made)
    # Told to open pages and to those who ask for what changed since.
    sale.updated_at = now
    return made


def _refuse(sale: Sale) -> None:
    if sale.status is Status.CANCELLED:
        raise Refusal(_("This order was cancelled: all of it is reversed already."))
    if not sale.paid_at:
        raise Refusal(_("This order is not paid: there is nothing to give back."))
    if not decision_of(sale.id, "paid"):
        raise Refusal(
            _("The rules were not applied to this order yet. Wait for them, or cancel the order.")
        )


def _named(sale: Sale, wanted: RefundIn) -> list[tuple[SaleLine, int]]:
    """The lines asked for, with their units. Raises Invalid for one that is not there or comes
    twice."""
    lines = {line.position: line for line in sale.lines}
    named: dict[int, tuple[SaleLine, int]] = {}
    errors = []
    for index, (number, units) in enumerate((line.line, line.quantity) for line in wanted.lines):
        field = f"lines.{index}.line"
        if number not in lines:
            errors.append(FieldError(field, _("This order has no line %(line)s.", line=number)))
        elif number in named:
            errors.append(FieldError(field, _("Line %(line)s is named twice.", line=number)))
        else:
            named[number] = (lines[number], units)
    if errors:
        raise Invalid(errors)
    return list(named.values())


def _refuse_too_many(named: list[tuple[SaleLine, int]]) -> None:
    errors = [
        FieldError(
            f"lines.{index}.quantity",
            _("Only %(left)s of this line are left to refund.", left=line.left),
        )
        for index, (line, units) in enumerate(named)
        if units > line.left
    ]
    if errors:
        raise Invalid(errors)


def _count_back(named: list[tuple[SaleLine, int]]) -> Decimal:
    """Counts the units as refunded; what the buyer paid for them, so that a line's refunds add up
    to its total."""
    amount = ZERO
    for line, units in named:
        left = line.total_left
        line.refunded += units
        amount += left - line.total_left
    return amount


def _adjust(sale: Sale, invoice: Invoice) -> None:
    """A note that is out needs a return note; one that is not is made of what is left, or not at
    all."""
    if invoice.status is InvoiceStatus.AUTHORIZED:
        if owes_return(sale, invoice):
            note_task(sale, "return_note", invoice)
    elif invoice.is_issued:
        return
    elif not sale.owes_note:
        note_dropped(invoice)
    elif invoice.status is InvoiceStatus.REVIEW:
        note_rebuilt(invoice, Status.INVOICE, utc_now())
    else:
        invoice.total = sale.note_total
