"""Sales under /api/v1."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import selectinload

from webapp.audit.tracking import actor
from webapp.customers.forms import AddressIn, AddressPatch
from webapp.http.answers import OutShape, list_of
from webapp.http.filters import ListQuery
from webapp.http.forms import Shape
from webapp.http.patches import patched
from webapp.invoices.issues import issue_of, issues_of
from webapp.invoices.models import Invoice
from webapp.invoices.queries import invoice_of
from webapp.notes.forms import NoteIn
from webapp.notes.models import StaffNote
from webapp.notes.queries import notes_of
from webapp.notes.shapes import NoteOut, note_json
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import NotFound
from webapp.processing.attention import correct_address, correct_details
from webapp.processing.effects import kind_of
from webapp.processing.wait_facts import wait_of_sale, waits_of
from webapp.processing.waiting import Wait
from webapp.rules.queries import decision_of
from webapp.sale_pages.shapes import (
    BillOut,
    DecisionOut,
    PackageOut,
    PaymentOut,
    SaleBillingAddressOut,
    SaleOut,
)
from webapp.sales import placing
from webapp.sales.detail_forms import InvoiceDetailsIn, InvoiceDetailsPatch
from webapp.sales.forms import SaleIn, SalePatch, SaleQuery, TagsIn
from webapp.sales.invoice_details import as_told
from webapp.sales.models import Sale, SaleTag
from webapp.sales.noting import add_note
from webapp.sales.queries import NO_SALE, sale_of, sales, whole
from webapp.sales.tagging import retag
from webapp.staff.access import told_document
from webapp.web.api import (
    IDEMPOTENCY_KEY,
    api_blueprint,
    endpoint,
    idempotency_key,
    identity_scope,
    list_answer,
)

bp = api_blueprint("sales")
STATE_FORBIDS = _l("Its state forbids it.")
MOST_TYPED = 120


# -- shapes of answers ----------------------------------------------------------------------------


def _details_json(details: dict[str, Any]) -> dict[str, Any]:
    """All of it, with what was left out as null, blank or no row."""
    address = details.get("billing_address")
    return {
        "payments": _rows(details, "payments", PaymentOut),
        "buyer_use": details.get("buyer_use"),
        "marketplace": details.get("marketplace") and {"order": ""} | details["marketplace"],
        "freight_by": details.get("freight_by"),
        "packages": _rows(details, "packages", PackageOut),
        "bills": _rows(details, "bills", BillOut),
        "billing_address": address
        and {part: address.get(part, "") for part in SaleBillingAddressOut.model_fields},
    }


def _rows(details: dict[str, Any], name: str, shape: type[OutShape]) -> list[dict[str, Any]]:
    blank = {
        part: "" if field.annotation is str else None for part, field in shape.model_fields.items()
    }
    return [blank | row for row in details.get(name, [])]


def sale_json(sale: Sale, invoice: Invoice | None, wait: Wait | None) -> dict[str, Any]:
    issue = issue_of(sale)
    return {
        "id": sale.id,
        "reference": sale.reference,
        "status": sale.status,
        "step": sale.step,
        "shipping": sale.shipping,
        "attention": issue
        and {"step": sale.step, "reason": issue.text, "field": issue.field or None},
        "waiting": wait and wait_json(wait),
        "carrier": sale.carrier,
        "tracking_code": sale.tracking_code,
        "ship_by": sale.ship_by and sale.ship_by.isoformat(),
        "total": str(sale.total),
        "payment_method": sale.payment_method,
        **_details_json(sale.invoice_details or {}),
        "tags": [tag.name for tag in sale.tags],
        "customer": {
            "id": sale.customer_id,
            "name": sale.customer_name,
            "document": told_document(sale.customer_document),
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
                "price_reason": line.price_reason,
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
            "series": invoice.printed_series,
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


def wait_json(wait: Wait) -> dict[str, Any]:
    return {
        "for": wait.waits_for,
        "since": wait.since.isoformat(),
        "next_at": wait.next_at and wait.next_at.isoformat(),
        "sentence": wait.sentence,
    }


def sale_answer(sale: Sale) -> dict[str, Any]:
    """As it stands now."""
    invoice = invoice_of(sale.id)
    return sale_json(sale, invoice, wait_of_sale(sale, invoice))


def _new_answer(sale: Sale) -> dict[str, Any]:
    """Nothing hangs off it yet."""
    return sale_json(sale, None, wait_of_sale(sale, None, is_new=True))


def _all_answers(rows: list[Sale]) -> list[dict[str, Any]]:
    told = waits_of(rows)
    return [sale_json(sale, told[sale.id].invoice, told[sale.id].wait) for sale in rows]


# -- calls ----------------------------------------------------------------------------------------


@endpoint(
    bp,
    "POST",
    "/sales",
    "clerk",
    body=SaleIn,
    headers=(IDEMPOTENCY_KEY,),
    answer=SaleOut,
    status=201,
    also={200: _l("The order that this key made before, as it stands now.")},
    refusals={
        409: _l("The stock does not suffice, or the key came with another body before."),
    },
    summary=_l(
        "Enters a sale; with an Idempotency-Key it is made once, however often it is sent. The "
        "discount limits of the shop's staff do not hold it; a rule can."
    ),
)
def create_sale(wanted: SaleIn) -> tuple[dict[str, Any], int]:
    key = idempotency_key()
    if key:
        sale, is_new = placing.create_sale_once(identity_scope(), key, wanted)
    else:
        sale, is_new = placing.create_sale(wanted), True
    db.session.flush()
    answer = _new_answer(sale) if is_new else sale_answer(sale)
    # Who made it knows it.
    answer["customer"]["document"] = sale.customer_document
    return answer, 201 if is_new else 200


@endpoint(
    bp,
    "GET",
    "/sales",
    "clerk",
    "accountant",
    query=SaleQuery,
    answer=list_of(SaleOut),
    summary=_l(
        "Sales, the newest first. A day alone, like 2026-11-29, begins at the shop's midnight, and "
        "as `until` counts to its end; a moment without a zone is UTC."
    ),
)
def list_sales(asked: SaleQuery) -> dict[str, Any]:
    query = sales(
        status=asked.status,
        q=asked.q[:200],
        tag=asked.tag[:MOST_TYPED],
        since=asked.since,
        until=asked.until,
        updated_since=asked.updated_since,
    )
    keys = (SaleTag.id,) if asked.tag else (Sale.id,)
    found = whole(query).options(selectinload(Sale.tags))
    answer = list_answer(asked, found, keys, lambda sale: sale)
    return answer | {"items": _all_answers(answer["items"])}


@endpoint(
    bp,
    "GET",
    "/sales/<id:sale_id>",
    "clerk",
    "accountant",
    answer=SaleOut,
    refusals={404: NO_SALE},
    summary=_l("One sale as it stands."),
)
def get_sale(sale_id: int) -> dict[str, Any]:
    return sale_answer(sale_of(sale_id))


@endpoint(
    bp,
    "PATCH",
    "/sales/<id:sale_id>",
    "clerk",
    body=SalePatch,
    answer=SaleOut,
    refusals={404: NO_SALE, 409: _l("It is not open any more, or the stock does not suffice.")},
    summary=_l(
        "Changes an open sale: any part of the body that POST /sales takes; lines are "
        "replaced as a whole."
    ),
)
def change_sale(patch: Shape, sale_id: int) -> dict[str, Any]:
    sale = sale_of(sale_id)
    held = placing.as_input(sale)
    # Who tells how it is paid in one of the two ways takes back the other.
    if getattr(patch, "payments", None):
        held["payment_method"] = None
    elif getattr(patch, "payment_method", None):
        held["payments"] = []
    placing.change(sale, patched(SaleIn, held, patch))
    db.session.flush()
    return _new_answer(sale)


@endpoint(
    bp,
    "DELETE",
    "/sales/<id:sale_id>",
    "clerk",
    status=204,
    refusals={404: NO_SALE, 409: _l("It is not open any more.")},
    summary=_l("Cancels an open sale; its stock comes back."),
)
def cancel_sale(sale_id: int) -> None:
    placing.cancel_open(sale_of(sale_id), "order cancelled")


@endpoint(
    bp,
    "GET",
    "/sales/<id:sale_id>/notes",
    "clerk",
    query=ListQuery,
    answer=list_of(NoteOut),
    refusals={404: NO_SALE},
    summary=_l("What the staff wrote down about an order, the latest first."),
)
def list_notes(asked: ListQuery, sale_id: int) -> dict[str, Any]:
    notes = notes_of(sale_id=sale_of(sale_id).id).order_by(None)
    return list_answer(asked, notes, (StaffNote.id,), note_json)


@endpoint(
    bp,
    "POST",
    "/sales/<id:sale_id>/notes",
    "clerk",
    body=NoteIn,
    answer=NoteOut,
    status=201,
    refusals={404: NO_SALE},
    summary=_l(
        "Writes a note about an order; the same one twice in a row is one. Whom it mentions is "
        "told."
    ),
)
def write_note(wanted: NoteIn, sale_id: int) -> dict[str, Any]:
    return note_json(add_note(sale_of(sale_id), wanted.text, actor()))


@endpoint(
    bp,
    "PUT",
    "/sales/<id:sale_id>/tags",
    "clerk",
    body=TagsIn,
    answer=SaleOut,
    refusals={404: NO_SALE},
    summary=_l("Sets an order's tags: those named, and no others. In any state."),
)
def set_tags(wanted: TagsIn, sale_id: int) -> dict[str, Any]:
    sale = sale_of(sale_id)
    retag(sale, wanted.tags)
    return sale_answer(sale)


@endpoint(
    bp,
    "POST",
    "/sales/<id:sale_id>/payment",
    "clerk",
    answer=SaleOut,
    status=202,
    refusals={404: NO_SALE, 409: _l("It was cancelled.")},
    summary=_l("Starts the processing of an open sale; said twice, it starts once."),
)
def pay_sale(sale_id: int) -> dict[str, Any]:
    sale = sale_of(sale_id)
    sale.pay(utc_now())
    db.session.flush()
    return sale_answer(sale)


@endpoint(
    bp,
    "PATCH",
    "/sales/<id:sale_id>/address",
    "clerk",
    body=AddressPatch,
    answer=SaleOut,
    refusals={404: NO_SALE, 409: STATE_FORBIDS},
    summary=_l("Mends the address (parts left out stay); the sale goes on."),
)
def change_address(patch: Shape, sale_id: int) -> dict[str, Any]:
    sale = sale_of(sale_id)
    correct_address(sale, patched(AddressIn, sale.address_parts, patch))
    db.session.flush()
    return sale_answer(sale)


@endpoint(
    bp,
    "PATCH",
    "/sales/<id:sale_id>/invoice-details",
    "clerk",
    body=InvoiceDetailsPatch,
    answer=SaleOut,
    refusals={404: NO_SALE, 409: STATE_FORBIDS},
    summary=_l(
        "Mends what only the NF-e tells (what is left out stays), before it is on its way: "
        "payments, the buyer's use and registered address, marketplace, carrier, packages and "
        "instalments. The NF-e is made anew."
    ),
)
def change_details(patch: Shape, sale_id: int) -> dict[str, Any]:
    sale = sale_of(sale_id)
    correct_details(sale, patched(InvoiceDetailsIn, as_told(sale.invoice_details), patch))
    db.session.flush()
    return sale_answer(sale)


@endpoint(
    bp,
    "GET",
    "/sales/<id:sale_id>/decision",
    "clerk",
    "accountant",
    answer=DecisionOut,
    refusals={404: _l("There is no such order, or the rules were not applied to it yet.")},
    summary=_l("What the rules came to, and every effect."),
)
def get_decision(sale_id: int) -> dict[str, Any]:
    decision = decision_of(sale_of(sale_id).id, "paid")
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
