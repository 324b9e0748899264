"""Pages of NF-e: each kind has a module of its own."""

from webapp.invoice_pages import (
    bulk_pages,
    decision_pages,
    event_pages,
    list_pages,
    mail_pages,
    note_pages,
    print_pages,
)
from webapp.invoice_pages.blueprint import bp

__all__ = [
    "bp",
    "bulk_pages",
    "decision_pages",
    "event_pages",
    "list_pages",
    "mail_pages",
    "note_pages",
    "print_pages",
]
