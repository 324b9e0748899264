"""Tasks as lists and one by one."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select, true
from sqlalchemy.orm import contains_eager, joinedload

from webapp.fulfilment.tasks.models import OPEN_TASKS, Task
from webapp.platform.rows import row_by_id
from webapp.platform.text import storable
from webapp.sales.finding import found_sales


def tasks(done: bool | None = None, kind: str = "", q: str = "") -> Select:
    """With their orders and the effects that opened them; `kind` is their code, `q` finds by order,
    customer or document."""
    query = select(Task).join(Task.sale).options(contains_eager(Task.sale), joinedload(Task.effect))
    if kind:
        # Of what is open the kind is looked for among all that is: most of its tasks are done.
        code = Task.code + "" if done is False else Task.code
        query = query.where(code == storable(kind))
    if done is not None:
        query = query.where(Task.done_at.is_not(None) if done else OPEN_TASKS)
    return query.where(found_sales(q) if q.strip() else true())


def open_task_ids(kind: str = "") -> Select:
    query = select(Task.id).where(Task.done_at.is_(None))
    return query.where(Task.code == storable(kind)) if kind else query


def task_by_id(task_id: int, lock: bool = False) -> Task:
    """Raises NotFound."""
    return row_by_id(Task, task_id, _l("There is no such task."), lock)
