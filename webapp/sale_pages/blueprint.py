"""The blueprint that the pages of sales share; `webapp.sale_pages.pages` gathers them."""

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from webapp.invoices.waiting import waits_for_authority

bp = Blueprint("sales", __name__)


@bp.context_processor
def shared() -> dict[str, object]:
    return {"waits_for_authority": waits_for_authority}


def to_order(sale_id: int, **_values: object) -> Response:
    return redirect(url_for("sales.page", sale_id=sale_id), 303)
