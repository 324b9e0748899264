"""JSON calls of this feature."""

from webapp.api import api_blueprint

bp = api_blueprint("invoices")
