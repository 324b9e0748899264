"""Pages of products and their stock."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import undefer

from webapp.catalog.filters import LACKING, ProductFilter, ProductView
from webapp.catalog.forms import MAX_OF_PART, CellIn, KitPartIn, ProductIn, RowIn, StockFormIn
from webapp.catalog.kits import kit_with, read_parts, together, why_not_sold
from webapp.catalog.listing import PRODUCTS
from webapp.catalog.models import Kind, Product, StockMovement
from webapp.catalog.product_edits import (
    StockMoved,
    add_product,
    delete_product,
    edit_cell,
    edit_product,
    edit_row,
    facts_of,
    set_stock,
)
from webapp.catalog.queries import (
    categories,
    movements,
    namesakes,
    product_by_id,
    products,
    products_by_sku,
    suppliers,
)
from webapp.catalog.words import reason_words
from webapp.http.formatting import with_query
from webapp.http.forms import Form
from webapp.http.handling import refuse_stale, submits
from webapp.http.lists import Tab, newest_first, page_of, tabs_of
from webapp.http.query import query_ids
from webapp.http.row_forms import RowsForm, rows_of
from webapp.http.sealing import address
from webapp.http.toast import with_toast
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.platform.kept import kept
from webapp.platform.whole import whole_number
from webapp.processing import review
from webapp.staff.access import allow
from webapp.store.price_rights import price_rights_of
from webapp.taxation.queries import profile_names
from webapp.taxation.words import ORIGINS
from webapp.views.entries import list_columns

bp = Blueprint("catalog", __name__)
_COLUMNS = Product.__table__.columns

# What products may lack, in the order of its columns.
CELLS = {
    "ncm": _l("NCM"),
    "gtin": _l("GTIN"),
    "weight_g": _l("Weight (g)"),
    "price": _l("Price"),
    "cost": _l("Cost"),
    "tax_profile": _l("Tax profile"),
}
TABS = (ProductView.ALL, ProductView.LOW, ProductView.LACKS, ProductView.ARCHIVED)
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
    return {"cell_labels": CELLS, "reason_words": reason_words, "drawn_once": _drawn_once}


def _drawn_once(draw: Callable[[Product], Markup], product: Product) -> Markup:
    """Its row of the list, drawn once for all who see it alike, as it is now: in one language and
    without columns of their own. Hundreds of open pages fetch the same row when it changed."""
    if product.is_kit or list_columns("products").more:
        return draw(product)
    facts = vars(product)
    mark = repr([product.reserved, *(facts.get(column.key) for column in _COLUMNS)])
    return kept(("product row", product.id, str(get_locale())), mark, lambda: draw(product))


@bp.get("/products")
@allow("clerk")
def index():
    wanted = ProductFilter.of_address(request.args)
    profiles = profile_names()
    page = PRODUCTS.page(request.args, narrowed=bool(wanted.in_address))
    read_parts(page.items)
    views = TABS + LACKING * wanted.lacks
    tabs = tabs_of([_tab(view) for view in views], _asked(wanted.view))
    counts = {view: tab["count"] for view, tab in zip(views, tabs, strict=True)}
    tabs[TABS.index(ProductView.LACKS)]["active"] = wanted.lacks
    return render_template(
        "catalog/index.html",
        page=page,
        wanted=wanted,
        tabs=tabs[: len(TABS)],
        lacking=tabs[len(TABS) :],
        on=_chosen(wanted, profiles),
        add=_offered(wanted, profiles),
        counts=counts,
        cell_form=_cell_form,
        profiles=profiles,
        together=address(url_for("batches.new"), wanted.in_address),
    )


def _tab(view: ProductView) -> Tab:
    counted = products(ProductFilter(view=view)).with_only_columns(Product.id)
    return Tab(view.label, _asked(view), counted)


def _asked(view: ProductView | None) -> dict[str, str | None]:
    return {"view": None if view is ProductView.ALL else view}


def _chosen(wanted: ProductFilter, profiles: dict[str, str]) -> list[dict[str, Any]]:
    """The filters that hold beside the view, each with the list without it."""
    labels = {
        "kind": wanted.kind and wanted.kind.label,
        "supplier": wanted.supplier,
        "category": wanted.category,
        "tax_profile": profiles.get(wanted.tax_profile, wanted.tax_profile),
    }
    return [
        {"label": label, "href": with_query(**{name: None, "after": None, "before": None})}
        for name, label in labels.items()
        if label
    ]


def _offered(wanted: ProductFilter, profiles: dict[str, str]) -> list[dict[str, Any]]:
    offers: dict[str, tuple[str, dict[str, Any]]] = {
        "kind": (_("Kind"), {kind: kind.label for kind in Kind}),
        "supplier": (_("Supplier"), {name: name for name in suppliers()}),
        "category": (_("Category"), {name: name for name in categories()}),
        "tax_profile": (_("Tax profile"), profiles),
    }
    return [
        {
            "label": label,
            "options": [
                {
                    "label": text,
                    "href": with_query(**{name: value, "after": None, "before": None}),
                    "active": getattr(wanted, name) == value,
                }
                for value, text in offered.items()
            ],
        }
        for name, (label, offered) in offers.items()
        if offered
    ]


def _cell_form(product: Product, name: str) -> Form:
    """As it stands; what is still to be written stands as nothing."""
    text = (
        "" if name in product.missing else Form.filled({name: getattr(product, name)}).value(name)
    )
    return Form.filled({"value": text, "seen": text})


def _cell(product: Product, name: str, form: Form, saved: bool) -> str:
    return render_template(
        "catalog/_cell.html",
        product=product,
        name=name,
        form=form,
        saved=saved,
        profiles=profile_names() if name == "tax_profile" else {},
    )


def _cell_again(form: Form, product_id: int, name: str) -> str:
    told = next(iter(form.errors.values()), form.message)
    form.errors = {"value": told}
    return _cell(product_by_id(product_id), name, form, saved=False)


@bp.post("/products/<id:product_id>/cells/<any(ncm,gtin,weight_g,price,cost,tax_profile):name>")
@allow("clerk")
@submits(CellIn, again=_cell_again)
def save_cell(wanted: CellIn, product_id: int, name: str) -> str:
    """Said twice, it is saved once."""
    product = product_by_id(product_id)
    present = _cell_form(product, name).value("value")
    edit_cell(product, name, wanted, present, price_rights_of(g.identity))
    return _cell(product, name, _cell_form(product, name), saved=True)


@bp.get("/products/rows")
@allow("clerk")
def rows():
    asked = db.select(Product).where(Product.id.in_(query_ids()))
    found = db.session.scalars(asked.options(undefer(Product.reserved))).all()
    read_parts(found)
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


class ProductForm(RowsForm):
    """A product that it names no part of has none."""

    row_parts = {"parts": tuple(KitPartIn.model_fields)}

    def parse(self) -> ProductIn:
        wanted = super().parse()
        return wanted if wanted.parts else wanted.model_copy(update={"parts": []})

    def typed_parts(self) -> list[tuple[Product | None, int]]:
        """What each row names, as far as it can be read already."""
        rows = rows_of(self.raw_input, "parts")
        skus = [str(row.get("sku", "")).strip() for row in rows]
        found = products_by_sku(skus)
        return [
            (found.get(sku), whole_number(str(row.get("quantity", "")), 1, MAX_OF_PART) or 1)
            for sku, row in zip(skus, rows, strict=True)
        ]


def _form_page(form: ProductForm, product_id: int | None = None):
    product, parts = product_by_id(product_id) if product_id else None, form.typed_parts()
    return render_template(
        "catalog/form.html",
        form=form,
        product=product,
        kinds=Kind,
        origins=ORIGINS,
        tax_profiles=profile_names(),
        parts=parts,
        together=together(parts),
        draft_url=url_for("catalog.draft", product_id=product_id),
    )


def _present_form(product_id: int) -> ProductForm:
    return _product_form(product_by_id(product_id))


@bp.get("/products/new")
@allow("clerk")
def new():
    return _form_page(ProductForm.filled(BLANK))


@bp.post("/products/draft")
@bp.post("/products/<id:product_id>/draft")
@allow("clerk")
def draft(product_id: int | None = None):
    """The form with one row of parts more (`do`). Nothing of this writes."""
    form = ProductForm(request.form)
    verb, _colon, name = request.form.get("do", "").partition(":")
    if verb == "add_row":
        form.add_row(name)
    return _form_page(form, product_id)


@bp.post("/products")
@allow("clerk")
@submits(ProductIn, again=_form_page, form_class=ProductForm)
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
        not_sold=why_not_sold(product) if product.is_kit else "",
        kit=kit_with(product),
        origins=ORIGINS,
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
@submits(ProductIn, again=_form_page, form_class=ProductForm, present=_present_form)
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
    if product.is_kit:
        return render_template("catalog/_parts.html", product=product)
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


def _product_form(product: Product) -> ProductForm:
    values = facts_of(product)
    if product.is_kit:
        values["parts"] = [
            {"sku": each.part.sku, "quantity": each.quantity} for each in product.parts
        ]
    on_nfe = "" if values["on_nfe"] is None else int(values["on_nfe"])
    return ProductForm.filled(values | {"on_nfe": on_nfe, "version": product.version})
