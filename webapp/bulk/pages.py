"""Pages of bulk acts: asked for, watched, stopped, and the files that some of them make."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Select

from webapp.audit.history import learn_names, who
from webapp.bulk.forms import BulkIn
from webapp.bulk.models import BulkAct, BulkOutcome, BulkRow
from webapp.bulk.queries import (
    act_by_id,
    bulk_acts,
    notes_done,
    orders_with,
    references_of,
    rows_of,
)
from webapp.fiscal.danfe import Paper
from webapp.fulfilment.bulk import MOST_AT_ONCE
from webapp.fulfilment.labels.printing import label_sheets
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.fulfilment.parcels.printing import printed_slips
from webapp.fulfilment.parcels.queries import packing_slips, slips_by_ids
from webapp.http.forms import Form
from webapp.http.handling import acts, submits
from webapp.http.lists import (
    Order,
    Tab,
    bounded_count,
    count_text,
    newest_first,
    tabs_of,
)
from webapp.http.query import WrongFilter, query_choice
from webapp.http.sealing import address
from webapp.http.zips import File, zip_response
from webapp.invoice_pages.downloads import papers_file, sheets_file
from webapp.invoices.archive import pages_of
from webapp.invoices.queries import invoices_of
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.platform.sliced import SliceStatus
from webapp.platform.whole import whole_number
from webapp.processing.bulk_acts import ACTS
from webapp.sale_pages.bulk_asking import begin_bulk, orders_of_choice, rows_of_choice
from webapp.sale_pages.export import SALES
from webapp.sale_pages.listing import SaleFilters, chosen
from webapp.sales.models import Sale
from webapp.sales.queries import tags
from webapp.staff.access import allow
from webapp.store.partners.queries import carriers
from webapp.store.queries import the_shop
from webapp.web.listings import Asked, Cell, Listing

bp = Blueprint("bulk", __name__)
# So many orders are named beside the field for their codes.
MOST_TOLD = 200


def _word_of(act: BulkAct) -> Any:
    return ACTS[act.act].label if act.act in ACTS else act.act


@bp.context_processor
def words() -> dict[str, Any]:
    return {"act_words": _word_of}


BULK_ACTS = Listing(
    name="bulk-acts",
    label=_l("Bulk acts"),
    endpoint="bulk.index",
    rows=lambda _asked: bulk_acts(),
    orders=newest_first(BulkAct.id),
    cells=(
        Cell(_l("What"), lambda act: str(_word_of(act))),
        Cell(_l("Status"), lambda act: str(act.status.label)),
        Cell(_l("Orders"), lambda act: act.total),
        Cell(lazy_pgettext("count", "Done"), lambda act: act.count_of(BulkOutcome.DONE)),
        Cell(_l("Refused"), lambda act: act.count_of(BulkOutcome.REFUSED)),
        Cell(_l("Who"), lambda act: who(act.asked_by).name),
        Cell(_l("When"), lambda act: act.created_at),
    ),
)


class DoneRow(NamedTuple):
    """A row of a bulk act, with its order's reference."""

    row: BulkRow
    reference: str


def _rows(asked: Asked) -> Select[Any]:
    act_id = whole_number(asked.get("bulk"), 1)
    if act_id is None:
        raise WrongFilter("bulk", args=asked)
    return rows_of(act_by_id(act_id).id, query_choice("rows", BulkOutcome, asked))


def _with_references(rows: list[BulkRow]) -> list[DoneRow]:
    references = references_of(rows)
    return [DoneRow(row, references[row.sale_id]) for row in rows]


BULK_ROWS = Listing(
    name="bulk-rows",
    label=_l("Orders of a bulk act"),
    endpoint="bulk.index",
    rows=_rows,
    orders={"place": Order((BulkRow.place,))},
    cells=(
        Cell(_l("Order"), lambda done: done.reference),
        Cell(_l("Told"), lambda done: done.row.told),
        Cell(_l("Outcome"), lambda done: str(done.row.outcome.label)),
        Cell(_l("Reason"), lambda done: done.row.words),
    ),
    filters=("bulk", "rows"),
    gather=_with_references,
    has_page=False,
)


@bp.get("/bulk")
@allow("clerk")
def index() -> str:
    page = BULK_ACTS.page(request.args)
    learn_names([act.asked_by for act in page.items])
    return render_template("bulk/index.html", page=page)


# -- asking ---------------------------------------------------------------------------------------


@bp.post("/bulk/choice")
@allow("clerk")
def choose() -> ResponseReturnValue:
    """The orders that were marked in their list."""
    asked: dict[str, Any] = SALES.asked_of(request.args)
    ids, act = ",".join(request.form.getlist("ids")), request.args.get("act")
    if not ids:
        flash(_("Mark at least one order."), "warn")
        return redirect(url_for("sales.index", **asked), 303)
    return redirect(url_for("bulk.new", ids=ids, act=act, **asked), 303)


@bp.get("/bulk/new")
@allow("clerk")
def new() -> str:
    given = {"ids": request.args.get("ids", ""), "act": request.args.get("act", "")}
    return _form_page(Form(given | {"filter": urlencode(SALES.asked_of(request.args))}))


