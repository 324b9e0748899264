"""Pages of batches: asked for, looked over, carried out, undone."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext
from sqlalchemy import Select, select

from webapp.audit.history import learn_names
from webapp.batches.asking import (
    Asker,
    apply_batch,
    begin_batch,
    look_over_now,
    undo_batch,
)
from webapp.batches.forms import BatchFormIn, What
from webapp.batches.listing import (
    BATCHES,
    BY_ROW,
    TABS,
    UNDER_COST,
    chosen_rows,
    products_of,
)
from webapp.batches.models import ProductBatch
from webapp.batches.queries import batch_by_id
from webapp.batches.words import change_words, field_words, reason_words, value_words
from webapp.catalog.filters import ProductFilter, ProductView
from webapp.catalog.models import Product
from webapp.catalog.queries import categories, products, suppliers
from webapp.http.forms import Form
from webapp.http.handling import acts, submits
from webapp.http.lists import Tab, bounded_count, count_text, page_of, tabs_of
from webapp.http.query import MOST_ROWS, query_word
from webapp.http.sealing import address
from webapp.platform.clock import utc_now
from webapp.platform.whole import whole_number
from webapp.staff.access import allow
from webapp.store.price_rights import price_rights_of
from webapp.taxation.queries import profile_names

bp = Blueprint("batches", __name__)


@bp.context_processor
def words() -> dict[str, Any]:
    return {
        "change_words": change_words,
        "field_words": field_words,
        "batch_value": value_words,
        "batch_reason": reason_words,
    }


def _asker() -> Asker:
    return Asker(g.identity.actor, price_rights_of(g.identity))


@bp.get("/batches")
@allow("clerk")
def index() -> str:
    page = BATCHES.page(request.args)
    learn_names([batch.asked_by for batch in page.items])
    return render_template("batches/index.html", page=page)


@bp.post("/batches/choice")
@allow("clerk")
def choose() -> ResponseReturnValue:
    """The products that were marked in their list."""
    return redirect(url_for("batches.new", ids=",".join(request.form.getlist("ids"))), 303)


@bp.get("/batches/new")
@allow("clerk")
def new() -> str:
    chosen = {"ids": request.args.get("ids", "")}
    if not chosen["ids"]:
        wanted = ProductFilter.of_address(request.args)
        chosen = {"filter": urlencode(wanted.in_address)}
    return _form_page(Form.filled(chosen | {"what": What.PRICE_PERCENT}))


def _chosen(ids: str, written: str) -> Select:
    """The marked products, or all that fit the list's address. Raises WrongFilter."""
    if ids:
        numbers = [whole_number(each, 1) for each in ids.split(",")[:MOST_ROWS]]
        return select(Product).where(Product.id.in_([each for each in numbers if each]))
    return products(ProductFilter.of_address(dict(parse_qsl(written))))


def _form_page(form: Form) -> str:
    ids, written = form.value("ids"), form.value("filter")
    count = bounded_count(_chosen(ids, written).with_only_columns(Product.id))
    return render_template(
        "batches/new.html",
        form=form,
        count=count_text(count),
        whats=[(what, what.label) for what in What],
        filters=_filter_words(written) if not ids else [],
        back=address(url_for("catalog.index"), dict(parse_qsl(written))),
        categories=categories(),
        suppliers=suppliers(),
        profiles=profile_names(),
    )


def _filter_words(written: str) -> list[str]:
    wanted = ProductFilter.of_address(dict(parse_qsl(written)))
    view = wanted.view if wanted.view is not ProductView.ALL else None
    labels = (
        view and view.label,
        wanted.kind and wanted.kind.label,
        wanted.supplier,
        wanted.category,
        wanted.tax_profile,
        wanted.q and _("“%(words)s”", words=wanted.q),
    )
    return [str(label) for label in labels if label]


@bp.post("/batches")
@allow("clerk")
@submits(BatchFormIn, again=_form_page)
def ask(wanted: BatchFormIn) -> ResponseReturnValue:
    chosen = _chosen(wanted.ids, wanted.filter)
    batch = begin_batch(chosen, wanted.change(), _asker(), wanted.name)
    return _to(look_over_now(batch).id)


def _to(batch_id: int) -> ResponseReturnValue:
    return redirect(url_for("batches.show", batch_id=batch_id), 303)


@bp.get("/batches/<id:batch_id>")
@allow("clerk")
def show(batch_id: int) -> str:
    return render_template("batches/batch.html", **_context(batch_by_id(batch_id)))


@bp.get("/batches/<id:batch_id>/state")
@allow("clerk")
def state(batch_id: int) -> str:
    """The part of the page that moves."""
    return render_template("batches/_batch.html", **_context(batch_by_id(batch_id)))


def _context(batch: ProductBatch) -> dict[str, Any]:
    chosen = query_word("rows", (*TABS, UNDER_COST))
    page = page_of(chosen_rows(batch.id, chosen), BY_ROW)
    learn_names([batch.asked_by, *(row.left_by for row in page.items)])
    return {
        "batch": batch,
        "page": page,
        "products": products_of(page.items),
        "tabs": _tabs(batch, chosen),
        "profiles": profile_names() if batch.field == "tax_profile" else {},
    }


def _tabs(batch: ProductBatch, chosen: str) -> list[dict[str, object]]:
    counts = {
        "": (_("All"), batch.total),
        "changes": (_("Changes"), batch.to_change),
        UNDER_COST: (_("Below cost"), batch.under_cost),
        "same": (_("Stay as they are"), batch.same),
        "left": (pgettext("a row", "Left alone"), batch.left_alone),
    }
    shown = {name: told for name, told in counts.items() if told[1] or name in ("", chosen)}
    tabs = tabs_of(
        [Tab(label, {"rows": name or None}) for name, (label, _count) in shown.items()],
        {"rows": chosen or None},
    )
    for tab, (_label, count) in zip(tabs, shown.values(), strict=True):
        tab["count"] = count
    return tabs


@bp.post("/batches/<id:batch_id>/application")
@allow("clerk")
@acts(back=_to)
def apply(batch_id: int) -> ResponseReturnValue:
    apply_batch(batch_by_id(batch_id, lock=True), _asker())
    return _to(batch_id)


@bp.post("/batches/<id:batch_id>/stop")
@allow("clerk")
@acts(back=_to)
def stop(batch_id: int) -> ResponseReturnValue:
    batch_by_id(batch_id, lock=True).stop(utc_now())
    return _to(batch_id)


@bp.post("/batches/<id:batch_id>/undo")
@allow("clerk")
@acts(back=_to)
def undo(batch_id: int) -> ResponseReturnValue:
    undo_batch(batch_by_id(batch_id, lock=True), _asker())
    flash(_("What the batch wrote goes back, unless it was changed since."), "good")
    return _to(batch_id)
