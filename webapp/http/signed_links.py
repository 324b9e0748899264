"""Addresses that let somebody without an account read one thing, for a time: given out by e-mail.

Such an address names a row's id and the day on which it ends, sealed by the shop's secret: nobody
can make one, or lead one to another row, and it tells nothing of a person.
"""

import datetime as dt
from typing import NamedTuple

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeSerializer

from webapp.http.formatting import shop_day
from webapp.platform.clock import utc_now
from webapp.platform.errors import Refusal

DAYS = 30


class LinkEnded(Refusal):
    status = 410
    title = _l("This link has ended")


class SignedLink(NamedTuple):
    """What a link is good for; `until` is its last day."""

    row_id: int
    until: dt.date

    @property
    def given_on(self) -> dt.date:
        return self.until - dt.timedelta(DAYS)


def seal_link(kind: str, row_id: int, given: dt.datetime) -> str:
    """The token of a link to a row of this kind that was given at a moment."""
    until = given.date() + dt.timedelta(DAYS)
    return str(_serializer(kind).dumps([row_id, until.toordinal()]))


def open_link(kind: str, token: str) -> SignedLink:
    """Raises LinkEnded."""
    try:
        row_id, last = _serializer(kind).loads(token)
    except (BadSignature, ValueError):
        raise LinkEnded(_("It is not whole. Copy all of it from the e-mail.")) from None
    link = SignedLink(row_id, dt.date.fromordinal(last))
    if shop_day(utc_now()) > link.until:
        raise LinkEnded(_("It was good for 30 days. Ask the shop for the files once more."))
    return link


def _serializer(kind: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"link to {kind}")
