"""JSON calls of packing slips, memberships, commissions and tasks."""

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.fulfilment import months, queries
from webapp.fulfilment.forms import OutcomeIn, ShipmentIn
from webapp.fulfilment.models import Commission, Membership, PackingSlip, Task
from webapp.fulfilment.words import task_question, task_title
from webapp.http.transactions import in_transaction
from webapp.invoices.queries import invoice_of
from webapp.platform.cep import format_cep
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, NotFound, Refusal
from webapp.sale_pages.api import sale_json
from webapp.sales.queries import sale_of
from webapp.store.queries import the_shop
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("fulfilment")
PAGE = ("limit", "cursor")
NO_SALE = _l("There is no order with this number.")


@endpoint(bp, "GET", "/sales/<id:sale_id>/packing-slip", "clerk", "accountant")
def get_packing_slip(sale_id: int):
    """The packing slip, once the rules have made one; `released` is false while the sale is
    held."""
    sale = sale_of(sale_id, NO_SALE)
    slip = queries.slip_of_sale(sale.id)
    if slip is None:
        raise NotFound(_("This order has no packing slip."))
    return _slip(slip)


def _slip(slip: PackingSlip) -> dict:
    sale, shop = slip.sale, the_shop()
    parts = ("street", "number", "complement", "neighborhood", "city", "state")
    moments = {name: getattr(slip, name) for name in ("packed_at", "shipped_at", "delivered_at")}
    return {
        "sale_id": sale.id,
        "reference": sale.reference,
        "released": slip.released_at is not None,
        "status": slip.status,
        "sender": {
            "name": shop.trade_name,
            "document": shop.cnpj,
            "phone": shop.phone,
            "address": {part: getattr(shop, part) for part in parts}
            | {"zip_code": format_cep(shop.zip_code)},
        },
        "recipient": {
            "name": sale.customer_name,
            "document": sale.customer_document,
            "phone": sale.customer_phone,
            "address": sale.address_parts,
        },
        "items": slip.items,
        "weight_g": slip.weight_g,
        "volumes": slip.volumes,
        "carrier": sale.carrier,
        "tracking_code": sale.tracking_code,
        "expected_delivery": slip.expected_delivery.isoformat(),
        "payment": {
            "method": sale.payment_method,
            "total": str(sale.total),
            "paid_at": sale.paid_at.isoformat(),
        },
        "notes": slip.notes,
        "royalty_copy": slip.royalty_copy,
    } | {name: moment and moment.isoformat() for name, moment in moments.items()}


@endpoint(bp, "POST", "/sales/<id:sale_id>/shipment", "clerk", body=ShipmentIn)
def ship_sale(wanted: ShipmentIn, sale_id: int):
    """Marks a sale as shipped. The same again changes nothing; a tracking code that was left out
    may follow; 409 before its NF-e is authorized, and for another carrier or code than those it was
    shipped with."""

    def work():
        sale = sale_of(sale_id, NO_SALE)
        slip = queries.slip_of_sale(sale_id, lock=True)
        if slip is None:
            raise Refusal(_("This order has no packing slip."))
        slip.ship(wanted.carrier, wanted.tracking_code, utc_now())
        db.session.flush()
        return sale_json(sale, invoice_of(sale_id))

    return in_transaction(work)


@endpoint(bp, "GET", "/memberships", "clerk", query=("customer", *PAGE))
def list_memberships():
    """Memberships, of one customer (its id) or all."""
    written = request.args.get("customer")
    if written and not (written.isascii() and written.isdigit() and len(written) < 10):
        raise Invalid([FieldError("customer", _("Use the customer's id, a whole number."))])
    return list_answer(
        queries.memberships(customer_id=int(written) if written else None),
        (Membership.id,),
        _membership,
    )


def _membership(row: Membership) -> dict:
    return {
        "customer": row.customer_id,
        "plan": row.plan,
        "status": row.status,
        "since": row.since.isoformat(),
    }


@endpoint(bp, "GET", "/commissions", "manager", "accountant", query=("month", "agent", *PAGE))
def list_commissions():
    """What each agent earned in a month, net of reversals."""
    month = months.month_of(request.args.get("month"))
    totals = months.agent_totals(month)

    def show(row: Commission) -> dict:
        total = totals[row.agent_code]
        return {
            "agent": row.agent_code,
            "name": row.agent_name,
            "sales": total.sales,
            "sold": str(total.sold),
            "commission": str(total.commission),
        }

    agents = months.paid_agents(month, request.args.get("agent"))
    return list_answer(agents, (Commission.agent_code,), show, descending=False)


@endpoint(bp, "GET", "/tasks", "clerk", query=("status", *PAGE))
def list_tasks():
    """Tasks for staff; ?status=open or done."""
    written = request.args.get("status")
    if written and written not in ("open", "done"):
        raise Invalid(
            [FieldError("status", _("Choose one of: %(expected)s.", expected="open, done"))]
        )
    return list_answer(queries.tasks(written == "done" if written else None), (Task.id,), _task)


@endpoint(bp, "POST", "/tasks/<id:task_id>/completion", "clerk", body=OutcomeIn)
def complete(wanted: OutcomeIn, task_id: int):
    """Settles a task; said twice, the first outcome stays."""
    task = queries.task_by_id(task_id, lock=True)
    task.complete(wanted.outcome, utc_now())
    db.session.commit()
    return _task(task)


def _task(task: Task) -> dict:
    return {
        "id": task.id,
        "sale_id": task.sale_id,
        "code": task.code,
        "title": task_title(task),
        "text": task_question(task),
        "status": task.status,
        "outcome": task.outcome,
        "created_at": task.created_at.isoformat(),
        "done_at": task.done_at.isoformat() if task.done_at else None,
    }
