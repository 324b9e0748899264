"""Notices of providers as they arrive: known to be theirs, kept raw, applied once."""

import datetime as dt
import hmac
import json
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from webapp.http.transactions import write_apart
from webapp.payments.access import opened
from webapp.payments.models import NoticeStatus, PaymentNotice, PaymentProvider, ProviderAccess
from webapp.payments.providers import (
    SignedNotice,
    Strange,
    is_signed,
    pix_payments,
    read_json,
)
from webapp.payments.queries import access_to
from webapp.payments.receiving import take_payment
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.platform.transactions import only_reading
from webapp.staff.throttle import refuse_flood

LONGEST_KEPT = 20_000
ONE_A_MINUTE = dt.timedelta(minutes=1)
# Of what is not a provider's, from one network in a minute; a provider's own are never counted.
STRANGERS, MOST_REFUSED = "notices", 30


class NotFromProvider(Refusal):
    status = 400
    title = _l("This notice is not from the provider")


class NoNotice(Refusal):
    status = 422
    title = _l("This is no notice of a payment")


def take_pix_notice(secret: str, body: bytes) -> None:
    """Of a PSP that knows the secret address. Told again, it changes nothing. Raises Refusal."""
    known = _secret_of(PaymentProvider.PIX)
    if not known or not hmac.compare_digest(known.encode(), secret.encode()):
        _refuse(PaymentProvider.PIX)
    try:
        told = read_json(body)
        # A PSP tries the address when it is told of it, with a notice of nothing.
        found = pix_payments(told) if "pix" in told else []
    except Strange as strange:
        raise NoNotice(_("It does not say what API Pix says: %(what)s.", what=strange)) from None
    # In one order for everybody: whoever takes two at once waits in no circle.
    for payment, row in sorted(found, key=lambda each: each[0].payment_id):
        notice, is_new = _kept(PaymentProvider.PIX, payment.payment_id, row)
        if not is_new:
            notice.times += 1
            continue
        notice.payment_id = payment.payment_id
        status, sale_id = take_payment(payment, notice)
        notice.came_to(status, sale_id)


def take_mercado_pago_notice(signed: SignedNotice, body: bytes) -> None:
    """It names a payment, of which Mercado Pago is then asked. Raises Refusal."""
    if not is_signed(signed, _secret_of(PaymentProvider.MERCADO_PAGO), utc_now()):
        _refuse(PaymentProvider.MERCADO_PAGO)
    try:
        told = read_json(body)
    except Strange as strange:
        raise NoNotice(_("It does not say what it should: %(what)s.", what=strange)) from None
    if told.get("type") != "payment":
        # Other things that the account may tell of are nothing to us.
        return
    key = str(told.get("id") or f"{signed.data_id}-{told.get('action', '')}")[:80]
    notice, is_new = _kept(PaymentProvider.MERCADO_PAGO, key, told)
    notice.payment_id = signed.data_id[:80]
    if is_new:
        notice.owe(utc_now())
    else:
        notice.times += 1


def _secret_of(provider: PaymentProvider) -> str:
    """Only read: strangers, whoever they are, keep nobody from writing. Raises Refusal where the
    provider is not set up."""
    with only_reading():
        access = access_to(provider)
        sealed = access.secret_sealed if access else None
        db.session.rollback()
    if sealed is None:
        refuse_flood(STRANGERS, MOST_REFUSED)
        raise NotFromProvider(_("This shop takes no notices of this provider."))
    return opened(sealed)


def _refuse(provider: PaymentProvider) -> None:
    """Who has the shop's address can send anything: that is told, and nothing of it is kept."""
    refuse_flood(STRANGERS, MOST_REFUSED)
    now = utc_now()
    is_due = ProviderAccess.refused_at.is_(None) | (ProviderAccess.refused_at < now - ONE_A_MINUTE)
    row = (ProviderAccess.provider == provider) & is_due
    write_apart(update(ProviderAccess).where(row).values(refused_at=now))
    raise NotFromProvider(_("Its signature or secret does not fit."))


def _kept(provider: PaymentProvider, key: str, told: dict[str, Any]) -> tuple[PaymentNotice, bool]:
    """The notice as it was told, and whether it is new. Two of one at once: the second begins
    anew, and finds the first."""
    query = select(PaymentNotice).where(
        PaymentNotice.provider == provider, PaymentNotice.key == key
    )
    notice = db.session.scalar(query.with_for_update())
    if notice is not None:
        return notice, False
    body = json.dumps(told, ensure_ascii=False, default=str)[:LONGEST_KEPT].replace("\\u0000", "")
    notice = PaymentNotice(provider=provider, key=key, body=body, status=NoticeStatus.PENDING)
    notice.times = 1
    db.session.add(notice)
    db.session.flush()
    return notice, True
