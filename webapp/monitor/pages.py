"""The queue monitor: what is owed, what Redis holds, and what a manager may do about it."""

from collections.abc import Callable
from typing import Any

import redis
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug import Response

from webapp.audit.history import who
from webapp.http.forms import Form
from webapp.http.handling import acts, submits
from webapp.http.lists import newest_first, page_of
from webapp.monitor import registries, words
from webapp.monitor.causes import cards, cause_of
from webapp.monitor.charts import Charts
from webapp.monitor.forms import PauseIn
from webapp.monitor.history import paces
from webapp.monitor.queries import (
    failed_effects_shown,
    failing_queues,
    failing_rows,
    owed_by_queue,
    providers,
)
from webapp.monitor.schedule import runs_of, schedule, standing
from webapp.monitor.weighing import most_pressing
from webapp.platform.clock import utc_now
from webapp.platform.errors import NotFound, Refusal
from webapp.platform.queue import QUEUES
from webapp.platform.sparing import sparing
from webapp.platform.version import VERSION
from webapp.platform.whole import whole_number
from webapp.processing.effects import kind_of
from webapp.processing.models import RecurringRun
from webapp.processing.pausing import pause, pauses, resume
from webapp.processing.pipeline import WORKED
from webapp.processing.recurring import recurring_work, run_now, turn_off, turn_on
from webapp.staff.access import allow, unattended

bp = Blueprint("monitor", __name__)
KINDS = ("", *(station.kind for station in WORKED))


class RedisAway(Refusal):
    status = 503
    title = "Redis"


@bp.get("/jobs")
@allow("manager")
def page() -> str:
    work = _work()
    queues = _queues({row.queue for row, _cause in work["failing"]})
    return render_template("monitor/page.html", charts=Charts.asked(), **queues | work)


@bp.get("/jobs/queues")
@allow("manager")
@unattended
def queues() -> str:
    """The queues alone, as the page looks for them again."""
    return render_template("monitor/_queues.html", **_queues(failing_queues()))


@bp.get("/jobs/state")
@allow("manager")
@unattended
def state() -> str:
    """What failed and who works, as the page looks for them again."""
    return render_template("monitor/_state.html", **_work())


@bp.get("/jobs/history")
@allow("manager")
@unattended
def charts() -> str:
    """The charts alone."""
    return render_template("monitor/_charts.html", charts=Charts.asked(), words=words)


def _queues(failing: set[str]) -> dict[str, Any]:
    """`failing`: queues in which something waits for its next try."""
    context = {
        "owed": owed_by_queue(),
        "paces": paces(),
        "pauses": pauses(),
        "failing_queues": failing,
        "words": words,
        "who": who,
        "now": utc_now(),
    }
    read = {
        "counts": lambda: registries.queue_counts(registries.workers()),
        "swept_at": registries.swept_at,
    }
    return context | _of_redis(read)


def _work() -> dict[str, Any]:
    now, known = utc_now(), providers()
    names = current_app.extensions["settings"].cep_providers
    context = {
        "failing": [(row, cause_of(row, known, now)) for row in failing_rows()],
        "providers": cards(names, known, now),
        "failed_effects": failed_effects_shown(),
        **most_pressing(known),
        "kind_of": kind_of,
        "version": VERSION,
        "words": words,
        "now": now,
    }
    return context | _of_redis({"workers": registries.workers, "failed": registries.failed_jobs})


def _of_redis(read: dict[str, Callable[[], Any]]) -> dict[str, Any]:
    """What is read of Redis, each under its name, and `redis`: "" or what is wrong with it; then
    all is None: the rest comes from the database."""
    try:
        return {"redis": ""} | {name: each() for name, each in read.items()}
    except redis.RedisError as error:
        if sparing.lets_through("queue monitor"):
            current_app.logger.warning(
                "queue monitor: Redis is of no use (%s)", type(error).__name__
            )
        # Such as a key of another type, under a name of ours: it does answer.
        fault = "strange" if isinstance(error, redis.ResponseError) else "away"
        return {"redis": fault} | dict.fromkeys(read)


@bp.post("/jobs/failed/<job_id>/retry")
@allow("manager")
def retry(job_id):
    _act_on(registries.retry_failed, job_id)
    flash(_("The job is back in its queue."), "good")
    return redirect(url_for("monitor.page"), 303)


