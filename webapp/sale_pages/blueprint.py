"""The blueprint that the pages of sales share; `webapp.sales.routes` gathers them."""

from flask import Blueprint

bp = Blueprint("sales", __name__)
