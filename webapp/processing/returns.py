"""Goods of an authorized NF-e come back: a person asks for the return note; once that is authorized
the goods are in stock and what was paid for them is refunded.

Of each line there are units that were refunded and units that returns took back. A return takes
back those first that were refunded before it: they are not refunded again and, where their stock
came back with the refund or was put back by hand, not put into stock again.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from webapp.audit.tracking import actor
from webapp.catalog.models import OutOfStock, StockMovement, move_stock
from webapp.customers.models import Taxpayer
from webapp.fulfilment.tasks.models import Task
from webapp.invoices.models import Invoice, InvoiceStatus, Purpose
from webapp.invoices.queries import invoice_of, pending_cancellation, returns_of
from webapp.invoices.returned_goods import (
    ReturnableLine,
    items_of,
    owes_return,
    returnable,
    row_of,
)
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.platform.money import ZERO
from webapp.processing.cancellation import note_task
from webapp.processing.forms import GoodsReturnIn
from webapp.processing.note_progress import return_dropped
from webapp.processing.refunds import give_units_back
from webapp.processing.staff_tasks import open_task
from webapp.rules.queries import decision_of
from webapp.sales.idempotency import CallKey, KeyReused
from webapp.sales.models import Sale, Status
from webapp.sales.units import Units, by_product, units_of
from webapp.store.queries import the_shop

TO_COME_BACK, RETURN_NOTE = "goods_to_come_back", "return_note"


# -- a person asks ---------------------------------------------------------------------------------


def return_goods(sale: Sale, wanted: GoodsReturnIn, key: str) -> Invoice:
    """The return note that `key` made or makes; from here on it goes its way as every NF-e does.

    The caller holds the sale's lock and commits. Raises Invalid, naming the line, for what is not
    on the NF-e or more than is left of it, and Refusal where no return can be made.
    """
    call, returns = CallKey.of(f"return:{sale.id}", key, wanted), returns_of(sale.id)
    made = _made_by(call, returns)
    if made is not None:
        return made
    origin = origin_of(sale)
    _refuse_of_contributor(sale, wanted)
    lines = _named(sale, wanted, returnable(sale, origin, returns))
    invoice = Invoice(
        sale=sale,
        purpose=Purpose.RETURN,
        origin=origin,
        # Told by the audit's entry, which is made ahead of the row.
        origin_id=origin.id,
        status=InvoiceStatus.PENDING,
        total=ZERO,
        returned={
            "lines": [row_of(line, units) for line, units in lines],
            "cause": str(wanted.cause),
            "reason": wanted.reason,
            "by": actor(),
            "key": call.key,
            "body": call.body_hash,
        },
    )
    items, _taxes = items_of(invoice, the_shop())
    invoice.total = sum((item.total for item in items), ZERO)
    invoice.owe(utc_now())
    db.session.add(invoice)
    sale.updated_at = utc_now()
    return invoice


def _made_by(call: CallKey, returns: Iterable[Invoice]) -> Invoice | None:
    for each in returns:
        told = each.returned or {}
        if told.get("key") == call.key:
            if told["body"] != call.body_hash:
                raise KeyReused(_("This Idempotency-Key was used before, with another body."))
            return each
    return None


def origin_of(sale: Sale) -> Invoice:
    """The NF-e that a return of the sale takes back. Raises Refusal where there is none yet, or
    where no note of ours takes it back."""
    origin = invoice_of(sale.id)
    if origin is None or origin.status is not InvoiceStatus.AUTHORIZED:
        raise Refusal(
            _(
                "Goods come back with a return note once the order's NF-e is authorized, and it is "
                "not. Refund the items, or cancel the order."
            )
        )
    if sale.country != "BR":
        raise Refusal(
            _(
                "Goods that come back from abroad are an import and need its declaration (DI): "
                "the accountant makes that note."
            )
        )
    if origin.was_test:
        raise Refusal(_("This NF-e was issued for tests; the shop issues in production by now."))
    if pending_cancellation(origin.id):
        raise Refusal(_("SEFAZ was asked to cancel this order's NF-e. Wait for its answer."))
    return origin


def _refuse_of_contributor(sale: Sale, wanted: GoodsReturnIn) -> None:
    if sale.customer_taxpayer is Taxpayer.CONTRIBUTOR and not wanted.cause.is_at_the_door:
        raise Refusal(
            _(
                "This buyer pays ICMS and gives goods back with a return note of its own: ask for "
                "that. The shop makes the note only for what was refused at the door or not "
                "delivered."
            )
        )


def _named(
    sale: Sale, wanted: GoodsReturnIn, lines: list[ReturnableLine]
) -> list[tuple[ReturnableLine, int]]:
    """The lines asked for, with their units. Raises Invalid."""
    on_note = {line.line.position: line for line in lines}
    sold = {line.position for line in sale.lines}
    named: dict[int, tuple[ReturnableLine, int]] = {}
    errors = []
    for index, asked in enumerate(wanted.lines):
        position, units = asked.line, asked.quantity
        line, field = on_note.get(position), f"lines.{index}.line"
        if position not in sold:
            text = _("This order has no line %(line)s.", line=position)
        elif line is None:
            text = _(
                "Line %(line)s is not on the NF-e: it is given back by a refund alone.",
                line=position,
            )
        elif position in named:
            text = _("Line %(line)s is named twice.", line=position)
        elif units > line.left:
            field = f"lines.{index}.quantity"
            text = _("Only %(left)s of this line are left to return.", left=line.left)
        else:
            named[position] = line, units
            continue
        errors.append(FieldError(field, text))
    if errors:
        raise Invalid(errors)
    return list(named.values())


def drop_return(invoice: Invoice) -> None:
    """A return that is not out is given up; its units may be returned with another. Idempotent.
    Raises Refusal where it is on its way or out."""
    if not invoice.is_return:
        raise Refusal(_("This NF-e is no return."))
    if invoice.status is not InvoiceStatus.DISCARDED:
        return_dropped(invoice)
        invoice.sale.updated_at = utc_now()


# -- the authority took it, or cancelled it --------------------------------------------------------


def take_in(invoice: Invoice, now: dt.datetime) -> None:
    """The goods of an authorized return are back: in stock, and refunded as far as they were not.
    The caller holds the locks of sale and invoice and commits."""
    sale, origin = invoice.sale, invoice.origin
    assert origin is not None and invoice.returned is not None, "a return has both"
    took = [each for each in returns_of(sale.id) if each.status is InvoiceStatus.AUTHORIZED]
    lines = returnable(sale, origin, took)
    reason = _("return note %(number)s", number=invoice.printed_number)
    _refund(sale, lines, reason, invoice.returned["by"])
    _restock(invoice, lines, reason)
    _settle(sale, lines, reason, now)
    _ask_for_gifts(sale, origin, lines)
    sale.updated_at = now


def take_out(invoice: Invoice, now: dt.datetime) -> None:
    """A return was cancelled: what it had put into stock leaves it again, and its units may be
    returned with another note. What was refunded stays so, and a return note is owed for that. The
    caller holds the locks of sale and invoice and commits."""
    sale, origin = invoice.sale, invoice.origin
    assert origin is not None and invoice.returned is not None, "a return has both"
    skus = {units.product_id: units.sku for line in sale.lines for units in units_of(line)}
    reason = _("return note %(number)s cancelled", number=invoice.printed_number)
    gone = []
    for product_id, units in invoice.returned.get("restocked", []):
        sku = skus[product_id]
        try:
            with db.session.begin_nested():
                move_stock(db.session, product_id, sku, -units, reason, sale)
        except OutOfStock:
            gone.append(f"{units} × {sku}")
    invoice.returned = invoice.returned | {"restocked": []}
    if gone:
        items = ", ".join(gone)
        open_task(sale, "return_not_taken_out", number=invoice.printed_number, items=items)
    asked = any(task.done_at is None for task in _tasks(sale, RETURN_NOTE))
    if not asked and owes_return(sale, origin):
        note_task(sale, RETURN_NOTE, origin)
    sale.updated_at = now


def _refund(sale: Sale, lines: list[ReturnableLine], reason: str, by: str) -> None:
    """A cancelled sale was reversed as a whole."""
    if sale.status is Status.CANCELLED or not decision_of(sale.id, "paid"):
        return
    units = [(each.line, each.accounted - each.line.refunded) for each in lines]
    named = [(line, more) for line, more in units if more > 0]
    if named:
        give_units_back(sale, named, reason, by, here=True)


def _restock(invoice: Invoice, lines: list[ReturnableLine], reason: str) -> None:
    """So many units of each product as came back in all, less those that are in stock already."""
    sale = invoice.sale
    back, by_hand = _back_by_product(sale), _put_back_by_hand(sale)
    wanted = Counter[int]()
    on_note = {each.line.position: each for each in lines}
    products: dict[int, Units] = {}
    for line in sale.lines:
        if line.is_on_note:
            each = on_note.get(line.position)
            accounted = each.accounted if each else line.refunded
            for part in units_of(line, accounted - by_hand[line.position]):
                wanted[part.product_id] += part.many
                products[part.product_id] = part
    put = []
    for product_id, part in sorted(products.items()):
        units = wanted[product_id] - back[product_id]
        if units > 0:
            move_stock(db.session, product_id, part.sku, units, part.reason(reason), sale)
            put.append([product_id, units])
    assert invoice.returned is not None
    invoice.returned = invoice.returned | {"restocked": put}


def _back_by_product(sale: Sale) -> Counter[int]:
    """Units that the sale took and that went back into stock since, by whatever way."""
    db.session.flush()
    moved = select(StockMovement.product_id, func.sum(StockMovement.change))
    moved = moved.where(StockMovement.sale_id == sale.id).group_by(StockMovement.product_id)
    units = by_product(sale.lines)
    for product_id, change in db.session.execute(moved):
        units[product_id] += change
    return units


def _put_back_by_hand(sale: Sale) -> Counter[int]:
    """By line: what a person was asked to put into stock once it is here, and said they did."""
    units = Counter[int]()
    for task in _tasks(sale, TO_COME_BACK):
        if task.done_at and not task.params.get("returned") and task.effect:
            for item in task.effect.params["items"]:
                units[item["line"]] += item["quantity"]
    return units


def _settle(sale: Sale, lines: list[ReturnableLine], outcome: str, now: dt.datetime) -> None:
    """What staff were asked for and the return has answered."""
    owed = {each.line.position for each in lines if each.owed}
    for task in _tasks(sale, RETURN_NOTE, TO_COME_BACK):
        if task.done_at:
            continue
        waits = owed & _lines_of(task) if task.code == TO_COME_BACK else owed
        if not waits:
            task.params = task.params | {"returned": True}
            task.complete(outcome, now)


def _ask_for_gifts(sale: Sale, origin: Invoice, lines: list[ReturnableLine]) -> None:
    """Of what was given back with the goods, and is on no return, one is asked for."""
    asked = any(task.done_at is None for task in _tasks(sale, RETURN_NOTE))
    if not asked and any(each.owed for each in lines):
        note_task(sale, RETURN_NOTE, origin)


def _lines_of(task: Task) -> set[int]:
    items: list[dict[str, Any]] = task.effect.params["items"] if task.effect else []
    return {item["line"] for item in items}


def _tasks(sale: Sale, *codes: str) -> list[Task]:
    query = select(Task).where(Task.sale_id == sale.id, Task.code.in_(codes)).order_by(Task.id)
    return list(db.session.scalars(query.with_for_update(of=Task)))
