"""What a person decides about a sale that waits for them: approve its prices, release it, or
return it."""

import datetime as dt
from collections.abc import Collection, Iterable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select

from webapp.audit.models import AuditEntry
from webapp.audit.queries import audit_entries
from webapp.audit.tracking import record
from webapp.catalog.models import Product
from webapp.catalog.queries import products_by_sku
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.invoices.composition import composed
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.invoices.queries import invoice_of
from webapp.messages.queries import held_messages
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.processing.note_progress import note_released, note_returned
from webapp.sales.models import Sale, Status
from webapp.sales.queries import undecided_sales_of
from webapp.store.queries import the_shop
from webapp.taxation.book import the_tax_book

# The field to fix, by the reason for which an NF-e is returned.
RETURN_FIELDS = {
    "address": "address.street",
    "customer": "customer.document",
    "items": "lines",
    "payment": "payment_method",
}
# Of what is kept of a sale's changes: how far it came, and its parcel, no NF-e tells.
TOLD_FACTS = frozenset(Sale.audited) - {
    "status",
    "step",
    "reason_code",
    "paid_at",
    "shipping",
    "tracking_code",
}


class SameEyes(Refusal):
    title = _l("Somebody else has to look at it")


def approve(invoice: Invoice, reviewer: str, own: Collection[int] | None = None) -> bool:
    """A person releases the NF-e, and with it whatever a rule held back; whether it was not so
    before. `own`: the `own_notes` of many that are at hand. Raises Refusal."""
    if invoice.status in (InvoiceStatus.APPROVED, InvoiceStatus.SENDING, InvoiceStatus.AUTHORIZED):
        return False
    if invoice.id in (own_notes(reviewer, [invoice]) if own is None else own):
        raise SameEyes(
            _(
                "You entered or changed this order yourself, and in this shop somebody else "
                "approves its NF-e."
            )
        )
    now = utc_now()
    note_released(invoice, reviewer, now)
    if not invoice.is_return:
        _release_held(invoice.sale, now)
    return True


def own_notes(reviewer: str, invoices: Iterable[Invoice]) -> set[int]:
    """The ids of those that the person may not approve where the shop asks for four eyes: they
    entered the sale, or changed something that its NF-e tells, or entered the return."""
    if not the_shop().four_eyes:
        return set()
    kept = {invoice.id: invoice.sale_id for invoice in invoices}
    notes, sales = (AuditEntry.subject == model.__tablename__ for model in (Invoice, Sale))
    entries = select(AuditEntry.subject, AuditEntry.subject_id, AuditEntry.after).where(
        or_(
            notes & AuditEntry.subject_id.in_(map(str, kept)) & (AuditEntry.action == "created"),
            sales & AuditEntry.subject_id.in_(map(str, kept.values())),
        ),
        AuditEntry.actor == reviewer,
    )
    own = {
        (subject, subject_id)
        for subject, subject_id, after in db.session.execute(entries)
        if subject == Invoice.__tablename__ or TOLD_FACTS.intersection(after)
    }
    return {
        invoice_id
        for invoice_id, sale_id in kept.items()
        if (Invoice.__tablename__, str(invoice_id)) in own
        or (Sale.__tablename__, str(sale_id)) in own
    }


def approve_prices(sale: Sale) -> None:
    """A manager's word for an order below what its clerk may give alone, and so for the catalog's
    prices in it that nobody had confirmed. Said twice, the second changes nothing."""
    if sale.status is Status.CANCELLED:
        raise Refusal(_("This order was cancelled; there is nothing to approve."))
    if not sale.needs_approval:
        if _was_approved(sale):
            return
        raise Refusal(_("This order needs no approval; there is nothing to approve."))
    below = sale.below_catalog
    told = {"prices": ", ".join(below.unconfirmed)} if below.unconfirmed else {}
    record(
        db.session,
        "approved",
        "sales",
        sale.id,
        sale.reference,
        below_catalog=below.percent,
        **told,
    )
    for product in products_by_sku(below.unconfirmed).values():
        if product.price == below.unconfirmed.get(product.sku):
            confirm_price(product)
    sale.approve_prices(utc_now())


def confirm_price(product: Product) -> None:
    """A manager stands for the price of a product, and so do the orders that were entered by it."""
    product.confirm_price()
    now = utc_now()
    for sale in db.session.scalars(undecided_sales_of(product.id)):
        sale.take_confirmed_price(product.id, product.price, now)


def _was_approved(sale: Sale) -> bool:
    approvals = audit_entries(subject="sales", subject_id=str(sale.id), action="approved")
    return db.session.scalar(approvals.limit(1)) is not None


def release(sale: Sale) -> None:
    """A held sale without goods has no NF-e to approve; it is released itself."""
    if sale.status is not Status.REVIEW or invoice_of(sale.id):
        raise Refusal(_("This order is not held."))
    sale.park_in(Status.COMPLETED)
    _release_held(sale, utc_now())


def return_for_correction(invoice: Invoice, reviewer: str, code: str, comment: str) -> None:
    """A person found something to fix; the sale waits for it with their words. Idempotent."""
    if (
        invoice.status is InvoiceStatus.REJECTED
        and invoice.rejection_code == code
        and invoice.comment == comment
    ):
        return
    draft = composed(invoice, the_shop()).draft(the_tax_book())
    note_returned(invoice, reviewer, code, comment, RETURN_FIELDS.get(code), draft)


def _release_held(sale: Sale, now: dt.datetime) -> None:
    slip = db.session.scalar(select(PackingSlip).where(PackingSlip.sale_id == sale.id))
    if slip and not slip.released_at:
        slip.released_at = now
    for message in db.session.scalars(held_messages(sale.id)):
        message.release(now)
