"""Whom or what an exception to a rule is for; the editor then opens with the exception filled
in."""

from flask import request

from webapp.http.handling import page_or_fragment
from webapp.platform.transactions import only_reading
from webapp.rules.core.sentence import rule_name
from webapp.rules.editing.exceptions import grounds_of
from webapp.rules.editing.offers import found
from webapp.rules.pages.blueprint import bp
from webapp.rules.pages.editor import rule_to_edit
from webapp.sales.forms import CHANNELS
from webapp.sales.queries import products_to_sell
from webapp.staff.access import allow


@bp.get("/rules/<code>/exceptions/new")
@allow("manager")
def new_exception(code: str) -> str:
    return _page(code, "")


@bp.post("/rules/<code>/exceptions/customers")
@allow("manager")
def find_excepted(code: str) -> str:
    """Customers to choose from; a POST, so that nobody's name stands in an address."""
    with only_reading():
        return _page(code, request.form.get("customer_search", "")[:100])


def _page(code: str, written: str) -> str:
    rule = rule_to_edit(code)
    return page_or_fragment(
        "rules/exception.html",
        "rules/_excepted.html",
        code=code,
        name=rule_name(rule.rule),
        grounds=grounds_of(rule),
        written=written,
        options=found("customer", written),
        products=products_to_sell(),
        channels=list(CHANNELS.items()),
    )
