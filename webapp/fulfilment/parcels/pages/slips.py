"""Pages of packing slips: the list, one slip and what a person does to it, and slips on paper."""

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from webapp.fulfilment.lists import live_url, tab
from webapp.fulfilment.parcels import queries
from webapp.fulfilment.parcels.forms import ShipmentIn, SlipIn
from webapp.fulfilment.parcels.models import PackingSlip, SlipStatus
from webapp.fulfilment.parcels.pages.blueprint import bp
from webapp.fulfilment.parcels.sheets import sheets_of
from webapp.http.forms import Form
from webapp.http.lists import bounded_count, page_of
from webapp.http.query import query_choice, query_ids
from webapp.http.transactions import in_transaction
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import NotFound, Refusal, Stale
from webapp.staff.access import allow
from webapp.store.queries import the_shop

# The tabs whose length tells how much waits for somebody.
COUNTED = (SlipStatus.HELD, SlipStatus.AWAITING_NFE, SlipStatus.TO_PACK, SlipStatus.PACKED)
# What the list's address keeps while something is done to its rows.
KEPT = ("status", "q", "after", "before")


@bp.get("/packing-slips")
@allow("clerk")
def index():
    status, q = query_choice("status", SlipStatus), request.args.get("q", "")
    page = page_of(queries.packing_slips(status, q), (PackingSlip.id,))
    tabs = [tab(_("All"), None, status)] + [
        tab(
            each.label,
            each,
            status,
            bounded_count(queries.slip_ids(each)) if each in COUNTED else None,
        )
        for each in SlipStatus
    ]
    return render_template(
        "fulfilment/parcels/packing_slips.html",
        page=page,
        tabs=tabs,
        q=q,
        status=status,
        live_url=live_url(page),
        kept={name: request.args[name] for name in KEPT if request.args.get(name)},
        packed=session.pop("packed", None),
    )


@bp.get("/packing-slips/rows")
@allow("clerk")
def rows():
    """A slip's row bears its sale's id and moves with it."""
    slips = db.session.scalars(queries.packing_slips().where(PackingSlip.sale_id.in_(query_ids())))
    return render_template("fulfilment/parcels/_packing_slips.html", slips=slips, fresh=True)


@bp.get("/packing-slips/print")
@allow("clerk")
def printed():
    """One slip to a sheet, each with the royalty department's copy behind it."""
    slips = queries.slips_by_ids(query_ids())
    if not slips:
        raise NotFound(_("There is no such packing slip."))
    return render_template(
        "fulfilment/parcels/print.html", sheets=sheets_of(slips), sender=the_shop()
    )


# -- one slip -------------------------------------------------------------------------------------


@bp.get("/packing-slips/<id:slip_id>")
@allow("clerk")
def show(slip_id: int):
    return _page(slip_id)


@bp.get("/packing-slips/<id:slip_id>/live")
@allow("clerk")
def live(slip_id: int):
    """The page's part that moves by itself."""
    return _page(slip_id, template="fulfilment/parcels/_packing_slip.html")


def _page(
    slip_id: int,
    refused: Form | None = None,
    template: str = "fulfilment/parcels/packing_slip.html",
) -> str:
    """Both forms show what is kept; a refused one what was typed, with the version that its person
    had seen."""
    slip = queries.packing_slip(slip_id)
    sale = slip.sale
    form = Form.filled(
        {
            "volumes": slip.volumes,
            "notes": slip.notes,
            "carrier": sale.carrier,
            "tracking_code": sale.tracking_code,
        }
    )
    versions = {SlipIn: slip.version, ShipmentIn: sale.version}
    if refused:
        form.typed |= refused.typed
        form.errors, form.message = refused.errors, refused.message
        versions[refused.shape] = refused.value("version")
    return render_template(
        template,
        sheet=sheets_of([slip])[0],
        slip=slip,
        sale=sale,
        sender=the_shop(),
        form=form,
        slip_version=versions[SlipIn],
        sale_version=versions[ShipmentIn],
    )


def _to(slip_id: int):
    return redirect(url_for("parcels.show", slip_id=slip_id), 303)


def _verb(slip_id: int, act, done: str):
    """One verb on one slip; what it refuses is told on the slip's page."""
    try:
        in_transaction(lambda: act(queries.slip_to_change(slip_id)))
        flash(done, "good")
    except Refusal as refusal:
        flash(str(refusal), "warn")
    return _to(slip_id)


@bp.post("/packing-slips/<id:slip_id>/packing")
@allow("clerk")
def pack(slip_id: int):
    return _verb(slip_id, lambda slip: slip.pack(utc_now()), _("It is packed."))


@bp.post("/packing-slips/<id:slip_id>/unpacking")
@allow("clerk")
def unpack(slip_id: int):
    return _verb(slip_id, lambda slip: slip.unpack(), _("It is to be packed again."))


@bp.post("/packing-slips/<id:slip_id>/delivery")
@allow("clerk")
def deliver(slip_id: int):
    return _verb(slip_id, lambda slip: slip.deliver(utc_now()), _("It is delivered."))


def _saved(slip_id: int, shape, save, done: str):
    """A form of the slip's page: `save(slip, wanted)` once it can be read."""
    form = Form(request.form, shape)
    try:
        wanted = form.parse()
        in_transaction(lambda: save(queries.slip_to_change(slip_id), wanted))
    except Refusal as refusal:
        return _page(slip_id, form.refuse(refusal)), 422
    flash(done, "good")
    return _to(slip_id)


def _refuse_stale(version: int) -> None:
    if request.form.get("version") != str(version):
        raise Stale


@bp.post("/packing-slips/<id:slip_id>/shipment")
@allow("clerk")
def ship(slip_id: int):
    def save(slip: PackingSlip, wanted: ShipmentIn) -> None:
        slip.ship(wanted.carrier, wanted.tracking_code, utc_now())

    return _saved(slip_id, ShipmentIn, save, _("It is shipped."))


@bp.post("/packing-slips/<id:slip_id>/tracking")
@allow("clerk")
def correct_shipment(slip_id: int):
    def save(slip: PackingSlip, wanted: ShipmentIn) -> None:
        _refuse_stale(slip.sale.version)
        slip.correct_shipment(wanted.carrier, wanted.tracking_code)

    return _saved(slip_id, ShipmentIn, save, _("Carrier and tracking code were saved."))


@bp.post("/packing-slips/<id:slip_id>/details")
@allow("clerk")
def describe(slip_id: int):
    def save(slip: PackingSlip, wanted: SlipIn) -> None:
        _refuse_stale(slip.version)
        slip.describe(wanted.volumes, wanted.notes)

    return _saved(slip_id, SlipIn, save, _("Volumes and notes were saved."))
