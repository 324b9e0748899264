"""What an administrator sets: the issuer, how the shop works, and where the numbering stands."""

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select

from webapp.audit.tracking import record
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.store.forms import IssuerIn, SeriesIn, ShopSettingsIn
from webapp.store.models import Series, Shop

HOUSE_FACTS = tuple(name for name in ShopSettingsIn.model_fields if name != "review_policy")


def set_issuer(shop: Shop, wanted: IssuerIn) -> None:
    for name, value in wanted.model_dump().items():
        setattr(shop, name, value)
    shop.trade_name = wanted.trade_name or wanted.name
    shop.ibge = wanted.city_ibge


def set_shop_settings(shop: Shop, wanted: ShopSettingsIn) -> None:
    for name in HOUSE_FACTS:
        setattr(shop, name, getattr(wanted, name))
    if wanted.review_policy and wanted.review_policy != shop.review_policy:
        if current_app.extensions["settings"].review_policy_from_env:
            raise Refusal(
                _("The environment sets REVIEW_POLICY; it cannot be changed here."), "review_policy"
            )
        shop.review_policy = wanted.review_policy


def raise_next_number(series_id: int, wanted: SeriesIn) -> None:
    """Moves a series on, never back: a number is used once. Waits for an NF-e that is taking its
    number."""
    series = db.session.scalars(
        select(Series).where(Series.id == series_id).with_for_update()
    ).one()
    if wanted.next_number < series.next_number:
        raise Refusal(
            _(
                "The series stands at %(number)s already; a number is never used twice.",
                number=series.next_number,
            ),
            "next_number",
        )
    if wanted.next_number > series.next_number:
        record(
            db.session,
            "changed",
            "series",
            series.id,
            str(series.number),
            next_number=wanted.next_number,
        )
        series.next_number = wanted.next_number
