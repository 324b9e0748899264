"""The settings page."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from webapp.fiscal.certificate import CertificateError
from webapp.http.forms import Form
from webapp.invoices.authorities import certificate
from webapp.platform.cep import format_cep
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.documents import format_document
from webapp.platform.errors import Refusal, Stale
from webapp.staff.access import allow
from webapp.store import forms
from webapp.store import settings_edits as services
from webapp.store.forms import HouseIn, IssuerIn, SeriesIn
from webapp.store.models import Shop
from webapp.store.queries import the_series, the_shop

bp = Blueprint("store", __name__)
HOUSE = tuple(HouseIn.model_fields)
ISSUER = tuple(IssuerIn.model_fields)
EXPIRES_SOON_DAYS = 30


@bp.get("/settings")
@allow("admin")
def settings_page():
    return _page()


def _page(**refused: Form):
    """The page with each form as kept, except the refused one, which stays as typed."""
    shop, series, settings = the_shop(), the_series(), current_app.extensions["settings"]
    form_of = {
        "issuer": Form.filled(
            {name: getattr(shop, name) for name in (*ISSUER, "version")}
            | {
                "cnpj": format_document(shop.cnpj),
                "zip_code": format_cep(shop.zip_code) if shop.zip_code else "",
            }
        ),
        "house": Form.filled({name: getattr(shop, name) for name in (*HOUSE, "version")}),
        "series": Form.filled({"next_number": series.next_number}),
    }
    return render_template(
        "store/settings.html",
        record=shop,
        series=series,
        certificate=_certificate(shop),
        settings=settings,
        forms_of=form_of | refused,
        options=forms,
        review_policy=settings.review_policy,
    )


def _certificate(shop: Shop) -> dict | None:
    """`{expires_at, days, cnpj, test}` or `{error}`; None before there is a CNPJ to make one
    for."""
    settings = current_app.extensions["settings"]
    if not (shop.cnpj or settings.nfe_certificate):
        return None
    try:
        found = certificate()
    except CertificateError as error:
        return {"error": str(error)}
    days = (found.expires_at - utc_now()).days
    return {
        "expires_at": found.expires_at,
        "days": days,
        "soon": days < EXPIRES_SOON_DAYS,
        "cnpj": found.cnpj,
        "test": not settings.nfe_certificate,
    }


def _save(name: str, shape, apply, done: str):
    """Parses one of the page's forms and applies it; on a refusal the page comes back as typed."""
    form = Form(request.form, shape)
    try:
        apply(form)
        db.session.commit()
    except Refusal as refusal:
        db.session.rollback()
        return _page(**{name: form.refuse(refusal)}), 422
    flash(done, "good")
    return redirect(url_for("store.settings_page"), 303)


def _shop_as_seen(form: Form) -> Shop:
    shop = the_shop()
    if form.value("version") != str(shop.version):
        raise Stale
    return shop


@bp.post("/settings/issuer")
@allow("admin")
def issuer():
    return _save(
        "issuer",
        IssuerIn,
        lambda form: services.set_issuer(_shop_as_seen(form), form.parse()),
        _("The issuer is saved."),
    )


@bp.post("/settings/house")
@allow("admin")
def house():
    return _save(
        "house",
        HouseIn,
        lambda form: services.set_house(_shop_as_seen(form), form.parse()),
        _("Saved."),
    )


@bp.post("/settings/series")
@allow("admin")
def series():
    return _save(
        "series",
        SeriesIn,
        lambda form: services.raise_next_number(the_series().id, form.parse()),
        _("The numbering goes on from there."),
    )
