"""What a person does about strange money: one act for each kind."""

import datetime as dt

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.payments.fees import agreed_fees
from webapp.payments.models import Finding, FindingKind
from webapp.payments.receiving import attach, receipts_of, settle_what_came
from webapp.platform.database import db
from webapp.platform.errors import NotFound, Refusal
from webapp.platform.text import storable
from webapp.sales.models import Sale, Status
from webapp.sales.queries import sale_of


def finding_of(finding_id: int, lock: bool = False) -> Finding:
    """Raises NotFound. Locked, its order is locked before it, as everybody does."""
    finding = db.session.get(Finding, finding_id)
    if finding is None:
        raise NotFound(_("There is no such payment to look into."))
    if lock:
        if finding.sale_id:
            sale_of(finding.sale_id, lock=True)
        query = select(Finding).where(Finding.id == finding_id).with_for_update()
        db.session.scalars(query.execution_options(populate_existing=True)).one()
    return finding


def settle_finding(finding: Finding, reference: str, actor: str, now: dt.datetime) -> None:
    """What its button says; said twice, it is done once. `reference`: of money without an order,
    whose it is. Raises Refusal."""
    if finding.settled_at is not None:
        return
    if finding.kind is FindingKind.NO_ORDER:
        _give_to(finding, _sale_called(reference), now)
    elif finding.kind is FindingKind.UNPAID and finding.sale:
        finding.sale.pay(now)
    finding.settle(actor, now)


def put_aside(finding: Finding, actor: str, now: dt.datetime) -> None:
    """Money that is no order's at all: the shop's own, or of another business."""
    if finding.kind is not FindingKind.NO_ORDER:
        raise Refusal(_("Only money without an order can be of something else."))
    finding.settle(actor, now)


def _give_to(finding: Finding, sale: Sale, now: dt.datetime) -> None:
    receipt = finding.receipt
    assert receipt, "money without an order is money"
    if sale.status is Status.CANCELLED and sale.paid_at is None:
        raise Refusal(_("This order was cancelled; it cannot be paid any more."), "reference")
    earlier = receipts_of([sale.id]).get(sale.id, [])
    settle_what_came(receipt, sale, now)
    attach(receipt, sale, earlier, agreed_fees(), now, pays=True)


def _sale_called(reference: str) -> Sale:
    """Locked. Raises Refusal where it is none, or not one alone."""
    named = storable(reference.strip())
    if not named:
        raise Refusal(_("Say whose it is: an order's reference."), "reference")
    ids = db.session.scalars(select(Sale.id).where(Sale.reference == named).limit(2)).all()
    if len(ids) != 1:
        words = (
            _("There is no order %(reference)s.", reference=named[:60])
            if not ids
            else _("Several orders are called %(reference)s.", reference=named[:60])
        )
        raise Refusal(words, "reference")
    return sale_of(ids[0], lock=True)
