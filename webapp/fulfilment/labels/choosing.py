"""Who sells labels to this shop: nobody until an administrator gives a token."""

import base64
import datetime as dt
import json

from flask import current_app
from flask_babel import gettext as _

from webapp.audit.tracking import record
from webapp.fulfilment.labels.forms import LabelSettingsIn
from webapp.fulfilment.labels.melhor_envio import MelhorEnvio
from webapp.fulfilment.labels.provider import LabelProvider
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.platform.sealed import OtherKey, seal, unseal
from webapp.store.models import MELHOR_ENVIO, Shop
from webapp.store.queries import the_shop


def label_provider() -> LabelProvider | None:
    shop = the_shop()
    token = token_of(shop)
    url = current_app.extensions["settings"].melhor_envio_url
    return MelhorEnvio(url, token, shop.email) if token else None


def token_of(shop: Shop) -> str:
    """Blank where there is none, and where it was sealed with another SECRET_KEY."""
    try:
        sealed = shop.melhor_envio_sealed
        return unseal(MELHOR_ENVIO, sealed).decode() if sealed else ""
    except OtherKey:
        return ""


def token_ends_at(shop: Shop) -> dt.datetime | None:
    """As the token itself tells, which is a JWT; None where it tells nothing of it."""
    try:
        claims = token_of(shop).split(".")[1]
        told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]
        return dt.datetime.fromtimestamp(told, dt.UTC)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, OSError, RecursionError):
        return None


def set_label_settings(shop: Shop, wanted: LabelSettingsIn) -> None:
    """The token is written and never shown; left blank it is kept. Raises Refusal."""
    shop.box_height_cm, shop.box_width_cm = wanted.height_cm, wanted.width_cm
    shop.box_length_cm = wanted.length_cm
    if wanted.token and wanted.drop_token:
        raise Refusal(_("Write a token, or have it removed."), "token")
    if wanted.token or (wanted.drop_token and shop.melhor_envio_sealed):
        record(db.session, "changed", "shop", shop.id, melhor_envio_token="***")
        sealed = seal(MELHOR_ENVIO, wanted.token.encode()) if wanted.token else None
        shop.melhor_envio_sealed = sealed
