"""Tags on the page of an order."""

from flask import render_template, request
from werkzeug.wrappers import Response

from webapp.http.forms import parse
from webapp.http.handling import acts
from webapp.sale_pages.blueprint import bp, to_order
from webapp.sales.forms import TagIn
from webapp.sales.queries import sale_of, tags
from webapp.sales.tagging import tag, untag
from webapp.staff.access import allow


@bp.get("/sales/tags")
@allow("clerk")
def known_tags() -> str:
    return render_template("sales/_known_tags.html", tags=tags())


def _named() -> list[str]:
    return [parse(TagIn, {"name": request.form.get("name", "")}, form=True).name]


@bp.post("/sales/<id:sale_id>/tags")
@allow("clerk")
@acts(back=to_order)
def add_tag(sale_id: int) -> Response:
    tag([sale_of(sale_id)], _named())
    return to_order(sale_id)


@bp.post("/sales/<id:sale_id>/tags/removal")
@allow("clerk")
@acts(back=to_order)
def remove_tag(sale_id: int) -> Response:
    untag([sale_of(sale_id)], _named())
    return to_order(sale_id)
