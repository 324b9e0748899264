"""Undoing sales, and trying their effects again, under /api/v1."""

import uuid

from flask_babel import lazy_gettext as _l

from webapp.audit.tracking import because
from webapp.platform.database import db
from webapp.processing.attention import retry_effect
from webapp.processing.cancellation import cancel, sale_to_undo
from webapp.processing.forms import CancellationIn, GoodsReturnIn, RefundIn
from webapp.processing.refunds import key_of, refund
from webapp.processing.returns import return_goods
from webapp.sale_pages.api import STATE_FORBIDS, sale_answer
from webapp.sale_pages.shapes import EffectAttemptOut, RefundedSaleOut, ReturnedSaleOut, SaleOut
from webapp.sales.models import Refund, Sale
from webapp.sales.queries import NO_SALE
from webapp.web.api import (
    IDEMPOTENCY_KEY,
    api_blueprint,
    endpoint,
    idempotency_key,
    identity_scope,
)

bp = api_blueprint("processing")


def _answer(sale: Sale) -> dict[str, object]:
    """What was done is written here, while its reason is known."""
    db.session.flush()
    return sale_answer(sale)


def refund_json(made: Refund | None) -> dict[str, object]:
    """A refund of nothing has no number."""
    if made is None:
        return {"number": None, "amount": "0.00", "lines": []}
    return {"number": made.number, "amount": str(made.amount), "lines": made.lines}


@endpoint(
    bp,
    "POST",
    "/sales/<id:sale_id>/cancellation",
    "manager",
    body=CancellationIn,
    answer=SaleOut,
    refusals={404: NO_SALE, 409: _l("SEFAZ has not answered about its NF-e yet.")},
    summary=_l(
        "Cancels a sale in any state but while SEFAZ has not answered: stock back (if it "
        "did not ship), effects reversed."
    ),
)
def cancel_sale(wanted: CancellationIn, sale_id: int) -> dict[str, object]:
    with because(wanted.reason):
        sale = sale_to_undo(sale_id)
        cancel(sale, wanted.reason)
        return _answer(sale)


@endpoint(
    bp,
    "POST",
    "/sales/<id:sale_id>/refunds",
    "manager",
    body=RefundIn,
    headers=(IDEMPOTENCY_KEY,),
    answer=RefundedSaleOut,
    refusals={
        404: NO_SALE,
        409: _l("Its state forbids it, or the key came with another body before."),
    },
    summary=_l(
        "Gives units of lines back: their share of every effect is reversed, to the "
        "cent; the freight is not given back."
    ),
)
def refund_sale(wanted: RefundIn, sale_id: int) -> dict[str, object]:
    key = key_of(identity_scope(), idempotency_key() or uuid.uuid4().hex)
    with because(wanted.reason):
        sale = sale_to_undo(sale_id)
        made = refund(sale, wanted, key)
        return {"sale": _answer(sale), "refund": refund_json(made)}


@endpoint(
    bp,
    "POST",
    "/sales/<id:sale_id>/returns",
    "clerk",
    body=GoodsReturnIn,
    headers=(IDEMPOTENCY_KEY,),
    answer=ReturnedSaleOut,
    status=202,
    refusals={
        404: NO_SALE,
        409: _l("Its NF-e is not authorized, or the key came with another body before."),
    },
    summary=_l(
        "Begins the return note (an incoming NF-e) of goods that come back; stock and "
        "refund follow its authorization."
    ),
)
def return_lines(wanted: GoodsReturnIn, sale_id: int) -> dict[str, object]:
    key = key_of(identity_scope(), idempotency_key() or uuid.uuid4().hex)
    with because(wanted.reason or str(wanted.cause.label)):
        made = return_goods(sale_to_undo(sale_id), wanted, key)
        db.session.flush()
    return {"invoice": {"id": made.id}}


@endpoint(
    bp,
    "POST",
    "/sales/<id:sale_id>/effects/<id:effect_id>/retry",
    "manager",
    answer=EffectAttemptOut,
    status=202,
    refusals={404: _l("There is no such order, or no such effect of it."), 409: STATE_FORBIDS},
    summary=_l("Tries an effect that failed again, at once."),
)
def retry(sale_id: int, effect_id: int) -> dict[str, object]:
    effect = retry_effect(sale_to_undo(sale_id), effect_id)
    return {"id": effect.id, "status": effect.status, "attempts": effect.attempts}