def _form_page(form: Form) -> str:
    ids, written = str(form.value("ids") or ""), dict(parse_qsl(str(form.value("filter") or "")))
    count = bounded_count(rows_of_choice(ids, written).with_only_columns(Sale.id))
    filters = [] if ids else [chip["label"] for chip in chosen(SaleFilters.of(written))]
    if written.get("q") and not ids:
        filters.append(_("“%(words)s”", words=written["q"]))
    return render_template(
        "bulk/new.html",
        form=form,
        count=count_text(count),
        filters=filters,
        acts=[(act.name, act.label) for act in ACTS.values()],
        orders=[order.reference for order in orders_of_choice(ids, written, MOST_TOLD)],
        tags=[tag.name for tag in tags()],
        label_carriers=[(each.code, each.name) for each in carriers() if each.label_service],
        back=address(url_for("sales.index"), written),
    )


@bp.post("/bulk")
@allow("clerk")
@submits(BulkIn, again=_form_page)
def ask(wanted: BulkIn) -> ResponseReturnValue:
    return _to(begin_bulk(wanted, g.identity.actor).id)


def _to(act_id: int) -> ResponseReturnValue:
    return redirect(url_for("bulk.show", act_id=act_id), 303)


# -- watching -------------------------------------------------------------------------------------


@bp.get("/bulk/<id:act_id>")
@allow("clerk")
def show(act_id: int) -> str:
    return render_template("bulk/act.html", **_context(act_by_id(act_id)))


@bp.get("/bulk/<id:act_id>/state")
@allow("clerk")
def state(act_id: int) -> str:
    """The part of the page that moves."""
    return render_template("bulk/_act.html", **_context(act_by_id(act_id)))


def _context(act: BulkAct) -> dict[str, Any]:
    outcome = query_choice("rows", BulkOutcome)
    page = BULK_ROWS.page({**request.args, "bulk": str(act.id)})
    learn_names([act.asked_by])
    return {
        "act": act,
        "page": page,
        "references": references_of(page.items),
        "tabs": _tabs(act, outcome),
        "files": _files(act),
    }


def _tabs(act: BulkAct, chosen_outcome: BulkOutcome | None) -> list[dict[str, object]]:
    shown = [each for each in BulkOutcome if act.count_of(each) or each is chosen_outcome]
    found = tabs_of(
        [Tab(_("All"), {"rows": None}), *(Tab(each.label, {"rows": str(each)}) for each in shown)],
        {"rows": chosen_outcome and str(chosen_outcome)},
    )
    for tab, count in zip(found, [act.total, *map(act.count_of, shown)], strict=True):
        tab["count"] = count
    return found


@bp.post("/bulk/<id:act_id>/stop")
@allow("clerk")
@acts(back=_to)
def stop(act_id: int) -> ResponseReturnValue:
    act_by_id(act_id, lock=True).stop(utc_now())
    return _to(act_id)


# -- files ----------------------------------------------------------------------------------------


def _files(act: BulkAct) -> list[tuple[str, str]]:
    """Those that it made, each with what is in it: at most so many papers in one."""
    done = act.count_of(BulkOutcome.DONE)
    known = ACTS.get(act.act)
    if not (known and known.makes_file and done) or act.status is SliceStatus.PENDING:
        return []
    most = done if act.act == "xml" else MOST_AT_ONCE
    return [
        (
            _("%(first)s to %(last)s", first=first, last=min(first + most - 1, done)),
            url_for("bulk.file", act_id=act.id, part=part),
        )
        for part, first in enumerate(range(1, done + 1, most), 1)
    ]


@bp.get("/bulk/<id:act_id>/files/<id:part>")
@allow("clerk")
def file(act_id: int, part: int) -> ResponseReturnValue:
    act = act_by_id(act_id)
    if part > len(_files(act)):
        raise NotFound(_("There is no such file."))
    return MAKERS[act.act](act, (part - 1) * MOST_AT_ONCE)


def _slips(act: BulkAct, after: int) -> str:
    return render_template(
        "fulfilment/parcels/print.html",
        sheets=printed_slips(_slips_of(act, after)),
        sender=the_shop(),
    )


def _slips_of(act: BulkAct, after: int) -> list[PackingSlip]:
    """In the order of the list."""
    sale_ids = orders_with(BulkOutcome.DONE, act.id, after, MOST_AT_ONCE)
    query = packing_slips().where(Sale.id.in_(sale_ids))
    of_sales = {slip.sale_id: slip.id for slip in db.session.scalars(query)}
    return slips_by_ids([of_sales[sale_id] for sale_id in sale_ids if sale_id in of_sales])


def _labels(act: BulkAct, after: int) -> Response:
    sheets = label_sheets(_slips_of(act, after))
    if not sheets:
        raise NotFound(_("None of these may leave, so there is no label to print."))
    return sheets_file(sheets, f"labels-{len(sheets)}")


def _papers(paper: Paper) -> Callable[[BulkAct, int], Response]:
    def make(act: BulkAct, after: int) -> Response:
        sale_ids = orders_with(BulkOutcome.DONE, act.id, after, MOST_AT_ONCE)
        invoices = invoices_of(sale_ids)
        return papers_file(paper, [invoices[each].id for each in sale_ids if each in invoices])

    return make


def _xml(act: BulkAct, _after: int) -> Response:
    """In the order of the list, page by page while it is sent."""
    pages = pages_of(db.engine, notes_done(act.id), (BulkRow.place,))
    rows = (row for page in pages for row in page)
    files: Iterator[File] = ((f"{row.access_key}.xml", row.proc_xml) for row in rows)
    return zip_response(files, f"nfe-{act.id}")


MAKERS: Mapping[str, Callable[[BulkAct, int], ResponseReturnValue]] = {
    "slips": _slips,
    "labels": _labels,
    "danfes": _papers(Paper.DANFE),
    "xml": _xml,
}
