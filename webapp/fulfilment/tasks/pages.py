"""Pages of tasks: what a person of the staff must settle."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from werkzeug import Response

from webapp.fulfilment.tasks import queries
from webapp.fulfilment.tasks.forms import OutcomeIn
from webapp.fulfilment.tasks.listing import TASKS, is_done, kind_of
from webapp.fulfilment.tasks.models import Task
from webapp.fulfilment.tasks.words import TITLES, task_question, task_title, title_of
from webapp.http.formatting import with_query
from webapp.http.forms import Form
from webapp.http.handling import submits
from webapp.http.lists import status_tab, status_tabs
from webapp.http.localization import locale
from webapp.http.query import query_ids
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.rules.core.engine import RuleSet
from webapp.rules.core.vocabulary import TASK_TITLES
from webapp.rules.queries import rule_set_in_force
from webapp.staff.access import allow

bp = Blueprint("tasks", __name__)


@bp.context_processor
def task_words() -> dict:
    return {"task_title": task_title, "task_question": task_question}


def _render(template: str, rules: RuleSet | None = None, **context: Any) -> str:
    """With `rule_of_task(task)`: the name of the rule that opened it, as it is called today; its
    code where it is in force no more, "" without one."""
    by_code = (rules or rule_set_in_force()).by_code

    def rule_of_task(task: Task) -> str:
        code = task.effect.rule if task.effect else ""
        return by_code[code].name_in(locale()) if code in by_code else code

    return render_template(template, rule_of_task=rule_of_task, **context)


def kinds(rules: RuleSet) -> dict[str, str]:
    """Each kind of task there may be, by its code: the house's own and those of the shop's
    rules."""
    of_the_shop = [
        str(use.params["text_code"])
        for rule in rules.rules
        for use in rule.then
        if use.action.key == "task"
    ]
    return {code: title_of(code) for code in (*TITLES, *TASK_TITLES, *of_the_shop)}


def _kind_url(kind: str | None) -> str:
    return with_query(kind=kind, after=None, before=None)


def _kind_options(chosen: str, rules: RuleSet) -> list[dict]:
    """The kinds one may choose, as `lists.filters` takes them."""
    options = [
        {"label": label, "href": _kind_url(code), "active": code == chosen}
        for code, label in kinds(rules).items()
    ]
    return [{"label": _("Kind"), "options": options}]


def _tabs(kind: str, done: bool) -> list[dict]:
    return status_tabs(
        "done" if done else None,
        status_tab(_("Open"), None, queries.open_task_ids(kind)),
        status_tab(pgettext("tasks", "Done"), "done"),
    )


@bp.get("/tasks")
@allow("clerk")
def index() -> str:
    asked = request.args
    done, kind, q = is_done(asked), kind_of(asked), asked.get("q", "")
    page = TASKS.page(asked)
    rules = rule_set_in_force()
    return _render(
        "fulfilment/tasks/tasks.html",
        rules,
        page=page,
        tabs=_tabs(kind, done),
        done=done,
        kind=kind,
        q=q,
        on=[{"label": title_of(kind), "href": _kind_url(None)}] if kind else [],
        add=_kind_options(kind, rules),
        live_url=page.live_url,
    )


@bp.get("/tasks/rows")
@allow("clerk")
def rows() -> str:
    found = db.session.scalars(queries.tasks().where(Task.id.in_(query_ids())))
    return _render("fulfilment/tasks/_tasks.html", tasks=found, fresh=True)


@bp.get("/tasks/<id:task_id>")
@allow("clerk")
def show(task_id: int) -> str:
    return _task_page(Form(), task_id)


def _task_page(form: Form, task_id: int) -> str:
    return _render("fulfilment/tasks/task.html", task=queries.task_by_id(task_id), form=form)


@bp.post("/tasks/<id:task_id>/completion")
@allow("clerk")
@submits(OutcomeIn, again=_task_page)
def complete(wanted: OutcomeIn, task_id: int) -> Response:
    # Locked, so that of two outcomes sent at once the first stays.
    task = queries.task_by_id(task_id, lock=True)
    if task.done_at and task.outcome != wanted.outcome:
        flash(_("Somebody settled this task before you; their outcome stays."), "warn")
        return redirect(url_for("tasks.show", task_id=task_id), 303)
    task.complete(wanted.outcome, utc_now())
    flash(_("The task is done."), "good")
    return redirect(url_for("tasks.index"), 303)
