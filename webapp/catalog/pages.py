"""Pages of products and their stock."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from webapp.catalog.forms import ProductIn, RowIn, StockFormIn
from webapp.catalog.models import Kind, Product, StockMovement
from webapp.catalog.product_edits import (
    StockMoved,
    add_product,
    delete_product,
    edit_product,
    edit_row,
    facts_of,
    set_stock,
)
from webapp.catalog.queries import VIEWS, movements, namesakes, product_by_id, products
from webapp.catalog.words import reason_words
from webapp.http.formatting import with_query
from webapp.http.forms import Form
from webapp.http.handling import refuse_stale, submits
from webapp.http.lists import Order, Tab, newest_first, page_of, tabs_of
from webapp.http.query import query_choice, query_ids, query_word
from webapp.http.toast import with_toast
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.processing import review
from webapp.staff.access import allow
from webapp.store.price_rights import price_rights_of
from webapp.taxation.queries import profile_names

bp = Blueprint("catalog", __name__)

VIEW_LABELS = {
    "all": _l("All"),
    "low": _l("Low stock"),
    "no_ncm": _l("Without NCM"),
    "archived": lazy_pgettext("products", "Archived"),
}
ORDERS = {
    "name": Order((Product.name, Product.id)),
    "price": Order((Product.price, Product.id), down=True),
    "stock": Order((Product.stock_or_less, Product.id)),
}
# What a new product's form begins with.
BLANK = {"kind": Kind.PHYSICAL, "unit": "UN", "origin": "0", "weight_g": 0}


class RowForm(Form):
    """Its stock was counted against the one `seen`: what somebody else saved, or sold, meanwhile is
    shown, and is what was seen from then on."""

    def clashes(self, present: Form) -> dict[str, str]:
        if self.value("stock") == self.value("seen"):
            # Nobody counted: it stays what sales make of it.
            self.raw_input["stock"] = present.raw_input["stock"]
        self.raw_input["seen"] = present.raw_input["seen"]
        return super().clashes(present)

    def refuse(self, refusal: Refusal) -> Form:
        super().refuse(refusal)
        if isinstance(refusal, StockMoved):
            self.raw_input["seen"] = refusal.stock
        return self


@bp.context_processor
def words():
    return {"reason_words": reason_words}


@bp.get("/products")
@allow("clerk")
def index():
    q = request.args.get("q", "")
    view = query_word("view", VIEWS) or "all"
    kind = query_choice("kind", Kind)
    narrowed = bool(q.strip() or kind or view != "all")
    page = page_of(products(q, kind, view), ORDERS, narrowed=narrowed)
    tabs = tabs_of([_tab(name) for name in VIEWS], {"view": view if view != "all" else None})
    return render_template(
        "catalog/index.html",
        page=page,
        q=q,
        view=view,
        kind=kind,
        kinds=Kind,
        tabs=tabs,
        counts=dict(zip(VIEWS, (tab["count"] for tab in tabs), strict=True)),
        with_query=with_query,
    )


def _tab(view: str) -> Tab:
    asked = view if view != "all" else None
    return Tab(
        VIEW_LABELS[view], {"view": asked}, products(view=view).with_only_columns(Product.id)
    )


@bp.get("/products/rows")
@allow("clerk")
def rows():
    found = db.session.scalars(db.select(Product).where(Product.id.in_(query_ids())))
    return render_template("catalog/_rows.html", products=found)


@bp.get("/products/<id:product_id>/row")
@allow("clerk")
def row(product_id: int):
    product = product_by_id(product_id)
    form = _row_form(product) if request.args.get("edit") else None
    return render_template("catalog/_row.html", product=product, form=form)


def _row_again(form: Form, product_id: int):
    return render_template("catalog/_row.html", product=product_by_id(product_id), form=form)


def _present_row(product_id: int) -> Form:
    return _row_form(product_by_id(product_id))


@bp.post("/products/<id:product_id>/row")
@allow("clerk")
@submits(RowIn, again=_row_again, form_class=RowForm, present=_present_row)
def save_row(wanted: RowIn, product_id: int):
    product = product_by_id(product_id)
    refuse_stale(product)
    edit_row(product, wanted, price_rights_of(g.identity))
    saved = _("%(name)s was saved.", name=product.name)
    return with_toast(render_template("catalog/_row.html", product=product, form=None), saved)


def _form_page(form: Form, product_id: int | None = None):
    product = product_by_id(product_id) if product_id else None
    return render_template(
        "catalog/form.html", form=form, product=product, kinds=Kind, tax_profiles=profile_names()
    )


def _present_form(product_id: int) -> Form:
    return _product_form(product_by_id(product_id))


@bp.get("/products/new")
@allow("clerk")
def new():
    return _form_page(Form.filled(BLANK))


@bp.post("/products")
@allow("clerk")
@submits(ProductIn, again=_form_page)
def create(wanted: ProductIn):
    product = add_product(wanted, price_rights_of(g.identity))
    flash(_("%(name)s was added.", name=product.name), "good")
    return _to(product)


def _product_page(form: Form, product_id: int):
    product = product_by_id(product_id)
    return render_template(
        "catalog/product.html",
        product=product,
        form=form,
        page=_ledger(product),
        namesakes=namesakes(product),
        tax_profile=profile_names().get(product.tax_profile),
    )


@bp.get("/products/<id:product_id>")
@allow("clerk")
def show(product_id: int):
    return _product_page(Form(), product_id)


@bp.get("/products/<id:product_id>/edit")
@allow("clerk")
def edit(product_id: int):
    return _form_page(_present_form(product_id), product_id)


@bp.post("/products/<id:product_id>")
@allow("clerk")
@submits(ProductIn, again=_form_page, present=_present_form)
def update(wanted: ProductIn, product_id: int):
    product = product_by_id(product_id)
    refuse_stale(product)
    edit_product(product, wanted, price_rights_of(g.identity))
    flash(_("%(name)s was saved.", name=product.name), "good")
    return _to(product)


@bp.get("/products/<id:product_id>/stock")
@allow("clerk")
def stock(product_id: int):
    product = product_by_id(product_id)
    return render_template("catalog/_stock.html", product=product, page=_ledger(product))


@bp.post("/products/<id:product_id>/stock")
@allow("clerk")
@submits(StockFormIn, again=_product_page)
def change_stock(wanted: StockFormIn, product_id: int):
    product = product_by_id(product_id)
    previous, now = set_stock(product, wanted, wanted.seen)
    text = _(
        "Stock of %(name)s: %(previous)s before, %(now)s now.",
        name=product.name,
        previous=previous,
        now=now,
    )
    flash(text, "good")
    return _to(product)


@bp.post("/products/<id:product_id>/archiving")
@allow("clerk")
def archive(product_id: int):
    product = product_by_id(product_id)
    product.archive()
    text = _(
        "%(name)s is archived. It is not sold any more; its orders stay as they are.",
        name=product.name,
    )
    flash(text, "good")
    return _to(product)


@bp.post("/products/<id:product_id>/unarchiving")
@allow("clerk")
def unarchive(product_id: int):
    product = product_by_id(product_id)
    product.unarchive()
    flash(_("%(name)s is on sale again.", name=product.name), "good")
    return _to(product)


@bp.post("/products/<id:product_id>/price-confirmation")
@allow("manager")
def confirm_price(product_id: int):
    product = product_by_id(product_id)
    review.confirm_price(product)
    flash(_("The price of %(name)s is confirmed.", name=product.name), "good")
    return _to(product)


@bp.post("/products/<id:product_id>/deletion")
@allow("clerk")
def delete(product_id: int):
    product = product_by_id(product_id)
    delete_product(product)
    flash(_("%(name)s was deleted.", name=product.name), "good")
    return redirect(url_for("catalog.index"), 303)


def _to(product: Product):
    db.session.flush()
    return redirect(url_for("catalog.show", product_id=product.id), 303)


def _ledger(product: Product):
    return page_of(movements(product), newest_first(StockMovement.id), limit=20)


def _row_form(product: Product) -> Form:
    return Form.filled(
        {
            "price": product.price,
            "stock": product.stock,
            "seen": product.stock,
            "version": product.version,
        }
    )


def _product_form(product: Product) -> Form:
    values = facts_of(product)
    on_nfe = "" if values["on_nfe"] is None else int(values["on_nfe"])
    return Form.filled(values | {"on_nfe": on_nfe, "version": product.version})
