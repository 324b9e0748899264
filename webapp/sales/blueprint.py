"""The blueprint that the pages of sales share; `webapp.sales.routes` gathers them."""

from flask import Blueprint, current_app

bp = Blueprint("sales", __name__)


@bp.context_processor
def endpoints():
    return {"has_endpoint": lambda name: name in current_app.view_functions}
