"""The pick list of many packing slips, on paper and as a file."""

from collections.abc import Iterator

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from werkzeug import Response

from webapp.fulfilment.bulk import MOST_AT_ONCE
from webapp.fulfilment.parcels import queries
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.fulfilment.parcels.pages.blueprint import bp, list_filters
from webapp.fulfilment.parcels.pages.bulk import with_selected
from webapp.fulfilment.parcels.pages.slips import slips_asked_for
from webapp.fulfilment.parcels.picking import Pick, may_be_picked, pick_list
from webapp.http.query import query_ids
from webapp.http.spreadsheets import csv_file
from webapp.staff.access import allow


@bp.post("/packing-slips/picking")
@allow("clerk")
@with_selected
def pick_selected(ids: list[int]) -> Response:
    return redirect(url_for("parcels.picking", ids=",".join(map(str, ids))), 303)


def _slips() -> list[PackingSlip]:
    """The marked ones, or those of the list as it is filtered."""
    if "ids" in request.args:
        ids = query_ids()
    else:
        ids = [slip.id for slip in slips_asked_for(MOST_AT_ONCE).items]
    slips = queries.slips_by_ids(ids)
    queries.read_parcels(slips)
    return slips


@bp.get("/packing-slips/picking")
@allow("clerk")
def picking() -> str:
    slips = _slips()
    fetched_for = sum(map(may_be_picked, slips))
    return render_template(
        "fulfilment/parcels/picking.html",
        picks=pick_list(slips),
        orders=fetched_for,
        passed_over=len(slips) - fetched_for,
        filters=list_filters() | ({"ids": request.args["ids"]} if "ids" in request.args else {}),
    )


@bp.get("/packing-slips/picking.csv")
@allow("clerk")
def picking_file() -> Response:
    header = [
        pgettext("stock-room", "Place"),
        _("SKU"),
        _("Product"),
        _("Code"),
        _("Quantity"),
        _("Orders"),
    ]
    return csv_file("pick-list", header, list(_lines(pick_list(_slips()))))


def _lines(picks: list[Pick]) -> Iterator[list[object]]:
    for pick in picks:
        yield [pick.shelf, pick.sku, pick.name, pick.code, pick.quantity, pick.orders_text]
