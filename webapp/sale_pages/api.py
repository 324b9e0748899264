"""Sales under /api/v1."""

import datetime as dt

from flask import request
from flask_babel import gettext as _

from webapp.customers.forms import AddressIn
from webapp.http.forms import parse
from webapp.http.transactions import in_transaction
from webapp.invoices.issues import issue_of, issues_of
from webapp.invoices.models import Invoice
from webapp.invoices.queries import invoice_of, invoices_of
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, NotFound
from webapp.processing.attention import mend_address
from webapp.processing.effects import kind_of
from webapp.rules.queries import decisions_of
from webapp.sales import placing as services
from webapp.sales.forms import SaleIn
from webapp.sales.models import Sale, Status
from webapp.sales.placing import place, place_once
from webapp.sales.queries import sale_of, sales, whole
from webapp.web.api import api_blueprint, endpoint, identity_scope, list_answer, read_json

bp = api_blueprint("sales")
LONGEST_KEY = 200


# -- shapes of answers ----------------------------------------------------------------------------


def sale_json(sale: Sale, invoice: Invoice | None) -> dict:
    issue = issue_of(sale)
    return {
        "id": sale.id,
        "reference": sale.reference,
        "status": sale.status,
        "step": sale.step,
        "shipping": sale.shipping,
        "attention": issue
        and {"step": sale.step, "reason": issue.text, "field": issue.field or None},
        "carrier": sale.carrier,
        "tracking_code": sale.tracking_code,
        "total": str(sale.total),
        "customer": {
            "id": sale.customer_id,
            "name": sale.customer_name,
            "document": sale.customer_document,
            "email": sale.customer_email,
            "phone": sale.customer_phone,
        },
        "address": sale.address_parts | {"ibge": sale.ibge, "source": sale.address_source},
        "lines": [
            {
                "line": line.position,
                "sku": line.sku,
                "name": line.name,
                "kind": line.kind,
                "quantity": line.quantity,
                "unit_price": str(line.unit_price),
                "total": str(line.total),
                "gift": line.gift,
                "refunded": line.refunded,
            }
            for line in sale.lines
        ],
        "invoice": invoice
        and {
            "id": invoice.id,
            "number": invoice.number,
            "series": invoice.series,
            "status": invoice.status,
            "access_key": invoice.access_key,
            "reasons": [
                {"code": issue.code, "message": issue.text, "field": issue.field or None}
                for issue in issues_of(invoice)
            ],
        },
        "created_at": sale.created_at.isoformat(),
        "updated_at": sale.updated_at.isoformat(),
    }


def _shown(sale: Sale) -> dict:
    return sale_json(sale, invoice_of(sale.id))


def _all_shown(rows: list[Sale]) -> list[dict]:
    invoices = invoices_of([sale.id for sale in rows])
    return [sale_json(sale, invoices.get(sale.id)) for sale in rows]


def _sale(sale_id: int) -> Sale:
    return sale_of(sale_id, _("There is no order with this number."))


# -- calls ----------------------------------------------------------------------------------------


@endpoint(bp, "POST", "/sales", "clerk", body=SaleIn, headers=("Idempotency-Key",), status=201)
def create_sale(wanted: SaleIn):
    """Enters a sale; with an Idempotency-Key it is made once, however often it is sent."""
    key, scope = request.headers.get("Idempotency-Key", "").strip(), identity_scope()
    if len(key) > LONGEST_KEY:
        raise Invalid(
            [
                FieldError(
                    "Idempotency-Key",
                    _("At most %(max_length)s characters.", max_length=LONGEST_KEY),
                )
            ]
        )

    def work():
        sale, is_new = place_once(scope, key, wanted) if key else (place(wanted), True)
        db.session.flush()
        return (sale_json(sale, None), 201) if is_new else (_shown(sale), 200)

    return in_transaction(work)


