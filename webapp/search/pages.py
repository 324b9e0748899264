"""The search box of every page."""

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request

from webapp.search import queries
from webapp.staff.access import allow, may

bp = Blueprint("search", __name__)
LONGEST = 100
# A code that may be the one thing meant, by who may open its page; the first that fits wins.
EXACT = (
    (("clerk", "accountant"), queries.exact_sale, "/sales/{}"),
    (("clerk", "accountant"), queries.exact_invoice, "/invoices/{}"),
    (("clerk",), queries.exact_customer, "/customers/{}"),
    (("clerk",), queries.exact_product, "/products/{}"),
)


@bp.get("/search")
@allow("clerk", "accountant")
def page():
    q = request.args.get("q", "").replace("\0", " ").strip()[:LONGEST]
    target = _meant(q) if q else None
    if target:
        return redirect(target, 303)
    groups: dict[str, Sequence[object]] = {}
    if q:
        groups = {"sales": queries.sales_like(q), "invoices": queries.invoices_like(q)}
        if may("clerk"):
            groups |= {"customers": queries.customers_like(q), "products": queries.products_like(q)}
    return render_template(
        "search/page.html", q=q, search_text=q, groups=groups, shown=queries.SHOWN
    )


def _meant(q: str) -> str | None:
    for roles, find, address in EXACT:
        found = find(q) if may(*roles) else None
        if found:
            return address.format(found.id)
    return None
