"""Pages of packing slips: the list, one slip and what a person does to it, and slips on paper."""

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug import Response

from webapp.fulfilment.bulk import MOST_AT_ONCE
from webapp.fulfilment.labels.choosing import label_provider
from webapp.fulfilment.labels.models import Label
from webapp.fulfilment.labels.queries import labels_of, shipped_with
from webapp.fulfilment.labels.wanting import LEAVES
from webapp.fulfilment.labels.words import reason_in_words
from webapp.fulfilment.parcels import queries
from webapp.fulfilment.parcels.codes import code_facts
from webapp.fulfilment.parcels.forms import ShipmentIn, SlipIn
from webapp.fulfilment.parcels.listing import SLIPS, shipped_in
from webapp.fulfilment.parcels.models import PackingSlip, SlipStatus
from webapp.fulfilment.parcels.pages.blueprint import bp, list_filters
from webapp.fulfilment.parcels.printing import printed_slips
from webapp.http.filters import USUAL_PAGE
from webapp.http.forms import Form, Shape
from webapp.http.handling import acts, refuse_stale, submits
from webapp.http.lists import Page, Tab, tabs_of
from webapp.http.query import query_choice, query_ids
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.processing import shipping
from webapp.sales.leaving import Due
from webapp.staff.access import allow
from webapp.store.partners.queries import carriers
from webapp.store.queries import the_shop

# The tabs whose length tells how much waits for somebody.
COUNTED = (SlipStatus.HELD, SlipStatus.AWAITING_NFE, SlipStatus.TO_PACK, SlipStatus.PACKED)
# They are told up to so many: for each that is counted two rows are read.
MOST_COUNTED = 200


@bp.get("/packing-slips")
@allow("clerk")
def index() -> str:
    status, due = query_choice("status", SlipStatus), query_choice("due", Due)
    q, page = request.args.get("q", ""), slips_asked_for()
    return render_template(
        "fulfilment/parcels/packing_slips.html",
        page=page,
        tabs=tabs_of(_tabs(), {"status": status, "due": due}),
        q=q,
        status=status,
        due=due,
        shipped=shipped_in(request.args),
        live_url=page.live_url,
        list_filters=list_filters(),
        most_printed=MOST_AT_ONCE,
        packed=session.pop("packed", None),
    )


def slips_asked_for(limit: int = USUAL_PAGE) -> Page:
    """The part of the list that the address asks for, in its order."""
    asked = request.args
    narrowed = bool(asked.get("status") or asked.get("due") or asked.get("q", "").strip())
    return SLIPS.page(asked, limit, narrowed=narrowed)


def _tabs() -> list[Tab]:
    everything = Tab(_("All"), {"status": None, "due": None})
    views = [
        Tab(
            view.label,
            {"status": view, "due": None},
            queries.slip_ids(view) if view in COUNTED else None,
            MOST_COUNTED,
        )
        for view in SlipStatus
    ]
    dues = [
        Tab(due.label, {"status": None, "due": due}, queries.slip_ids(due=due), MOST_COUNTED)
        for due in (Due.LATE, Due.TODAY, Due.WILL_MISS)
    ]
    return [everything, *views, *dues]


@bp.get("/packing-slips/rows")
@allow("clerk")
def rows() -> str:
    """A slip's row bears its sale's id and moves with it."""
    slips = db.session.scalars(queries.packing_slips().where(PackingSlip.sale_id.in_(query_ids())))
    return render_template("fulfilment/parcels/_packing_slips.html", slips=slips, fresh=True)


@bp.get("/packing-slips/print")
@allow("clerk")
def printed() -> str:
    """Each slip on a sheet of its own, with the royalty department's copy behind it."""
    slips = queries.slips_by_ids(query_ids())
    if not slips:
        raise NotFound(_("There is no such packing slip."))
    return render_template(
        "fulfilment/parcels/print.html",
        sheets=printed_slips(slips),
        sender=the_shop(),
        at_once=request.args.get("at_once") == "1",
    )


# -- one slip -------------------------------------------------------------------------------------


@bp.get("/packing-slips/<id:slip_id>")
@allow("clerk")
def show(slip_id: int) -> str:
    return _slip_page(None, slip_id)


@bp.get("/packing-slips/<id:slip_id>/live")
@allow("clerk")
def live(slip_id: int) -> str:
    """The page's part that moves by itself."""
    return _slip_page(None, slip_id, template="fulfilment/parcels/_packing_slip.html")