@endpoint(
    bp,
    "GET",
    "/sales",
    "clerk",
    "accountant",
    query=("status", "q", "since", "updated_since", "limit", "cursor"),
)
def list_sales():
    """Sales, the newest first."""
    status = request.args.get("status")
    if status and status not in set(Status):
        raise Invalid(
            [FieldError("status", _("Choose one of: %(expected)s.", expected=", ".join(Status)))]
        )
    query = sales(
        status=Status(status) if status else None,
        q=request.args.get("q", "")[:200],
        since=_moment("since"),
        updated_since=_moment("updated_since"),
    )
    answer = list_answer(whole(query), (Sale.id,), lambda sale: sale)
    return answer | {"items": _all_shown(answer["items"])}


def _moment(name: str) -> dt.datetime | None:
    written = request.args.get(name)
    if not written:
        return None
    try:
        # A "+" that was not quoted comes as a space.
        moment = dt.datetime.fromisoformat(written.replace(" ", "+"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise Invalid([FieldError(name, _("Write a moment like 2026-11-20T14:30:00Z."))]) from None


@endpoint(bp, "GET", "/sales/<id:sale_id>", "clerk", "accountant")
def get_sale(sale_id: int):
    """One sale as it stands."""
    return _shown(_sale(sale_id))


@endpoint(bp, "PATCH", "/sales/<id:sale_id>", "clerk")
def change_sale(sale_id: int):
    """Changes an open sale: any part of the body that POST /sales takes; lines are replaced as a
    whole."""
    changes = read_json()
    if not isinstance(changes, dict):
        raise Invalid([FieldError("", _("Send an object here."))])

    def work():
        sale = _sale(sale_id)
        services.change(sale, parse(SaleIn, _merged(services.as_input(sale), changes)))
        db.session.flush()
        return sale_json(sale, None)

    return in_transaction(work)


def _merged(known: dict, changes: dict) -> dict:
    return known | {
        name: known[name] | value
        if isinstance(value, dict) and isinstance(known.get(name), dict)
        else value
        for name, value in changes.items()
    }


@endpoint(bp, "DELETE", "/sales/<id:sale_id>", "clerk", status=204)
def cancel_sale(sale_id: int):
    """Cancels an open sale; its stock comes back."""
    in_transaction(lambda: services.cancel_open(_sale(sale_id), "order cancelled"))


@endpoint(bp, "POST", "/sales/<id:sale_id>/payment", "clerk", status=202)
def pay_sale(sale_id: int):
    """Starts the processing of an open sale; said twice, it starts once."""

    def work():
        sale = _sale(sale_id)
        sale.pay(utc_now())
        db.session.flush()
        return _shown(sale)

    return in_transaction(work)


@endpoint(bp, "PATCH", "/sales/<id:sale_id>/address", "clerk", body=AddressIn)
def change_address(wanted: AddressIn, sale_id: int):
    """Mends the address (parts left out stay); the sale goes on."""

    def work():
        sale = _sale(sale_id)
        parts = sale.address_parts | wanted.model_dump(exclude_unset=True)
        mend_address(sale, parse(AddressIn, parts))
        db.session.flush()
        return _shown(sale)

    return in_transaction(work)


@endpoint(bp, "GET", "/sales/<id:sale_id>/decision", "clerk", "accountant")
def get_decision(sale_id: int):
    """What the rules came to, and every effect."""
    decision = decisions_of([_sale(sale_id).id], "paid").get(sale_id)
    if decision is None:
        raise NotFound(_("The rules were not applied to this order yet."))
    return {
        "rule_set_version": decision.rule_set_id,
        "rules": decision.outcomes,
        "effects": [
            {
                "id": effect.id,
                "kind": effect.kind,
                "rule": effect.rule,
                "target": effect.target,
                "event": effect.event,
                "amount": None if effect.amount is None else str(effect.amount),
                "status": effect.status,
                "attempts": effect.attempts,
                "error": kind_of(effect).error_text(effect),
                "reverses": effect.reverses,
            }
            for effect in decision.effects
        ],
    }
