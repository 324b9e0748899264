"""Pages of tasks: what a person of the staff must settle."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import pgettext

from webapp.fulfilment.lists import live_url, tab
from webapp.fulfilment.tasks import queries
from webapp.fulfilment.tasks.forms import OutcomeIn
from webapp.fulfilment.tasks.models import Task
from webapp.fulfilment.tasks.words import TITLES, task_question, task_title, title_of
from webapp.http.formatting import with_query
from webapp.http.forms import Form
from webapp.http.lists import bounded_count, page_of
from webapp.http.localization import locale
from webapp.http.query import query_ids
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import Refusal
from webapp.rules.core.engine import RuleSet
from webapp.rules.core.vocabulary import TASK_TITLES
from webapp.rules.queries import rule_set_in_force
from webapp.staff.access import allow

bp = Blueprint("tasks", __name__)


@bp.context_processor
def task_words() -> dict:
    return {"task_title": task_title, "task_question": task_question}


def _render(template: str, rules: RuleSet | None = None, **context) -> str:
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
    asked = (
        use.params["text_code"]
        for rule in rules.rules
        for use in rule.then
        if use.action.key == "task"
    )
    return {code: title_of(code) for code in (*TITLES, *TASK_TITLES, *asked)}


def _kind_filter(kind: str, rules: RuleSet) -> tuple[list[dict], list[dict]]:
    """The filter that holds, and the kinds one may choose, as `lists.filters` takes them."""

    def to(code):
        return with_query(kind=code, after=None, before=None)

    options = [
        {"label": label, "href": to(code), "active": code == kind}
        for code, label in kinds(rules).items()
    ]
    return [{"label": title_of(kind), "href": to(None)}] if kind else [], [
        {"label": _("Kind"), "options": options}
    ]


@bp.get("/tasks")
@allow("clerk")
def index():
    done, kind, q = (
        request.args.get("status") == "done",
        request.args.get("kind", "")[:60],
        request.args.get("q", ""),
    )
    page = page_of(queries.tasks(done, kind, q), (Task.id,))
    tabs = [
        tab(_("Open"), None, "done" if done else None, bounded_count(queries.open_task_ids(kind))),
        tab(pgettext("tasks", "Done"), "done", "done" if done else None),
    ]
    rules = rule_set_in_force()
    on, add = _kind_filter(kind, rules)
    return _render(
        "fulfilment/tasks/tasks.html",
        rules,
        page=page,
        tabs=tabs,
        done=done,
        kind=kind,
        q=q,
        on=on,
        add=add,
        live_url=live_url(page),
    )


@bp.get("/tasks/rows")
@allow("clerk")
def rows():
    return _render(
        "fulfilment/tasks/_tasks.html",
        fresh=True,
        tasks=db.session.scalars(queries.tasks().where(Task.id.in_(query_ids()))),
    )


@bp.get("/tasks/<id:task_id>")
@allow("clerk")
def show(task_id: int):
    return _task_page(queries.task_by_id(task_id), Form())


def _task_page(task: Task, form: Form) -> str:
    return _render("fulfilment/tasks/task.html", task=task, form=form)


@bp.post("/tasks/<id:task_id>/completion")
@allow("clerk")
def complete(task_id: int):
    form = Form(request.form, OutcomeIn)
    try:
        wanted = form.parse()
    except Refusal as refusal:
        return _task_page(queries.task_by_id(task_id), form.refuse(refusal)), 422
    # Locked, so that of two outcomes said at once the first stays.
    task = queries.task_by_id(task_id, lock=True)
    if task.done_at and task.outcome != wanted.outcome:
        flash(_("Somebody settled this task before you; their outcome stays."), "warn")
        return redirect(url_for("tasks.show", task_id=task_id), 303)
    task.complete(wanted.outcome, utc_now())
    db.session.commit()
    flash(_("The task is done."), "good")
    return redirect(url_for("tasks.index"), 303)
