"""Pages of counts: begun, counted on the shelf with a scanner or a phone, reviewed, taken."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.catalog.codes import product_by_code
from webapp.catalog.models import Product
from webapp.catalog.queries import categories, suppliers
from webapp.counting.entering import begin_count, enter, new_key, remove_line
from webapp.counting.forms import BeginIn, EntryIn, TakingIn
from webapp.counting.listing import COUNT_LINES, COUNTS
from webapp.counting.models import Count, CountStatus, Scope
from webapp.counting.queries import (
    count_by_id,
    moved_by_hand_since,
    products_of,
    shown_lines,
    sums_of,
    uncounted,
)
from webapp.counting.taking import take
from webapp.http.forms import Form
from webapp.http.handling import acts, submits, wants_fragment
from webapp.http.lists import Order, bounded_count, count_text, page_of
from webapp.http.query import MOST_ROWS, query_choice
from webapp.platform.whole import whole_number
from webapp.staff.access import allow

bp = Blueprint("counting", __name__)
BY_NAME = {"name": Order((Product.name, Product.id))}
# A sheet of paper after the other.
ON_A_LIST = 200
BLANK = {"scope": Scope.ALL, "includes_reserved": 1}


@bp.get("/counts")
@allow("clerk")
def index() -> str:
    return _index_page(Form.filled(BLANK))


def _index_page(form: Form) -> str:
    return render_template(
        "counting/index.html",
        page=COUNTS.page(request.args),
        form=form,
        scopes=[scope for scope in Scope if scope is not Scope.MARKED],
        categories=categories(),
        suppliers=suppliers(),
    )


@bp.post("/counts")
@allow("clerk")
@submits(BeginIn, again=_index_page)
def begin(wanted: BeginIn) -> ResponseReturnValue:
    return _to(begin_count(wanted).id)


@bp.post("/counts/marked")
@allow("clerk")
@acts(back=lambda: redirect(url_for("catalog.index"), 303))
def begin_marked() -> ResponseReturnValue:
    """Of the products that were marked in their list."""
    numbers = [whole_number(each, 1) for each in request.form.getlist("ids")[:MOST_ROWS]]
    marked = [each for each in numbers if each]
    return _to(begin_count(BeginIn(scope=Scope.MARKED), marked).id)


@bp.get("/counts/<id:count_id>")
@allow("clerk")
def show(count_id: int) -> str:
    return _count_page(Form.filled({"adds": 0}), count_id)


def _count_page(form: Form, count_id: int) -> str:
    count = count_by_id(count_id)
    context = _lines(count, count.status) | {"form": form, "key": new_key()}
    if count.status is CountStatus.REVIEWED:
        left = uncounted(count).with_only_columns(Product.id)
        context["missing"] = count_text(bounded_count(left))
    return render_template("counting/count.html", **context)


def _lines(count: Count, shown: str) -> dict[str, Any]:
    """`shown`: the status of the count for which the page around them was made."""
    return {
        "count": count,
        "shown": shown,
        "page": page_of(shown_lines(count), COUNT_LINES.orders_of({})),
        "sums": sums_of(count),
        "by_hand": moved_by_hand_since(count) if count.status is CountStatus.REVIEWED else {},
    }


@bp.get("/counts/<id:count_id>/lines")
@allow("clerk")
def lines(count_id: int) -> str:
    shown = query_choice("shown", CountStatus) or CountStatus.OPEN
    return _fragment(Form(), count_id, shown)


def _fragment(form: Form, count_id: int, shown: CountStatus = CountStatus.OPEN) -> str:
    """Of a page on which people count, unless another is told."""
    return render_template(
        "counting/_lines.html", form=form, **_lines(count_by_id(count_id), shown)
    )


def _entry_again(form: Form, count_id: int) -> str:
    """To a scanner the list alone, with why: what is scanned next is being typed already."""
    if wants_fragment():
        return _fragment(form, count_id)
    return _count_page(form, count_id)


@bp.post("/counts/<id:count_id>/entries")
@allow("clerk")
@submits(EntryIn, again=_entry_again)
def add_entry(wanted: EntryIn, count_id: int) -> ResponseReturnValue:
    enter(count_id, product_by_code(wanted.code), wanted)
    return _fragment(Form(), count_id) if wants_fragment() else _to(count_id)


@bp.get("/counts/<id:count_id>/sheet")
@allow("clerk")
def sheet(count_id: int) -> str:
    """A list to print and to write on, without what should be there."""
    count = count_by_id(count_id)
    page = page_of(products_of(count), BY_NAME, limit=ON_A_LIST)
    return render_template("counting/sheet.html", count=count, page=page)


# -- what becomes of it ----------------------------------------------------------------------------


def _to(count_id: int) -> ResponseReturnValue:
    return redirect(url_for("counting.show", count_id=count_id), 303)


@bp.post("/counts/<id:count_id>/review")
@allow("clerk")
@acts(back=_to)
def review(count_id: int) -> ResponseReturnValue:
    count_by_id(count_id, lock=True).review()
    return _to(count_id)


@bp.post("/counts/<id:count_id>/reopening")
@allow("clerk")
@acts(back=_to)
def reopen(count_id: int) -> ResponseReturnValue:
    count_by_id(count_id, lock=True).reopen()
    return _to(count_id)


@bp.post("/counts/<id:count_id>/dropping")
@allow("clerk")
@acts(back=_to)
def drop(count_id: int) -> ResponseReturnValue:
    count_by_id(count_id, lock=True).drop()
    flash(_("The count was dropped; stock is as it was."), "good")
    return redirect(url_for("counting.index"), 303)


@bp.post("/counts/<id:count_id>/lines/<id:product_id>/removal")
@allow("clerk")
@acts(back=lambda count_id, product_id: _to(count_id))
def leave_out(count_id: int, product_id: int) -> ResponseReturnValue:
    remove_line(count_id, product_id)
    return _to(count_id)


@bp.post("/counts/<id:count_id>/taking")
@allow("clerk")
@submits(TakingIn, again=_count_page)
def take_it(wanted: TakingIn, count_id: int) -> ResponseReturnValue:
    take(count_id, wanted.reason)
    flash(_("The differences are in stock."), "good")
    return _to(count_id)
