"""The blueprint that the pages of views and exports share, and what every list has of them."""

from flask import Blueprint

from webapp.views.entries import list_columns, list_tools

bp = Blueprint("views", __name__)
bp.add_app_template_global(list_tools)
bp.add_app_template_global(list_columns)
