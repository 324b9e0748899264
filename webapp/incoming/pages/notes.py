"""NF-e issued against the shop, and past ones of its own that were imported."""

from decimal import Decimal
from typing import NamedTuple

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import select

from webapp.catalog.models import Product
from webapp.fiscal.foreign import read_items
from webapp.fiscal.reading import Leaves, ReadItem, decimal
from webapp.http.handling import acts
from webapp.http.lists import Order, page_of, status_tab, status_tabs
from webapp.http.query import query_month, query_word
from webapp.incoming.matching import Goods, products_of
from webapp.incoming.models import NOTE_LABELS, IncomingNote
from webapp.incoming.pages.blueprint import bp
from webapp.incoming.queries import VIEWS, events_of, incoming_notes, note_by_id
from webapp.platform.errors import NotFound
from webapp.staff.access import allow
from webapp.taxation.book import the_tax_book

ORDERS = {"when": Order((IncomingNote.issued_at, IncomingNote.id), down=True)}
TABS = {
    "": lazy_pgettext("NF-e", "All"),
    **{str(status): label for status, (label, _tone) in NOTE_LABELS.items()},
    "own": _l("Our own past ones"),
}


@bp.get("/incoming")
@allow("clerk", "accountant")
def index() -> str:
    view, q, month = query_word("status", VIEWS), request.args.get("q", ""), query_month()
    counted = {
        name: select(IncomingNote.id).where(VIEWS[name]) for name in TABS if name not in ("", "own")
    }
    return render_template(
        "incoming/index.html",
        page=page_of(incoming_notes(view, q, month), ORDERS),
        tabs=status_tabs(
            view, *(status_tab(label, name, counted.get(name)) for name, label in TABS.items())
        ),
        view=view,
        q=q,
        month=month,
    )


class NoteLine(NamedTuple):
    """An item of a note, and what it is in the catalog."""

    told: Leaves
    quantity: Decimal
    total: Decimal
    product: Product | None


def _line(item: ReadItem, product: Product | None) -> NoteLine:
    told = item.product
    return NoteLine(told, decimal(told, "qCom"), decimal(told, "vProd"), product)


@bp.get("/incoming/<id:note_id>")
@allow("clerk", "accountant")
def show(note_id: int) -> str:
    note = note_by_id(note_id)
    items = _items(note)
    goods = [Goods.of(item) for item in items]
    products = products_of(set(goods))
    return render_template(
        "incoming/note.html",
        note=note,
        lines=[_line(item, products.get(each)) for item, each in zip(items, goods, strict=True)],
        events=events_of(note),
    )


def _items(note: IncomingNote) -> list[ReadItem]:
    return read_items(note.content, the_tax_book()) if note.content else []


@bp.get("/incoming/<id:note_id>/xml")
@allow("clerk", "accountant")
def xml(note_id: int) -> Response:
    note = note_by_id(note_id)
    if note.content is None:
        raise NotFound(_("Only a summary of this note is here."))
    answer = Response(note.content, mimetype="application/xml")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{note.access_key}.xml")
    return answer


def _to(note_id: int) -> ResponseReturnValue:
    return redirect(url_for("incoming.show", note_id=note_id), 303)


@bp.post("/incoming/<id:note_id>/knowledge")
@allow("clerk")
@acts(back=_to)
def know(note_id: int) -> ResponseReturnValue:
    note_by_id(note_id, lock=True).know()
    flash(_("The note is known now."), "good")
    return _to(note_id)