@bp.post("/jobs/failed/<job_id>/deletion")
@allow("manager")
def delete(job_id):
    _act_on(registries.delete_failed, job_id)
    flash(_("The failed job was deleted. Its work is still pending and goes on."), "good")
    return redirect(url_for("monitor.page"), 303)


def _act_on(verb, job_id: str) -> None:
    try:
        verb(job_id)
    except redis.RedisError as error:
        raise RedisAway(
            _("Redis does not answer or takes nothing; nothing was changed. Try again in a moment.")
        ) from error


@bp.post("/jobs/queues/<queue>/attempts")
@allow("manager")
def try_now(queue):
    """Now rather than at the next try: one row if `kind` and `id` say which, else all that the
    queue owes."""
    kind, written = request.form.get("kind", ""), request.form.get("id", "")
    row_id = whole_number(written, least=1)
    is_meant = row_id is not None if kind else not written
    if queue not in QUEUES or kind not in KINDS or not is_meant:
        raise NotFound(_("There is no such work."))
    hurried = registries.try_now(queue, kind, row_id)
    if hurried:
        tried = ngettext(
            "%(num)s step is being tried now.", "%(num)s steps are being tried now.", hurried
        )
        flash(tried, "good")
    else:
        flash(_("It is being tried already, or was done just now."), "info")
    return redirect(url_for("monitor.page"), 303)


@bp.get("/jobs/queues/<queue>/pause")
@allow("manager")
def pause_form(queue: str) -> str:
    return _pause_page(Form(), queue)


def _pause_page(form: Form, queue: str) -> str:
    _refuse_unknown(queue)
    owed = next(row for row in owed_by_queue() if row.queue == queue)
    return render_template(
        "monitor/pause.html", form=form, name=words.QUEUES[queue], queue=queue, owed=owed.owed
    )


@bp.post("/jobs/queues/<queue>/pause")
@allow("manager")
@submits(PauseIn, again=_pause_page)
def pause_queue(wanted: PauseIn, queue: str) -> Response:
    _refuse_unknown(queue)
    if pause(queue, wanted.reason):
        flash(_("The queue is paused. What it owes waits until it is resumed."), "good")
    else:
        flash(_("Somebody else has paused it already."), "info")
    return redirect(url_for("monitor.page"), 303)


@bp.post("/jobs/queues/<queue>/resumption")
@allow("manager")
def resume_queue(queue: str) -> Response:
    _refuse_unknown(queue)
    if resume(queue):
        flash(_("The queue goes on."), "good")
    else:
        flash(_("It was not paused any more."), "info")
    return redirect(url_for("monitor.page"), 303)


def _refuse_unknown(queue: str) -> None:
    """Raises NotFound."""
    if queue not in QUEUES:
        raise NotFound(_("There is no such queue."))


# -- what recurs -----------------------------------------------------------------------------------


@bp.get("/schedule")
@allow("manager")
def schedule_page() -> str:
    return render_template(
        "monitor/schedule.html", planned=schedule(), standing=standing(), who=who
    )


@bp.get("/schedule/<work>")
@allow("manager")
def work_page(work: str) -> str:
    return _work_page(Form(), work)


def _work_page(form: Form, work: str) -> str:
    recurring_work(work)
    (planned,) = (each for each in schedule() if each.work.name == work)
    page = page_of(runs_of(work), newest_first(RecurringRun.id))
    return render_template("monitor/work.html", form=form, planned=planned, page=page, who=who)


def _to_work(work: str) -> Response:
    return redirect(url_for("monitor.work_page", work=work), 303)


@bp.post("/schedule/<work>/runs")
@allow("manager")
@acts(back=_to_work)
def run_work(work: str) -> Response:
    run_now(recurring_work(work).name)
    flash(_("It runs now; what becomes of it stands below."), "good")
    return _to_work(work)


@bp.post("/schedule/<work>/off")
@allow("manager")
@submits(PauseIn, again=_work_page)
def turn_work_off(wanted: PauseIn, work: str) -> Response:
    turn_off(recurring_work(work).name, wanted.reason)
    flash(_("It is off until somebody turns it on."), "good")
    return _to_work(work)


@bp.post("/schedule/<work>/on")
@allow("manager")
def turn_work_on(work: str) -> Response:
    turn_on(recurring_work(work).name)
    flash(_("It is on again, from its next moment."), "good")
    return _to_work(work)
