"""The blueprint that the pages of NF-e share; `webapp.invoice_pages.pages` gathers them."""

from flask import Blueprint

bp = Blueprint("invoices", __name__)
