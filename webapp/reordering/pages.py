"""The page of what is low and what to order, and who is told of it each day."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.catalog.queries import suppliers
from webapp.http.formatting import with_query
from webapp.http.forms import Form, parse
from webapp.http.handling import submits
from webapp.reordering.forms import LettersIn, ReorderSettingsIn
from webapp.reordering.listing import REORDER
from webapp.reordering.queries import LOOKED_BACK, reorders, worth
from webapp.staff.access import allow
from webapp.store.queries import the_shop

bp = Blueprint("reordering", __name__)


@bp.get("/products/reorder")
@allow("clerk")
def page() -> str:
    return _page(Form.filled({"reorder_days": the_shop().reorder_days}))


def _page(form: Form) -> str:
    supplier, days = request.args.get("supplier", "").strip(), the_shop().reorder_days
    found = REORDER.page(request.args)
    rows = reorders(found.items, days)
    offered = [
        {"label": name, "href": with_query(supplier=name, after=None, before=None)}
        for name in suppliers()
    ]
    return render_template(
        "reordering/page.html",
        page=found,
        rows=rows,
        worth=worth(rows),
        days=days,
        looked_back=LOOKED_BACK,
        supplier=supplier,
        suppliers=offered,
        by_supplier=found.sorting is not None and found.sorting.name == "supplier",
        form=form,
        with_query=with_query,
    )


def _to_page() -> ResponseReturnValue:
    return redirect(url_for("reordering.page"), 303)


@bp.post("/products/reorder/settings")
@allow("manager")
@submits(ReorderSettingsIn, again=_page)
def set_days(wanted: ReorderSettingsIn) -> ResponseReturnValue:
    the_shop().reorder_days = wanted.reorder_days
    flash(_("That was saved."), "good")
    return _to_page()


@bp.post("/products/reorder/letters")
@allow("manager")
def want_letters() -> ResponseReturnValue:
    """Whether the person is told each day of what is low."""
    wanted = parse(LettersIn, {"wanted": request.form.get("wanted", "")}, form=True)
    g.identity.user.low_stock_mail = wanted.wanted
    flash(_("That was saved."), "good")
    return _to_page()
