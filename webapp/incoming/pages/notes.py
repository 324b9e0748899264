"""NF-e issued against the shop, and past ones of its own that were imported."""

from typing import Any

from flask import Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext, ngettext
from sqlalchemy import select

from webapp.http.forms import Form
from webapp.http.handling import acts, submits
from webapp.http.lists import status_tab, status_tabs
from webapp.http.query import query_month, query_word
from webapp.incoming.forms import InboxIn, ManifestationIn, StockEntryIn
from webapp.incoming.inbox import switch_inbox
from webapp.incoming.listing import INCOMING
from webapp.incoming.manifesting import ask_manifestation, deadline
from webapp.incoming.models import IncomingNote, NoteStatus, Stance
from webapp.incoming.pages.blueprint import bp
from webapp.incoming.queries import (
    VIEWS,
    events_of,
    manifestations_of,
    note_by_id,
    the_inbox,
)
from webapp.incoming.stock_entry import entry_lines, stocked_lines, take_into_stock
from webapp.platform.clock import utc_now
from webapp.platform.errors import NotFound
from webapp.staff.access import allow

TABS = {
    "": lazy_pgettext("NF-e", "All"),
    "unknown": lazy_pgettext("several NF-e", "Unknown to us"),
    "known": lazy_pgettext("several NF-e", "Known"),
    "stocked": _l("In stock"),
    "disowned": lazy_pgettext("several NF-e", "Disowned"),
    "cancelled": lazy_pgettext("several NF-e", "Cancelled"),
    "own": _l("Our own past ones"),
}
UNCOUNTED = ("", "own")
MAY_BE_STOCKED = (NoteStatus.UNKNOWN, NoteStatus.KNOWN, NoteStatus.DISOWNED)
# What a person tells; awareness goes out by itself.
TOLD_BY_PEOPLE = (Stance.CONFIRMATION, Stance.NOT_CARRIED_OUT, Stance.DISOWNING)


@bp.get("/incoming")
@allow("clerk", "accountant")
def index() -> str:
    view, q, month = query_word("status", VIEWS), request.args.get("q", ""), query_month()
    counted = {
        name: select(IncomingNote.id).where(VIEWS[name]) for name in TABS if name not in UNCOUNTED
    }
    return render_template(
        "incoming/index.html",
        page=INCOMING.page(request.args),
        tabs=status_tabs(
            view, *(status_tab(label, name, counted.get(name)) for name, label in TABS.items())
        ),
        view=view,
        q=q,
        month=month,
        inbox=the_inbox(),
    )


@bp.post("/incoming/inbox")
@allow("manager")
@acts(back=lambda: redirect(url_for("incoming.index"), 303))
def switch() -> ResponseReturnValue:
    wanted = Form(request.form, InboxIn).parse()
    switch_inbox(wanted.open)
    flash(_("Incoming NF-e are fetched.") if wanted.open else _("None is fetched now."), "good")
    return redirect(url_for("incoming.index"), 303)


# -- one note -------------------------------------------------------------------------------------


@bp.get("/incoming/<id:note_id>")
@allow("clerk", "accountant")
def show(note_id: int) -> str:
    return _note_page(note_id)


def _note_page(note_id: int, **refused: Form) -> str:
    note = note_by_id(note_id)
    lines = entry_lines(note)
    proposed = [{"sku": line.product and line.product.sku, "units": line.units} for line in lines]
    forms = {"entry": Form.filled({"lines": proposed}), "manifestation": Form({})}
    return render_template(
        "incoming/note.html",
        lines=lines,
        stocked=stocked_lines(note) if note.stocked_at else (),
        events=events_of(note),
        may_enter=not note.is_own and bool(lines) and note.status in MAY_BE_STOCKED,
        **_told(note),
        forms_of=forms | refused,
    )


def _told(note: IncomingNote) -> dict[str, Any]:
    now = utc_now()
    return {
        "note": note,
        "manifestations": manifestations_of(note),
        "deadlines": {stance: deadline(note, stance, now) for stance in TOLD_BY_PEOPLE},
    }


@bp.get("/incoming/<id:note_id>/told")
@allow("clerk", "accountant")
def told(note_id: int) -> str:
    """The part of the page that moves."""
    forms = {"manifestation": Form({})}
    context = _told(note_by_id(note_id))
    return render_template("incoming/_manifestations.html", **context, forms_of=forms)


@bp.get("/incoming/<id:note_id>/xml")
@allow("clerk", "accountant")
def xml(note_id: int) -> Response:
    note = note_by_id(note_id)
    if note.content is None:
        raise NotFound(_("Only a summary of this note is here."))
    answer = Response(note.content, mimetype="application/xml")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{note.access_key}.xml")
    return answer


def _to(note_id: int, **_values: Any) -> ResponseReturnValue:
    return redirect(url_for("incoming.show", note_id=note_id), 303)


@bp.post("/incoming/<id:note_id>/knowledge")
@allow("clerk")
@acts(back=_to)
def know(note_id: int) -> ResponseReturnValue:
    note_by_id(note_id, lock=True).know()
    flash(_("The note is known now."), "good")
    return _to(note_id)


@bp.post("/incoming/<id:note_id>/stock-entry")
@allow("clerk")
@submits(StockEntryIn, again=lambda form, note_id: _note_page(note_id, entry=form))
def enter_stock(wanted: StockEntryIn, note_id: int) -> ResponseReturnValue:
    pieces = take_into_stock(note_by_id(note_id, lock=True), wanted)
    text = ngettext("%(num)s piece is in stock now.", "%(num)s pieces are in stock now.", pieces)
    flash(text, "good")
    return _to(note_id)


@bp.post("/incoming/<id:note_id>/manifestations")
@allow("manager")
@submits(ManifestationIn, again=lambda form, note_id: _note_page(note_id, manifestation=form))
def tell(wanted: ManifestationIn, note_id: int) -> ResponseReturnValue:
    note = note_by_id(note_id, lock=True)
    ask_manifestation(note, Stance(wanted.stance), wanted.reason, g.identity.actor)
    flash(_("SEFAZ is told; the answer appears here."), "good")
    return _to(note_id)
