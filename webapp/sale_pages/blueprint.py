"""The blueprint that the pages of sales share; `webapp.sale_pages.pages` gathers them."""

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

bp = Blueprint("sales", __name__)


def to_order(sale_id: int, **_values: object) -> Response:
    return redirect(url_for("sales.page", sale_id=sale_id), 303)
