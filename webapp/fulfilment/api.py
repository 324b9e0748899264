"""JSON calls of memberships, commissions and tasks."""

from flask import request
from flask_babel import gettext as _

from webapp.api import api_blueprint, endpoint, list_answer
from webapp.errors import FieldError, Invalid
from webapp.extensions import db, utc_now
from webapp.fulfilment import queries
from webapp.fulfilment.forms import OutcomeIn
from webapp.fulfilment.models import Commission, Membership, Task
from webapp.fulfilment.words import task_question, task_title

bp = api_blueprint("fulfilment")
PAGE = ("limit", "cursor")


@endpoint(bp, "GET", "/memberships", "clerk", query=("customer", *PAGE))
def list_memberships():
    """Memberships, of one customer (its id) or all."""
    written = request.args.get("customer")
    if written and not (written.isascii() and written.isdigit() and len(written) < 10):
        raise Invalid([FieldError("customer", _("Use the customer's id, a whole number."))])
    return list_answer(queries.memberships(customer_id=int(written) if written else None), (Membership.id,), _membership)


def _membership(row: Membership) -> dict:
    return {"customer": row.customer_id, "plan": row.plan, "status": row.status, "since": row.since.isoformat()}


@endpoint(bp, "GET", "/commissions", "manager", "accountant", query=("month", "agent", *PAGE))
def list_commissions():
    """What each agent earned in a month, net of reversals."""
    month = queries.month_of(request.args.get("month"))
    totals = queries.agent_totals(month)

    def show(row: Commission) -> dict:
        total = totals[row.agent_code]
        return {"agent": row.agent_code, "name": row.agent_name, "sales": total.sales, "sold": str(total.sold),
                "commission": str(total.commission)}

    agents = queries.paid_agents(month, request.args.get("agent"))
    return list_answer(agents, (Commission.agent_code,), show, descending=False)


@endpoint(bp, "GET", "/tasks", "clerk", query=("status", *PAGE))
def list_tasks():
    """Tasks for staff; ?status=open or done."""
    written = request.args.get("status")
    if written and written not in ("open", "done"):
        raise Invalid([FieldError("status", _("Choose one of: %(expected)s.", expected="open, done"))])
    return list_answer(queries.tasks(written == "done" if written else None), (Task.id,), _task)


@endpoint(bp, "POST", "/tasks/<int:task_id>/completion", "clerk", body=OutcomeIn)
def complete(wanted: OutcomeIn, task_id: int):
    """Settles a task; said twice, the first outcome stays."""
    task = queries.task_by_id(task_id, lock=True)
    task.complete(wanted.outcome, utc_now())
    db.session.commit()
    return _task(task)


def _task(task: Task) -> dict:
    return {"id": task.id, "sale_id": task.sale_id, "code": task.code, "title": task_title(task),
            "text": task_question(task), "status": task.status, "outcome": task.outcome,
            "created_at": task.created_at.isoformat(), "done_at": task.done_at.isoformat() if task.done_at else None}
