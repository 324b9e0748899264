"""A station where parcels are packed by scanning the slip, then each of the goods."""

import secrets
from typing import Any, NamedTuple

from flask import make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.audit.history import learn_names
from webapp.fulfilment.parcels import queries
from webapp.fulfilment.parcels.forms import NextParcelIn, StationScanIn
from webapp.fulfilment.parcels.models import Parcel, by_sku
from webapp.fulfilment.parcels.pages.blueprint import bp
from webapp.fulfilment.parcels.scanning import Scan, ScanAnswer, ScanOutcome, scan_anything
from webapp.http.forms import Form
from webapp.http.handling import submits, wants_fragment
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.whole import whole_number
from webapp.staff.access import allow


def _station() -> str:
    """Of this browser, for as long as it is signed in."""
    return session.setdefault("station", secrets.token_hex(8))


@bp.get("/packing")
@allow("clerk")
def packing() -> str:
    _station()
    parcel_id = whole_number(request.args.get("parcel", ""), 1)
    parcel = queries.parcel_by_id(parcel_id) if parcel_id else None
    return render_template("fulfilment/parcels/packing.html", form=Form(), **_at_hand(parcel))


def _at_hand(parcel: Parcel | None, answer: ScanAnswer | None = None) -> dict[str, Any]:
    begun = queries.parcels_being_packed() if parcel is None else []
    learn_names(each.opened_by for each in begun)
    return {
        "parcel": parcel,
        "answer": answer,
        "goods": _goods(parcel) if parcel else [],
        "begun": begun,
        "station": _station(),
    }


class GoodsRow(NamedTuple):
    """Of one SKU on a slip: in this parcel, in all of its parcels, and how many go in."""

    sku: str
    name: str
    here: int
    packed: int
    whole: int


def _goods(parcel: Parcel) -> list[GoodsRow]:
    """What is still to be scanned stands first."""
    slip, here = parcel.slip, by_sku(parcel.units())
    names, whole, missing = slip.goods_names(), by_sku(slip.units()), by_sku(slip.missing())
    rows = [
        GoodsRow(sku, names[sku], here[sku], many - missing[sku], many)
        for sku, many in whole.items()
    ]
    return sorted(rows, key=lambda row: row.packed == row.whole)


def _shown(parcel: Parcel | None, answer: ScanAnswer | None = None) -> ResponseReturnValue:
    address = url_for("parcels.packing", parcel=parcel.id if parcel else None)
    if not wants_fragment():
        return redirect(address, 303)
    page = render_template("fulfilment/parcels/_packing.html", **_at_hand(parcel, answer))
    response = make_response(page)
    response.headers["HX-Replace-Url"] = address
    return response


def _again(form: Form) -> str:
    """What is no scan at all is told where a scan is answered."""
    parcel_id = whole_number(form.value("parcel"), 1)
    parcel = queries.parcel_by_id(parcel_id) if parcel_id else None
    context = _at_hand(parcel, ScanAnswer(ScanOutcome.REFUSED, _why(form)))
    name = "_packing.html" if wants_fragment() else "packing.html"
    return render_template(f"fulfilment/parcels/{name}", form=form, **context)


def _why(form: Form) -> str:
    return next(iter(form.errors.values()), form.message)


@bp.post("/packing/scans")
@allow("clerk")
@submits(StationScanIn, again=_again)
def scan(wanted: StationScanIn) -> ResponseReturnValue:
    parcel = queries.parcel_by_id(wanted.parcel, lock=True) if wanted.parcel else None
    what = Scan(wanted.code, _station(), wanted.key, wanted.takes_out, wanted.over)
    answer = scan_anything(parcel, what)
    return _shown(answer.parcel, answer)


@bp.post("/packing/parcels")
@allow("clerk")
@submits(NextParcelIn, again=_again)
def add_parcel(wanted: NextParcelIn) -> ResponseReturnValue:
    """What is left of the order goes into another one."""
    slip = queries.parcel_by_id(wanted.parcel, lock=True).slip
    parcel = slip.add_parcel(_station(), utc_now())
    db.session.flush()
    message = _(
        "Parcel %(number)s of order %(reference)s",
        number=parcel.number,
        reference=slip.sale.reference,
    )
    return _shown(parcel, ScanAnswer(ScanOutcome.BEGUN, message, parcel))
