"""The lists of payments as declarations."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from webapp.http.lists import Order, newest_first
from webapp.http.query import WrongFilter, query_choice
from webapp.payments.models import AgreedFee, Finding, FindingKind, PaymentNotice, Statement
from webapp.payments.queries import (
    agreed,
    findings_of,
    notices,
    open_findings,
    shown,
    statement_by_id,
    statements,
)
from webapp.platform.whole import whole_number
from webapp.web.listings import Asked, Cell, Listing


def _findings(asked: Asked) -> Select[Any]:
    """All that are open, or a statement's."""
    kind = query_choice("kind", FindingKind, asked)
    if not asked.get("statement"):
        return shown(open_findings(kind))
    statement_id = whole_number(asked["statement"], 1)
    if statement_id is None or kind:
        raise WrongFilter("statement", args=asked)
    return shown(findings_of(statement_by_id(statement_id).id, is_open=True))


def _of_receipt(label: Any, name: str) -> Cell:
    return Cell(label, lambda found: getattr(found.receipt, name) if found.receipt else None)


FINDINGS = Listing(
    name="payment-findings",
    label=_l("Payments to look into"),
    endpoint="payments.index",
    rows=_findings,
    orders=newest_first(Finding.id),
    cells=(
        Cell(_l("What is strange"), lambda found: str(found.kind.label)),
        Cell(_l("Order"), lambda found: found.sale.reference if found.sale else ""),
        Cell(_l("Expected"), lambda found: found.expected),
        Cell(_l("Found"), lambda found: found.found),
        _of_receipt(_l("Day"), "day"),
        _of_receipt(_l("Order or charge"), "reference"),
        _of_receipt(_l("Payment's id"), "payment_id"),
        Cell(_l("When"), lambda found: found.created_at),
    ),
    filters=("kind", "statement"),
)
STATEMENTS = Listing(
    name="statements",
    label=_l("Statements"),
    endpoint="payments.statements_page",
    rows=lambda _asked: statements(),
    orders=newest_first(Statement.id),
    cells=(
        Cell(_l("File"), lambda found: found.name),
        Cell(_l("First day"), lambda found: found.begins_on),
        Cell(_l("Last day"), lambda found: found.ends_on),
        Cell(_l("Lines"), lambda found: found.lines),
        Cell(_l("With an order"), lambda found: found.matched),
        Cell(_l("Amount"), lambda found: found.amount),
        Cell(_l("Fee"), lambda found: found.fee),
    ),
)
NOTICES = Listing(
    name="payment-notices",
    label=_l("Payment notices"),
    endpoint="payments.notices_page",
    rows=lambda _asked: notices(),
    orders=newest_first(PaymentNotice.id),
    cells=(
        Cell(_l("Provider"), lambda found: str(found.provider.label)),
        Cell(_l("Payment's id"), lambda found: found.payment_id),
        Cell(_l("Status"), lambda found: str(found.status.label)),
        Cell(_l("Times"), lambda found: found.times),
        Cell(_l("When"), lambda found: found.created_at),
    ),
)
FEES = Listing(
    name="agreed-fees",
    label=_l("Agreed fees"),
    endpoint="payments.fees_page",
    rows=lambda _asked: agreed(),
    orders={"method": Order((AgreedFee.method, AgreedFee.installments, AgreedFee.id))},
    cells=(
        Cell(_l("Payment"), lambda fee: str(fee.method.label)),
        Cell(_l("From instalments"), lambda fee: fee.installments),
        Cell(_l("Percentage"), lambda fee: fee.percent),
        Cell(_l("Each time"), lambda fee: fee.fixed),
    ),
)
