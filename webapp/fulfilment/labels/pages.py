"""Pages of labels: what a provider asks for a parcel, buying, and the shop's settings of it."""

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug import Response as AnyResponse

from webapp.fulfilment.labels import queries
from webapp.fulfilment.labels.choosing import (
    label_provider,
    set_label_settings,
    token_ends_at,
    token_of,
)
from webapp.fulfilment.labels.composition import insured_value
from webapp.fulfilment.labels.forms import BoxIn, LabelIn, LabelSettingsIn
from webapp.fulfilment.labels.provider import Quote, SellerAway, SellerRefused
from webapp.fulfilment.labels.wanting import refuse_unless_leaves, want_label
from webapp.fulfilment.labels.words import reason_in_words
from webapp.fulfilment.parcels.queries import packing_slip, slip_to_change
from webapp.http.forms import Form
from webapp.http.handling import acts, refuse_stale, submits
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Invalid, NotFound, Refusal
from webapp.staff.access import allow
from webapp.store.pages.blueprint import settings_tabs
from webapp.store.queries import the_shop

bp = Blueprint("labels", __name__)


@bp.get("/packing-slips/<id:slip_id>/label-offers")
@allow("clerk")
def offers(slip_id: int) -> str:
    """With a box in the address: what each service asks for it."""
    if "height_cm" not in request.args:
        return _offers_page(_usual_box(slip_id), slip_id)
    form = Form(request.args, BoxIn)
    try:
        wanted = form.parse()
    except Invalid as refused:
        return _offers_page(form.refuse(refused), slip_id)
    return _quoted(form, slip_id, wanted)


def _quoted(form: Form, slip_id: int, wanted: BoxIn) -> str:
    provider, slip = label_provider(), packing_slip(slip_id)
    if provider is None:
        return _offers_page(form, slip_id)
    asked = the_shop().zip_code, slip.sale.zip_code, wanted.box, insured_value(slip, wanted.number)
    # No transaction stays open while the outside world is asked.
    db.session.rollback()
    try:
        return _offers_page(form, slip_id, quotes=provider.quote(*asked))
    except SellerAway as away:
        return _offers_page(form, slip_id, trouble=reason_in_words(str(away)))
    except SellerRefused as refused:
        return _offers_page(form, slip_id, trouble=str(refused))


def _offers_page(
    form: Form, slip_id: int, quotes: list[Quote] | None = None, trouble: str = ""
) -> str:
    slip = packing_slip(slip_id)
    return render_template(
        "fulfilment/labels/offers.html",
        form=form,
        slip=slip,
        sale=slip.sale,
        quotes=quotes,
        trouble=trouble,
        labels=queries.labels_of(slip_id),
        reason_in_words=reason_in_words,
        is_on=label_provider() is not None,
    )


def _usual_box(slip_id: int) -> Form:
    slip, shop = packing_slip(slip_id), the_shop()
    number = next(iter(queries.numbers_without(slip)), 1)
    return Form.filled(
        {
            "number": number,
            "height_cm": shop.box_height_cm,
            "width_cm": shop.box_width_cm,
            "length_cm": shop.box_length_cm,
            "weight_g": slip.weight_of_volume(number),
        }
    )


@bp.post("/packing-slips/<id:slip_id>/labels")
@allow("clerk")
@submits(LabelIn, again=lambda form, slip_id: _offers_page(form, slip_id))
def buy(wanted: LabelIn, slip_id: int) -> ResponseReturnValue:
    slip = slip_to_change(slip_id)
    if label_provider() is None:
        raise Refusal(reason_in_words("off"))
    refuse_unless_leaves(slip)
    want_label(slip, wanted, g.identity.actor, utc_now())
    flash(_("The label is being bought."), "good")
    return _to_slip(slip_id)


def _to_slip(slip_id: int) -> AnyResponse:
    return redirect(url_for("parcels.show", slip_id=slip_id), 303)


def _to_slip_of(label_id: int) -> AnyResponse:
    return _to_slip(queries.label_by_id(label_id).slip_id)


@bp.post("/labels/<id:label_id>/retry")
@allow("clerk")
@acts(back=_to_slip_of)
def retry(label_id: int) -> AnyResponse:
    label = queries.label_to_change(label_id)
    label.try_again(utc_now())
    return _to_slip(label.slip_id)


@bp.post("/labels/<id:label_id>/removal")
@allow("clerk")
@acts(back=_to_slip_of)
def drop(label_id: int) -> AnyResponse:
    label = queries.label_to_change(label_id)
    label.drop()
    return _to_slip(label.slip_id)


@bp.get("/labels/<id:label_id>/file.pdf")
@allow("clerk")
def file(label_id: int) -> Response:
    label = queries.label_by_id(label_id)
    if label.file is None:
        raise NotFound(_("This label has no file yet."))
    response = Response(label.file, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="label-{label.id}.pdf"'
    return response


# -- settings -------------------------------------------------------------------------------------


@bp.get("/settings/labels")
@allow("admin")
def settings_page() -> str:
    return _settings_page(_present_settings())


def _present_settings() -> Form:
    shop = the_shop()
    return Form.filled(
        {
            "height_cm": shop.box_height_cm,
            "width_cm": shop.box_width_cm,
            "length_cm": shop.box_length_cm,
            "version": shop.version,
        }
    )


def _settings_page(form: Form) -> str:
    shop = the_shop()
    return render_template(
        "fulfilment/labels/settings.html",
        form=form,
        tabs=settings_tabs("labels.settings_page"),
        is_on=bool(token_of(shop)),
        ends_at=token_ends_at(shop),
        is_lost=bool(shop.melhor_envio_sealed) and not token_of(shop),
    )


@bp.post("/settings/labels")
@allow("admin")
@submits(LabelSettingsIn, again=_settings_page, present=_present_settings)
def save_settings(wanted: LabelSettingsIn) -> ResponseReturnValue:
    shop = the_shop()
    refuse_stale(shop)
    set_label_settings(shop, wanted)
    flash(_("Saved."), "good")
    return redirect(url_for("labels.settings_page"), 303)
