"""Pages of sales: each kind has a module of its own."""

from webapp.sale_pages import form_pages, list_pages, order_pages, why_pages
from webapp.sale_pages.blueprint import bp

__all__ = ["bp", "form_pages", "list_pages", "order_pages", "why_pages"]
