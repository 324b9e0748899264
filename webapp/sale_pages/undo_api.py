"""Undoing sales, and trying their effects again, under /api/v1."""

import uuid

from flask import request
from flask_babel import gettext as _

from webapp.audit.tracking import because
from webapp.http.transactions import in_transaction
from webapp.invoices.queries import invoice_of
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid
from webapp.processing.attention import retry_effect
from webapp.processing.cancellation import cancel, sale_to_undo
from webapp.processing.forms import CancellationIn, RefundIn
from webapp.processing.refunds import key_of, refund
from webapp.sale_pages.api import LONGEST_KEY, sale_json
from webapp.sales.models import Refund, Sale
from webapp.web.api import api_blueprint, endpoint, identity_scope

bp = api_blueprint("processing")


def _shown(sale: Sale) -> dict:
    db.session.flush()
    return sale_json(sale, invoice_of(sale.id))


def refund_json(made: Refund | None) -> dict:
    """A refund of nothing has no number."""
    if made is None:
        return {"number": None, "amount": "0.00", "lines": []}
    return {"number": made.number, "amount": str(made.amount), "lines": made.lines}


@endpoint(bp, "POST", "/sales/<id:sale_id>/cancellation", "manager", body=CancellationIn)
def cancel_sale(wanted: CancellationIn, sale_id: int):
    """Cancels a sale in any state but while SEFAZ has not answered: stock back (if it did not
    ship), effects reversed."""

    def work():
        sale = sale_to_undo(sale_id)
        cancel(sale, wanted.reason)
        return _shown(sale)

    with because(wanted.reason):
        return in_transaction(work)


@endpoint(
    bp,
    "POST",
    "/sales/<id:sale_id>/refunds",
    "manager",
    body=RefundIn,
    headers=("Idempotency-Key",),
)
def refund_sale(wanted: RefundIn, sale_id: int):
    """Gives units of lines back: their share of every effect is reversed, to the cent; the freight
    is not given back."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY:
        raise Invalid(
            [
                FieldError(
                    "Idempotency-Key",
                    _("At most %(max_length)s characters.", max_length=LONGEST_KEY),
                )
            ]
        )
    kept = key_of(identity_scope(), key or uuid.uuid4().hex)

    def work():
        sale = sale_to_undo(sale_id)
        made = refund(sale, wanted, kept)
        return {"sale": _shown(sale), "refund": refund_json(made)}

    with because(wanted.reason):
        return in_transaction(work)


@endpoint(bp, "POST", "/sales/<id:sale_id>/effects/<id:effect_id>/retry", "manager", status=202)
def retry(sale_id: int, effect_id: int):
    """Tries an effect that failed again, at once."""

    def work():
        effect = retry_effect(sale_to_undo(sale_id), effect_id)
        return {"id": effect.id, "status": effect.status, "attempts": effect.attempts}

    return in_transaction(work)
