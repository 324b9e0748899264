"""Pages of sales: each kind has a module of its own."""

from webapp.sale_pages import (
    cancellation_pages,
    delivery_pages,
    details_pages,
    effect_pages,
    form_pages,
    list_pages,
    note_pages,
    order_pages,
    refund_pages,
    return_pages,
    tag_pages,
    why_pages,
)
from webapp.sale_pages.blueprint import bp

__all__ = [
    "bp",
    "cancellation_pages",
    "delivery_pages",
    "details_pages",
    "effect_pages",
    "form_pages",
    "list_pages",
    "note_pages",
    "order_pages",
    "refund_pages",
    "return_pages",
    "tag_pages",
    "why_pages",
]
