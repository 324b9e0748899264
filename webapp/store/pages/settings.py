"""The settings page: the issuer, how the shop works, and its awakening."""

import datetime as dt
from typing import NamedTuple

from flask import current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.authority.certificates import (
    REMINDED_DAYS,
    Source,
    drop_certificate,
    installed,
    refuse_unusable,
    source,
    take_certificate,
)
from webapp.authority.forms import CertificateIn, RootIn, ScenarioIn, scenario_options
from webapp.authority.scenarios import play, the_scenario
from webapp.authority.trust import (
    MOST_BYTES,
    UNKNOWN_CHAIN,
    added_roots,
    distrust,
    is_trusted,
    shipped_roots,
    trust,
)
from webapp.fiscal.cancelling import usual_hours
from webapp.fiscal.certificate import Certificate, CertificateError
from webapp.http.formatting import as_written, day_text, weekday_names
from webapp.http.forms import Form
from webapp.http.handling import refuse_stale, submits
from webapp.http.uploads import LONGEST, sent_file, takes_file
from webapp.platform.cep import format_cep
from webapp.platform.clock import utc_now
from webapp.platform.documents import format_document
from webapp.processing.environments import change_environment
from webapp.staff.access import allow
from webapp.store import forms
from webapp.store.forms import DispatchIn, EnvironmentIn, IssuerIn, ShopSettingsIn, WakeIn
from webapp.store.models import Shop
from webapp.store.pages.blueprint import bp, settings_tabs
from webapp.store.queries import csrt_of, every_series, the_shop
from webapp.store.settings_edits import (
    issuer_facts,
    set_dispatch,
    set_issuer,
    set_shop_settings,
)
from webapp.store.sleep import wake

PROVIDER_NAMES = {
    "viacep": _l("ViaCEP"),
    "brasilapi": _l("BrasilAPI"),
    "opencep": _l("OpenCEP"),
    "awesomeapi": _l("AwesomeAPI"),
    "sample": _l("sample"),
}
SHOP_SETTINGS = tuple(ShopSettingsIn.model_fields)


@bp.get("/settings")
@allow("admin")
def settings_page() -> str:
    return _page()


def _page(**refused: Form) -> str:
    """The page with each form as kept, except the refused one, which stays as typed."""
    shop, series, settings = the_shop(), every_series(), current_app.extensions["settings"]
    form_of = {
        "issuer": _present_issuer(),
        "house": _present_house(),
        "dispatch": _present_dispatch(),
        "wake": Form({}),
        "scenario": Form.filled({"code": "", "times": 1}),
        "certificate": Form({}),
        "root": Form({}),
        "environment": Form({}),
    }
    return render_template(
        "store/settings.html",
        record=shop,
        every_series=series,
        tabs=settings_tabs("store.settings_page"),
        certificate=_certificate(shop),
        unknown_chain=UNKNOWN_CHAIN,
        csrt_is_lost=bool(shop.csrt_sealed) and not csrt_of(shop),
        settings=settings,
        weekdays=list(zip(forms.WEEKDAYS, weekday_names(), strict=True)),
        provider_names=[PROVIDER_NAMES.get(name, name) for name in settings.cep_providers],
        forms_of=form_of | refused,
        options=forms,
        review_policy=settings.review_policy,
        scenario=the_scenario(),
        scenario_options=scenario_options(),
        usual_hours=usual_hours(shop.state),
        shipped_roots=shipped_roots(),
        added_roots=added_roots(),
    )


def _present_issuer() -> Form:
    shop = the_shop()
    written = {
        "zip_code": format_cep(shop.zip_code) if shop.zip_code else "",
        "authorized_parties": "\n".join(map(format_document, shop.authorized_parties)),
        "version": shop.version,
    }
    return Form.filled(as_written(issuer_facts(shop)) | written)


def choices_in_one_line(kept: list[list[str]]) -> str:
    """The choices for IBS and CBS, as the audit tells them."""
    return " · ".join(
        f"{day_text(dt.date.fromisoformat(day))}: {forms.IBS_CBS_CHOICES[choice]}"
        for day, choice in kept
    )


def _present_house() -> Form:
    shop = the_shop()
    return Form.filled({name: getattr(shop, name) for name in (*SHOP_SETTINGS, "version")})


def _present_dispatch() -> Form:
    shop = the_shop()
    days = zip(forms.WEEKDAYS, "1234567", strict=True)
    written = {name: digit in shop.dispatch_weekdays for name, digit in days}
    names = ("cut_off", "pick_up", "preparation_days", "version")
    days_off = "\n".join(shop.days_off.split())
    return Form.filled(
        written | {name: getattr(shop, name) for name in names} | {"days_off": days_off}
    )


