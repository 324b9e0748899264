"""Tax profiles: their list and who takes which, one with its versions, a new version."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from webapp.catalog.queries import categories
from webapp.fiscal.tax_book import REGIMES
from webapp.http.forms import Form
from webapp.http.handling import acts, submits
from webapp.invoices.queries import last_issued
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.staff.access import allow
from webapp.store.queries import the_shop
from webapp.taxation import words
from webapp.taxation.forms import ACTIVITIES, CategoryChoiceIn, DefaultsIn, TaxProfileIn
from webapp.taxation.listing import CATEGORY_PROFILES, TAX_PROFILES
from webapp.taxation.pages.blueprint import bp
from webapp.taxation.profile_edits import (
    choose_defaults,
    choose_for_category,
    sign_off,
    withdraw,
    write_version,
)
from webapp.taxation.queries import (
    chosen_for,
    default_choices,
    is_profile,
    issuer_today,
    profile_names,
    shop_regime,
    version_in_force,
    version_of,
    versions_of,
)

MOST_CATEGORIES = 1000
# What another version begins with.
COPIED = tuple(name for name in TaxProfileIn.model_fields if name != "valid_from")


# -- the list, and who takes which ----------------------------------------------------------------


@bp.get("/tax-profiles")
@allow("manager", "accountant")
def index() -> str:
    return _index_page()


def _index_page(**refused: Form) -> str:
    forms = {"defaults": Form.filled(dict(default_choices())), "category": Form({})}
    return render_template(
        "taxation/profiles.html",
        page=TAX_PROFILES.page(request.args),
        today=issuer_today(),
        regime=shop_regime(),
        chosen=chosen_for(),
        names=profile_names(),
        choices=CATEGORY_PROFILES.page({}, MOST_CATEGORIES).items,
        categories=categories(),
        forms_of=forms | refused,
    )


@bp.post("/tax-choices/defaults")
@allow("manager", "accountant")
@submits(DefaultsIn, again=lambda form: _index_page(defaults=form))
def save_defaults(wanted: DefaultsIn) -> ResponseReturnValue:
    choose_defaults(wanted)
    return _changed(_("The store's profiles were saved."))


@bp.post("/tax-choices/categories")
@allow("manager", "accountant")
@submits(CategoryChoiceIn, again=lambda form: _index_page(category=form))
def save_category(wanted: CategoryChoiceIn) -> ResponseReturnValue:
    choose_for_category(wanted)
    return _changed(_("The profile of %(category)s was saved.", category=wanted.category))


# -- a version ------------------------------------------------------------------------------------


def _form_page(form: Form, code: str = "") -> str:
    crt = the_shop().crt
    regime = REGIMES[crt]
    others = [each for each in words.ICMS if each != regime]
    return render_template(
        "taxation/form.html",
        form=form,
        code=code,
        crt=crt,
        icms=[(words.REGIMES[each], list(words.ICMS[each].items())) for each in (regime, *others)],
        activities=[(each, each) for each in ACTIVITIES],
    )


@bp.get("/tax-profiles/new")
@allow("manager", "accountant")
def new() -> str:
    today = str(issuer_today())
    return _form_page(Form.filled({"valid_from": today, "ibs_cbs": "000", "nature": "resale"}))


@bp.post("/tax-profiles")
@allow("manager", "accountant")
@submits(TaxProfileIn, again=_form_page)
def create(wanted: TaxProfileIn) -> ResponseReturnValue:
    if is_profile(wanted.code):
        raise Refusal(_("There is a profile with this code: write a new version of it."), "code")
    return _written(wanted)


@bp.get("/tax-profiles/<code>/new-version")
@allow("manager", "accountant")
def new_version(code: str) -> str:
    version = version_in_force(code, shop_regime()) or versions_of(code)[0]
    facts = {name: getattr(version, name) for name in COPIED}
    return _form_page(Form.filled(facts | {"valid_from": str(issuer_today())}), code)


@bp.post("/tax-profiles/<code>")
@allow("manager", "accountant")
@submits(TaxProfileIn, again=_form_page)
def add_version(wanted: TaxProfileIn, code: str) -> ResponseReturnValue:
    versions_of(code)
    if wanted.code != code:
        raise Refusal(_("The code of a profile stays as it is."), "code")
    return _written(wanted)


def _written(wanted: TaxProfileIn) -> ResponseReturnValue:
    version = write_version(wanted, last_issued())
    told = {"number": version.number, "name": version.name}
    text = _("Version %(number)s of %(name)s holds from its first day on.", **told)
    if version.waits:
        text = _("Version %(number)s of %(name)s holds once it is signed off.", **told)
    return _changed(text, url_for("taxation.show", code=version.code))


# -- one profile ----------------------------------------------------------------------------------


@bp.get("/tax-profiles/<code>")
@allow("manager", "accountant")
def show(code: str) -> str:
    versions, regime, today = versions_of(code), shop_regime(), issuer_today()
    return render_template(
        "taxation/profile.html",
        code=code,
        versions=versions,
        present=version_in_force(code, regime),
        regime=regime,
        today=today,
        chosen=chosen_for().get(code),
        issued=last_issued(),
    )


def _to_profile(code: str, **_values: Any) -> ResponseReturnValue:
    return redirect(url_for("taxation.show", code=code), 303)


@bp.post("/tax-profiles/<code>/versions/<id:version_id>/sign-off")
@allow("admin", "accountant")
@acts(back=_to_profile)
def sign_version_off(code: str, version_id: int) -> ResponseReturnValue:
    version = version_of(code, version_id)
    sign_off(version)
    return _changed(
        _("Version %(number)s is signed off.", number=version.number),
        url_for("taxation.show", code=code),
    )


@bp.post("/tax-profiles/<code>/versions/<id:version_id>/withdrawal")
@allow("manager", "accountant")
@acts(back=_to_profile)
def withdraw_version(code: str, version_id: int) -> ResponseReturnValue:
    version = version_of(code, version_id)
    withdraw(version, last_issued())
    db.session.flush()
    place = url_for("taxation.show", code=code) if is_profile(code) else ""
    return _changed(_("Version %(number)s was taken back.", number=version.number), place)


def _changed(news: str, place: str = "") -> ResponseReturnValue:
    flash(news, "good")
    return redirect(place or url_for("taxation.index"), 303)
