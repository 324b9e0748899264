"""JSON calls of tasks."""

from flask_babel import lazy_gettext as _l

from webapp.fulfilment.tasks import queries
from webapp.fulfilment.tasks.forms import OutcomeIn, TaskQuery
from webapp.fulfilment.tasks.listing import OPEN_ORDERS
from webapp.fulfilment.tasks.models import Task
from webapp.fulfilment.tasks.shapes import TaskOut
from webapp.fulfilment.tasks.words import task_question, task_title
from webapp.http.answers import list_of
from webapp.platform.clock import utc_now
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("tasks")


@endpoint(
    bp,
    "GET",
    "/tasks",
    "clerk",
    query=TaskQuery,
    answer=list_of(TaskOut),
    summary=_l("Tasks for staff."),
)
def list_tasks(asked: TaskQuery) -> dict[str, object]:
    done = asked.status == "done" if asked.status else None
    keys = OPEN_ORDERS["when"].keys if done is False else (Task.id,)
    return list_answer(asked, queries.tasks(done), keys, _task)


@endpoint(
    bp,
    "POST",
    "/tasks/<id:task_id>/completion",
    "clerk",
    body=OutcomeIn,
    answer=TaskOut,
    refusals={404: _l("There is no task with this number.")},
    summary=_l("Settles a task; said twice, the first outcome stays."),
)
def complete(wanted: OutcomeIn, task_id: int) -> dict[str, object]:
    task = queries.task_by_id(task_id, lock=True)
    task.complete(wanted.outcome, utc_now())
    return _task(task)


def _task(task: Task) -> dict[str, object]:
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
