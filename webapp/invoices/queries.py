"""Invoices by sale, state and month."""

from collections.abc import Sequence

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp.extensions import db
from webapp.formatting import like
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.sales.models import Sale
from webapp.store.queries import the_shop

OPEN = (InvoiceStatus.PENDING, InvoiceStatus.REVIEW, InvoiceStatus.REJECTED)


def invoices(status: str | None = None, q: str = ""):
    """Invoices with their sales; `q` finds by reference, customer, document, number or access key."""
    query = select(Invoice).join(Invoice.sale).options(joinedload(Invoice.sale))
    if status:
        query = query.where(Invoice.status == status)
    if q:
        bare = q.strip().replace(".", "").replace("-", "").replace("/", "")
        if bare.isascii() and bare.isdigit() and len(bare) < 10:
            query = query.where((Invoice.number == int(bare)) | Sale.search_text.like(like(q), escape="\\"))
        elif len(bare) == 44:
            query = query.where(Invoice.access_key == bare)
        else:
            query = query.where(Sale.search_text.like(like(q), escape="\\"))
    return query


def invoice_of(sale_id: int) -> Invoice | None:
    """The sale's present NF-e; an earlier one that was discarded does not count."""
    query = select(Invoice).where(Invoice.sale_id == sale_id, Invoice.status != InvoiceStatus.DISCARDED)
    return db.session.scalar(query.order_by(Invoice.id.desc()).limit(1))


def invoices_of(sale_ids: Sequence[int]) -> dict[int, Invoice]:
    query = select(Invoice).where(Invoice.sale_id.in_(sale_ids), Invoice.status != InvoiceStatus.DISCARDED)
    return {invoice.sale_id: invoice for invoice in db.session.scalars(query.order_by(Invoice.id))}


def pending_invoices_of(sale_ids: Sequence[int]) -> dict[int, Invoice]:
    query = select(Invoice).where(Invoice.sale_id.in_(sale_ids), Invoice.status == InvoiceStatus.PENDING)
    return {invoice.sale_id: invoice for invoice in db.session.scalars(query)}


def review_policy() -> str:
    settings = current_app.extensions["settings"]
    return settings.review_policy if settings.review_policy_from_env else the_shop().review_policy