class ShownCertificate(NamedTuple):
    """`error` says in words why it cannot be used; without `found` there is none, or it cannot be
    read."""

    source: Source | None
    found: Certificate | None
    error: str
    days: int
    # Whether its chain leads to a root that is known here.
    is_known: bool

    @property
    def tone(self) -> str:
        if self.error:
            return "bad"
        return "warn" if self.days < REMINDED_DAYS else "good"


def _certificate(shop: Shop) -> ShownCertificate:
    now, found = utc_now(), None
    try:
        found = installed(shop)
        refuse_unusable(found, shop, now)
        error = ""
    except CertificateError as refused:
        error = refused.issue.text
    days = (found.expires_at - now).days if found else 0
    is_known = found is not None and is_trusted(found)
    return ShownCertificate(source(), found, error, days, is_known)


def _saved(news: str) -> ResponseReturnValue:
    flash(news, "good")
    return redirect(url_for("store.settings_page"), 303)


@bp.post("/settings/issuer")
@allow("admin")
@submits(IssuerIn, again=lambda form: _page(issuer=form), present=_present_issuer)
def save_issuer(wanted: IssuerIn) -> ResponseReturnValue:
    shop = the_shop()
    refuse_stale(shop)
    set_issuer(shop, wanted)
    return _saved(_("Company details saved."))


@bp.post("/settings/house")
@allow("admin")
@submits(ShopSettingsIn, again=lambda form: _page(house=form), present=_present_house)
def save_shop_settings(wanted: ShopSettingsIn) -> ResponseReturnValue:
    shop = the_shop()
    refuse_stale(shop)
    set_shop_settings(shop, wanted)
    return _saved(_("Saved."))


@bp.post("/settings/dispatch")
@allow("admin")
@submits(DispatchIn, again=lambda form: _page(dispatch=form), present=_present_dispatch)
def save_dispatch(wanted: DispatchIn) -> ResponseReturnValue:
    shop = the_shop()
    refuse_stale(shop)
    set_dispatch(shop, wanted)
    return _saved(_("Saved."))


@bp.post("/settings/sandbox-scenario")
@allow("admin")
@submits(ScenarioIn, again=lambda form: _page(scenario=form))
def save_scenario(wanted: ScenarioIn) -> ResponseReturnValue:
    play(wanted.code, wanted.times)
    return _saved(_("Saved."))


@bp.post("/settings/environment")
@allow("admin")
@submits(EnvironmentIn, again=lambda form: _page(environment=form))
def save_environment(wanted: EnvironmentIn) -> ResponseReturnValue:
    change_environment(wanted)
    return _saved(_("From now on: %(where)s.", where=forms.ENVIRONMENTS[wanted.environment]))


@bp.post("/settings/certificate")
@allow("admin")
@takes_file
@submits(CertificateIn, again=lambda form: _page(certificate=form))
def save_certificate(wanted: CertificateIn) -> ResponseReturnValue:
    with sent_file("pfx").stream as file:
        # Of one that is too long no more is read than tells so.
        taken = take_certificate(file.read(LONGEST), wanted.password)
    if not is_trusted(taken):
        flash(str(UNKNOWN_CHAIN), "warn")
    day = day_text(taken.expires_at)
    return _saved(_("The certificate is in use; it counts until %(day)s.", day=day))


@bp.post("/settings/certificate/removal")
@allow("admin")
def remove_certificate() -> ResponseReturnValue:
    drop_certificate()
    return _saved(_("The certificate was removed."))


@bp.post("/settings/roots")
@allow("admin")
@takes_file
@submits(RootIn, again=lambda form: _page(root=form))
def add_root(wanted: RootIn) -> ResponseReturnValue:
    with sent_file("root").stream as file:
        root = trust(file.read(MOST_BYTES + 1))
    return _saved(_("“%(name)s” is trusted from now on.", name=root.name))


@bp.post("/settings/roots/<id:root_id>/removal")
@allow("admin")
def remove_root(root_id: int) -> ResponseReturnValue:
    distrust(root_id)
    return _saved(_("The root was removed."))


@bp.post("/settings/awakening")
@allow("admin")
@submits(WakeIn, again=lambda form: _page(wake=form))
def wake_shop(wanted: WakeIn) -> ResponseReturnValue:
    wake(wanted)
    return _saved(_("The shop is awake: what is owed is being done."))
