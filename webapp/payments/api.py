"""Payments as calls."""

from typing import Any

from flask import g
from flask_babel import lazy_gettext as _l

from webapp.http.answers import list_of
from webapp.payments.forms import ChargeIn, FindingQuery, SettlingIn
from webapp.payments.models import Finding
from webapp.payments.queries import open_findings, shown
from webapp.payments.receiving import await_payment
from webapp.payments.settling import finding_of, settle_finding
from webapp.payments.shapes import ChargeOut, FindingOut
from webapp.platform.clock import utc_now
from webapp.sales.queries import NO_SALE, sale_of
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("payments")


@endpoint(
    bp,
    "POST",
    "/sales/<id:sale_id>/charges",
    "clerk",
    body=ChargeIn,
    answer=ChargeOut,
    status=201,
    refusals={404: NO_SALE, 409: _l("Another order has it, or this one was cancelled.")},
    summary=_l(
        "Says what a provider was told to collect for an order: its notice is matched by that, and "
        "one that does not come is asked for. Said twice, it is one charge."
    ),
)
def add_charge(wanted: ChargeIn, sale_id: int) -> dict[str, Any]:
    charge = await_payment(sale_of(sale_id, lock=True), wanted.provider, wanted.key)
    return {"provider": charge.provider, "key": charge.key, "status": charge.status}


@endpoint(
    bp,
    "GET",
    "/payment-findings",
    "manager",
    "accountant",
    query=FindingQuery,
    answer=list_of(FindingOut),
    summary=_l("What is strange about money and not settled, the newest first."),
)
def list_findings(asked: FindingQuery) -> dict[str, Any]:
    return list_answer(asked, shown(open_findings(asked.kind)), (Finding.id,), finding_json)


@endpoint(
    bp,
    "POST",
    "/payment-findings/<id:finding_id>/settlement",
    "manager",
    body=SettlingIn,
    answer=FindingOut,
    refusals={
        404: _l("There is no such payment to look into."),
        409: _l("Its order does not allow it, or nobody knows whose the money is."),
    },
    summary=_l(
        "Does what the page's one button does; said twice, it is done once. Of money without an "
        "order `reference` says whose it is."
    ),
)
def settle(wanted: SettlingIn, finding_id: int) -> dict[str, Any]:
    found = finding_of(finding_id, lock=True)
    settle_finding(found, wanted.reference, g.identity.actor, utc_now())
    return finding_json(found)


def finding_json(found: Finding) -> dict[str, Any]:
    receipt, sale = found.receipt, found.sale
    amounts = {"expected": found.expected, "found": found.found}
    return {
        "id": found.id,
        "kind": found.kind,
        "sale_id": found.sale_id,
        "reference": sale.reference if sale else receipt.reference if receipt else "",
        "payment_id": receipt.payment_id if receipt else "",
    } | {name: None if amount is None else str(amount) for name, amount in amounts.items()}