def _slip_page(
    refused: Form | None, slip_id: int, template: str = "fulfilment/parcels/packing_slip.html"
) -> str:
    """The page has two forms, which show what is stored, or what was typed and refused."""
    slip = queries.packing_slip(slip_id)
    known, labels = carriers(), labels_of(slip_id)
    return render_template(
        template,
        sheet=printed_slips([slip])[0],
        slip=slip,
        sale=slip.sale,
        sender=the_shop(),
        details=_refused(refused, SlipIn) or _details_of(slip),
        shipment=_refused(refused, ShipmentIn) or _shipment_of(slip, labels),
        correcting=bool(_refused(refused, ShipmentIn)),
        code_facts=code_facts(slip, known),
        carriers=[each.name for each in known],
        labels=labels,
        sells_labels=label_provider() is not None and slip.status in LEAVES,
        reason_in_words=reason_in_words,
    )


def _refused(form: Form | None, shape: type[Shape]) -> Form | None:
    return form if form and form.shape is shape else None


def _present_shipment(slip_id: int) -> Form:
    return _shipment_of(queries.packing_slip(slip_id), labels_of(slip_id))


def _shipment_of(slip: PackingSlip, labels: list[Label]) -> Form:
    """Before it left: as its bought label says."""
    sale, label = slip.sale, None if slip.has_left else shipped_with(labels)
    return Form.filled(
        {
            "carrier": label.carrier if label else sale.carrier,
            "tracking_code": label.tracking_code if label else sale.tracking_code,
            "version": sale.version,
        }
    )


def _present_details(slip_id: int) -> Form:
    return _details_of(queries.packing_slip(slip_id))


def _details_of(slip: PackingSlip) -> Form:
    return Form.filled({"volumes": slip.volumes, "notes": slip.notes, "version": slip.version})


def _to_slip(slip_id: int) -> Response:
    return redirect(url_for("parcels.show", slip_id=slip_id), 303)


@bp.post("/packing-slips/<id:slip_id>/packing")
@allow("clerk")
@acts(back=_to_slip)
def pack(slip_id: int) -> Response:
    queries.slip_to_change(slip_id).pack(utc_now())
    flash(_("It is packed."), "good")
    return _to_slip(slip_id)


@bp.post("/packing-slips/<id:slip_id>/unpacking")
@allow("clerk")
@acts(back=_to_slip)
def unpack(slip_id: int) -> Response:
    queries.slip_to_change(slip_id).unpack()
    flash(_("It is to be packed again."), "good")
    return _to_slip(slip_id)


@bp.post("/packing-slips/<id:slip_id>/delivery")
@allow("clerk")
@acts(back=_to_slip)
def deliver(slip_id: int) -> Response:
    queries.slip_to_change(slip_id).deliver(utc_now())
    flash(_("It is delivered."), "good")
    return _to_slip(slip_id)


@bp.post("/packing-slips/<id:slip_id>/shipment")
@allow("clerk")
@submits(ShipmentIn, again=_slip_page)
def ship(wanted: ShipmentIn, slip_id: int) -> Response:
    slip = queries.slip_to_change(slip_id)
    shipping.ship(slip, wanted.carrier, wanted.tracking_code, utc_now())
    flash(_("It is shipped."), "good")
    return _to_slip(slip_id)


@bp.post("/packing-slips/<id:slip_id>/tracking")
@allow("clerk")
@submits(ShipmentIn, again=_slip_page, present=_present_shipment)
def correct_shipment(wanted: ShipmentIn, slip_id: int) -> Response:
    slip = queries.slip_to_change(slip_id)
    refuse_stale(slip.sale)
    shipping.correct_shipment(slip, wanted.carrier, wanted.tracking_code, utc_now())
    flash(_("Carrier and tracking code were saved."), "good")
    return _to_slip(slip_id)


@bp.post("/packing-slips/<id:slip_id>/details")
@allow("clerk")
@submits(SlipIn, again=_slip_page, present=_present_details)
def describe(wanted: SlipIn, slip_id: int) -> Response:
    slip = queries.slip_to_change(slip_id)
    refuse_stale(slip)
    slip.describe(wanted.volumes, wanted.notes)
    flash(_("Parcels and notes were saved."), "good")
    return _to_slip(slip_id)
