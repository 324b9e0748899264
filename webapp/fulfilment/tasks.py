"""Pages of tasks: what a person of the staff must settle."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import pgettext

from webapp.asked import row_ids
from webapp.errors import Refusal
from webapp.extensions import db, utc_now
from webapp.forms import Form
from webapp.fulfilment import queries
from webapp.fulfilment.blueprint import bp, live_url, tab
from webapp.fulfilment.forms import OutcomeIn
from webapp.fulfilment.models import Task
from webapp.lists import bounded_count, page_of
from webapp.staff.access import allow


@bp.get("/tasks")
@allow("clerk")
def tasks():
    done = request.args.get("status") == "done"
    page = page_of(queries.tasks(done), (Task.id,))
    tabs = [tab(_("Open"), None, "done" if done else None, bounded_count(queries.open_task_ids())),
            tab(pgettext("tasks", "Done"), "done", "done" if done else None)]
    return render_template("fulfilment/tasks.html", page=page, tabs=tabs, done=done, live_url=live_url(page))


@bp.get("/tasks/rows")
@allow("clerk")
def task_rows():
    return render_template("fulfilment/_tasks.html", fresh=True,
                           tasks=db.session.scalars(queries.tasks().where(Task.id.in_(row_ids()))))


@bp.get("/tasks/<int:task_id>")
@allow("clerk")
def task(task_id: int):
    return _task_page(queries.task_by_id(task_id), Form())


def _task_page(task: Task, form: Form) -> str:
    return render_template("fulfilment/task.html", task=task, form=form)


@bp.post("/tasks/<int:task_id>/completion")
@allow("clerk")
def complete_task(task_id: int):
    form = Form(request.form, OutcomeIn)
    try:
        wanted = form.parse()
    except Refusal as refusal:
        return _task_page(queries.task_by_id(task_id), form.refuse(refusal)), 422
    # Locked, so that of two outcomes said at once the first stays.
    task = queries.task_by_id(task_id, lock=True)
    if task.done_at and task.outcome != wanted.outcome:
        flash(_("Somebody settled this task before you; their outcome stays."), "warn")
        return redirect(url_for("fulfilment.task", task_id=task_id), 303)
    task.complete(wanted.outcome, utc_now())
    db.session.commit()
    flash(_("The task is done."), "good")
    return redirect(url_for("fulfilment.tasks"), 303)
