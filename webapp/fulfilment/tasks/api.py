"""JSON calls of tasks."""

from flask import request
from flask_babel import gettext as _

from webapp.fulfilment.tasks import queries
from webapp.fulfilment.tasks.forms import OutcomeIn
from webapp.fulfilment.tasks.models import Task
from webapp.fulfilment.tasks.words import task_question, task_title
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("tasks")
PAGE = ("limit", "cursor")


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
