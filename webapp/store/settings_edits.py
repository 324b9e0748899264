"""What an administrator sets: the issuer, and how the shop works."""

from typing import Any

from flask import current_app
from flask_babel import gettext as _

from webapp.audit.tracking import record
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, Refusal
from webapp.platform.sealed import seal
from webapp.store.dispatch import DispatchTerms, terms_of
from webapp.store.forms import DispatchIn, IssuerIn, ShopSettingsIn, TechnicalContactIn
from webapp.store.models import Shop
from webapp.store.queries import CSRT, csrt_of

CONTACT_FACTS = ("cnpj", "name", "email", "phone")
ISSUER_FACTS = tuple(
    name
    for name in IssuerIn.model_fields
    if name not in ("technical_contact", "ibs_cbs_regime", "ibs_cbs_from")
)
HOUSE_FACTS = tuple(name for name in ShopSettingsIn.model_fields if name != "review_policy")


def set_issuer(shop: Shop, wanted: IssuerIn) -> None:
    """NF-e that wait are tried again where anything of it is new. Raises Invalid."""
    before, terms = (issuer_facts(shop), shop.csrt_sealed), terms_of(shop)
    for name in ISSUER_FACTS:
        setattr(shop, name, getattr(wanted, name))
    shop.trade_name = wanted.trade_name or wanted.name
    shop.ibge = wanted.city_ibge
    _choose_ibs_cbs(shop, wanted)
    _set_technical_contact(shop, wanted.technical_contact)
    if (issuer_facts(shop), shop.csrt_sealed) != before:
        shop.issue_otherwise()
    _dispatch_by(shop, terms)


def _dispatch_by(shop: Shop, before: DispatchTerms) -> None:
    if terms_of(shop) != before:
        shop.dispatch_otherwise()


def _choose_ibs_cbs(shop: Shop, wanted: IssuerIn) -> None:
    if wanted.ibs_cbs_from is not None:
        shop.choose_ibs_cbs(wanted.ibs_cbs_regime, wanted.ibs_cbs_from)
    elif shop.ibs_cbs_choices:
        message = _("Write from which day on this holds.")
        raise Invalid([FieldError("ibs_cbs_from", message)])


def _set_technical_contact(shop: Shop, wanted: TechnicalContactIn) -> None:
    for name in CONTACT_FACTS:
        setattr(shop, f"technical_{name}", getattr(wanted, name))
    # Left blank it is kept: it is never shown.
    kept = csrt_of(shop)
    csrt = (wanted.csrt or kept) if wanted.csrt_id else ""
    if wanted.csrt_id and not csrt:
        raise Invalid([FieldError("technical_contact.csrt", _("Fill this in."))])
    if csrt != kept:
        record(db.session, "changed", "shop", shop.id, csrt="***")
        shop.csrt_sealed = seal(CSRT, csrt.encode()) if csrt else None
    shop.csrt_id = wanted.csrt_id


def issuer_facts(shop: Shop) -> dict[str, Any]:
    """What `set_issuer` takes, as it stands; the secret stays where it is."""
    contact = {name: getattr(shop, f"technical_{name}") for name in CONTACT_FACTS}
    first_day, choice = shop.ibs_cbs_choices[-1] if shop.ibs_cbs_choices else (None, "")
    return {name: getattr(shop, name) for name in ISSUER_FACTS} | {
        "ibs_cbs_regime": choice,
        "ibs_cbs_from": first_day,
        "technical_contact": contact | {"csrt_id": shop.csrt_id},
    }


def set_dispatch(shop: Shop, wanted: DispatchIn) -> None:
    before = terms_of(shop)
    shop.cut_off, shop.pick_up = wanted.cut_off, wanted.pick_up
    shop.preparation_days = wanted.preparation_days
    shop.dispatch_weekdays, shop.days_off = wanted.weekdays, " ".join(wanted.days_off)
    _dispatch_by(shop, before)


def set_shop_settings(shop: Shop, wanted: ShopSettingsIn) -> None:
    terms = terms_of(shop)
    for name in HOUSE_FACTS:
        setattr(shop, name, getattr(wanted, name))
    _dispatch_by(shop, terms)
    if wanted.review_policy and wanted.review_policy != shop.review_policy:
        if current_app.extensions["settings"].review_policy_from_env:
            raise Refusal(
                _("The environment sets REVIEW_POLICY; it cannot be changed here."), "review_policy"
            )
        shop.review_policy = wanted.review_policy
