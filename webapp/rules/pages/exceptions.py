"""Whom or what an exception to a rule is for; the editor then opens with the exception filled
in."""

from flask import render_template, request

from webapp.platform.transactions import only_reading
from webapp.rules.editing.exceptions import grounds_of
from webapp.rules.editing.form import form_of
from webapp.rules.editing.offers import found
from webapp.rules.pages.blueprint import bp
from webapp.rules.pages.editor import brazilian, rule_asked
from webapp.sales.forms import CHANNELS
from webapp.sales.queries import products_to_sell
from webapp.staff.access import allow


@bp.get("/rules/<code>/exceptions/new")
@allow("manager")
def new_exception(code: str):
    return _page(code, "")


@bp.post("/rules/<code>/exceptions/customers")
@allow("manager")
def find_excepted(code: str):
    """Customers to choose from; a POST, so that nobody's name stands in an address."""
    with only_reading():
        return _page(code, request.form.get("customer_search", "")[:100])


def _page(code: str, written: str):
    raw = rule_asked(code)
    return render_template(
        "rules/_excepted.html" if request.headers.get("HX-Request") else "rules/exception.html",
        code=code,
        name=form_of(raw, brazilian()).shown_name,
        grounds=grounds_of(raw),
        written=written,
        options=found("customer", written),
        products=products_to_sell(),
        channels=list(CHANNELS.items()),
    )
