"""The list of tasks as a declaration."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import pgettext
from sqlalchemy import Select, select

from webapp.fulfilment.tasks.models import Task
from webapp.fulfilment.tasks.queries import tasks
from webapp.fulfilment.tasks.words import task_question, task_title
from webapp.http.lists import Order, Orders, newest_first
from webapp.http.query import query_word
from webapp.sales.finding import named_sales
from webapp.web.listings import Asked, Cell, Listing

LONGEST_CODE = 60
# By their own index: those that are done are a hundred times as many.
OPEN_ORDERS = {"when": Order((Task.created_at, Task.id), down=True)}


def is_done(asked: Asked) -> bool:
    """Whether the address asks for those that are done. Raises WrongFilter."""
    return query_word("status", ("done",), asked) == "done"


def kind_of(asked: Asked) -> str:
    return asked.get("kind", "")[:LONGEST_CODE]


def _rows(asked: Asked) -> Select[Any]:
    return tasks(is_done(asked), kind_of(asked), asked.get("q", ""))


def _orders(asked: Asked) -> Orders:
    return newest_first(Task.id) if is_done(asked) else OPEN_ORDERS


TASKS = Listing(
    name="tasks",
    label=_l("Tasks"),
    endpoint="tasks.index",
    rows=_rows,
    orders=_orders,
    named=lambda q: select(Task.id).where(Task.sale_id.in_(named_sales(q))),
    cells=(
        Cell(_l("Task"), task_title),
        Cell(_l("What happened"), task_question),
        Cell(_l("Order"), lambda task: task.sale.reference),
        Cell(_l("Customer"), lambda task: task.sale.customer_name),
        Cell(_l("Status"), lambda task: pgettext("tasks", "Done") if task.done_at else _("Open")),
        Cell(_l("Since"), lambda task: task.created_at),
        Cell(_l("Done on"), lambda task: task.done_at),
        Cell(_l("Outcome"), lambda task: task.outcome),
    ),
    filters=("q", "status", "kind"),
)
