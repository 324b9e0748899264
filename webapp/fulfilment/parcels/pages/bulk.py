"""One thing done to many packing slips at once, and the list again with how many went along."""

from collections.abc import Callable
from functools import wraps

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug import Response

from webapp.fulfilment.bulk import (
    MOST_AT_ONCE,
    BulkResult,
    apply_to_each,
    flash_result,
    selected_ids,
)
from webapp.fulfilment.labels.printing import label_sheets, may_leave
from webapp.fulfilment.parcels import queries
from webapp.fulfilment.parcels.forms import ShipmentsIn
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.fulfilment.parcels.pages.blueprint import bp, list_filters
from webapp.fulfilment.parcels.pages.slips import slips_asked_for
from webapp.http.forms import Form
from webapp.http.handling import submits
from webapp.http.query import query_ids
from webapp.invoice_pages.downloads import sheets_file
from webapp.platform.clock import utc_now
from webapp.platform.errors import NotFound
from webapp.platform.whole import whole_number
from webapp.processing.shipping import ship
from webapp.staff.access import allow
from webapp.store.partners.queries import carriers


def _to_list() -> Response:
    return redirect(url_for("parcels.index", **list_filters()), 303)


def with_selected(act: Callable[[list[int]], Response]) -> Callable[[], Response]:
    """Makes a view of one that acts on the ids of the selected slips; without any, or with too
    many, the list tells so."""

    @wraps(act)
    def view() -> Response:
        ids = selected_ids()
        if ids and len(ids) <= MOST_AT_ONCE:
            return act(ids)
        if ids:
            flash(_("At most %(most)s packing slips at once.", most=MOST_AT_ONCE), "warn")
        else:
            flash(_("Mark at least one packing slip."), "warn")
        return _to_list()

    return view


def _apply(ids: list[int], verb: Callable[[PackingSlip], bool], what: str) -> BulkResult:
    result = apply_to_each(
        ids,
        queries.slips_to_change(ids),
        verb,
        name=lambda slip: slip.sale.reference,
        missing=_("There is no such packing slip."),
    )
    flash_result(result, what)
    return result


@bp.post("/packing-slips/packing")
@allow("clerk")
@with_selected
def pack_selected(ids: list[int]) -> Response:
    now = utc_now()
    result = _apply(ids, lambda slip: slip.pack(now), _("Orders marked as packed"))
    # The list offers to take them back, once.
    session["packed"] = result.changed
    return _to_list()


@bp.post("/packing-slips/unpacking")
@allow("clerk")
@with_selected
def unpack_selected(ids: list[int]) -> Response:
    _apply(ids, PackingSlip.unpack, _("Back among what is to pack"))
    return _to_list()


@bp.post("/packing-slips/delivery")
@allow("clerk")
@with_selected
def deliver_selected(ids: list[int]) -> Response:
    now = utc_now()
    _apply(ids, lambda slip: slip.deliver(now), _("Orders marked as delivered"))
    return _to_list()


@bp.post("/packing-slips/printing")
@allow("clerk")
@with_selected
def print_selected(ids: list[int]) -> Response:
    return redirect(url_for("parcels.printed", ids=_in_address(ids)), 303)


@bp.post("/packing-slips/labels")
@allow("clerk")
@with_selected
def print_labels(ids: list[int]) -> Response:
    """In the order of the rows; which have none is told."""
    slips = queries.slips_by_ids(ids)
    leaving = [slip.id for slip in slips if may_leave(slip)]
    left_out = len(slips) - len(leaving)
    if left_out:
        flash(
            ngettext(
                "%(num)s was passed over: it may not leave.",
                "%(num)s were passed over: they may not leave.",
                left_out,
            ),
            "warn",
        )
    if not leaving:
        return _to_list()
    return redirect(url_for("parcels.labels", ids=_in_address(leaving)), 303)


@bp.get("/packing-slips/labels.pdf")
@allow("clerk")
def labels() -> Response:
    """Of the slips of the address, else of the list as it is filtered."""
    asked = "ids" in request.args
    slips = queries.slips_by_ids(query_ids()) if asked else slips_asked_for(MOST_AT_ONCE).items
    sheets = label_sheets(slips)
    if not sheets:
        flash(_("None of these may leave, so there is no label to print."), "warn")
        return _to_list()
    return sheets_file(sheets, f"labels-{len(sheets)}")


def _in_address(ids: list[int]) -> str:
    return ",".join(map(str, ids))


# -- shipping asks for the carrier first ----------------------------------------------------------


@bp.post("/packing-slips/shipping")
@allow("clerk")
@with_selected
def ask_shipment(ids: list[int]) -> Response:
    filters = list_filters()
    return redirect(url_for("parcels.shipment", ids=_in_address(ids), **filters), 303)


@bp.get("/packing-slips/shipment")
@allow("clerk")
def shipment() -> str:
    return _shipment_page(Form(), query_ids())


def _shipment_page(form: Form, ids: list[int]) -> str:
    slips = queries.slips_by_ids(ids)
    if not slips:
        raise NotFound(_("There is no such packing slip."))
    return render_template(
        "fulfilment/parcels/shipment.html",
        slips=slips,
        form=form,
        list_filters=list_filters(),
        carriers=[each.name for each in carriers()],
    )


def _shipment_again(form: Form) -> str:
    written = (form.value(f"slips.{index}.id") for index in range(MOST_AT_ONCE))
    numbers = (whole_number(text, 1) for text in written)
    return _shipment_page(form, [number for number in numbers if number is not None])


@bp.post("/packing-slips/shipment")
@allow("clerk")
@submits(ShipmentsIn, again=_shipment_again)
def ship_selected(wanted: ShipmentsIn) -> Response:
    now = utc_now()
    codes = {slip.id: slip.tracking_code for slip in wanted.slips}
    _apply(
        list(codes),
        lambda slip: ship(slip, wanted.carrier, codes[slip.id], now),
        _("Orders marked as shipped"),
    )
    return _to_list()
