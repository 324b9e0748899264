"""The figures that alerts and /metrics go by, each by its subject (a queue, a provider, a series;
"" where there is but one). None: not known just now."""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cache

from flask import current_app
from sqlalchemy import CompoundSelect, Select, bindparam, func, literal, select, union_all

from webapp.alerts import failing
from webapp.attempts.models import Attempt, AttemptOutcome
from webapp.authority.certificates import ends_at
from webapp.authority.models import TAKES_NO_NOTES, AuthorityService
from webapp.fiscal.certificate import CertificateError
from webapp.fulfilment.labels.choosing import token_ends_at
from webapp.invoices.ledger import left_over
from webapp.messages.models import FAILED_MESSAGES, Message
from webapp.monitor.queries import owed_by_queue, owing, providers
from webapp.monitor.schedule import last_runs
from webapp.monitor.troubles import watch
from webapp.platform.clock import database_now, utc_now
from webapp.platform.database import db
from webapp.platform.queue import QUEUES
from webapp.processing.models import RecurringRun, RunStatus
from webapp.processing.pipeline import WORKED
from webapp.processing.recurring import RECURRING
from webapp.store.queries import every_series, the_shop
from webapp.taxation.queries import issuer_today

Figures = Mapping[str, int]
Measure = Callable[[], Figures | None]
MEGABYTE = 1_000_000
# What is tried in vain is due again within this time; what is due later has not piled up.
SOON = dt.timedelta(minutes=10)
RECENT = dt.timedelta(minutes=10)
# Of fewer tries no share is told.
LEAST_TRIES = 10
A_DAY = dt.timedelta(days=1)


def oldest_minutes() -> Figures:
    """By queue: for how long its oldest work has been due, or is tried in vain."""
    found = {row.queue: row.oldest_age_s // 60 for row in owed_by_queue()}
    for queue, since in failing.oldest_by_queue().items():
        found[queue] = max(found[queue], _minutes_since(since))
    return found


def piled_up() -> Figures:
    """By queue: steps that are due, or soon tried again."""
    found = dict.fromkeys(QUEUES, 0)
    soon = {"soon": database_now(db.session) + SOON}
    for place, count in db.session.execute(_due_by_place(), soon):
        found[WORKED[place].queue] += count
    return found


@cache
def _due_by_place() -> CompoundSelect:
    """Made once: that takes longer than to ask it."""
    return union_all(*(_due_at(place) for place in range(len(WORKED))))


def _due_at(place: int) -> Select:
    station = WORKED[place]
    due = select(literal(place), func.count()).select_from(station.model)
    return due.where(owing(station), station.model.due_at <= bindparam("soon"))


def recent_tries() -> dict[tuple[str, AttemptOutcome], int]:
    """By queue and outcome: the attempts that ended lately."""
    count = select(Attempt.queue, Attempt.outcome, func.count())
    recent = count.where(Attempt.ended_at > utc_now() - RECENT)
    found = db.session.execute(recent.group_by(Attempt.queue, Attempt.outcome))
    return {(queue, outcome): number for queue, outcome, number in found}


def failing_percent() -> Figures:
    """By queue: of its latest tries, those that failed; to wait for the outside is none."""
    return percent_failed(recent_tries())


def percent_failed(tries: Mapping[tuple[str, AttemptOutcome], int]) -> Figures:
    found = {}
    for queue in QUEUES:
        every = sum(tries.get((queue, outcome), 0) for outcome in AttemptOutcome)
        bad = (AttemptOutcome.FAILED, AttemptOutcome.GIVEN_UP)
        failed = sum(tries.get((queue, outcome), 0) for outcome in bad)
        found[queue] = failed * 100 // every if every >= LEAST_TRIES else 0
    return found


def providers_away_minutes() -> Figures:
    """By name, of those that are asked: for how long they have given no answer."""
    known = providers()
    rows = {name: known.get(name) for name in current_app.extensions["settings"].cep_providers}
    return {
        name: _minutes_since(row.failing_since) if row and row.failing_since else 0
        for name, row in rows.items()
    }


def authority_away_minutes() -> Figures:
    since = db.session.scalar(select(func.min(AuthorityService.since)).where(TAKES_NO_NOTES))
    return {"": _minutes_since(since) if since else 0}


def _minutes_since(moment: dt.datetime) -> int:
    return (utc_now() - moment) // dt.timedelta(minutes=1)


def certificate_days() -> Figures:
    """Of one that somebody installed; one that cannot be read is as good as over."""
    try:
        end = ends_at()
    except CertificateError:
        return {"": 0}
    return {"": max((end - utc_now()).days, 0)} if end else {}


def label_token_days() -> Figures:
    """Of a token by which labels are bought, where it tells of its end."""
    end = token_ends_at(the_shop())
    return {"": max((end - utc_now()).days, 0)} if end else {}


def days_to_void() -> Figures:
    """By series with numbers that no NF-e has: the days until the first of them is to be voided."""
    found: dict[str, int] = {}
    for left in left_over(every_series()):
        series, days = str(left.series), max((left.due - issuer_today()).days, 0)
        found[series] = min(found.get(series, days), days)
    return found


def free_megabytes() -> Figures:
    storage = current_app.extensions["storage"]
    return {"": 0 if storage.fault() else storage.free_bytes() // MEGABYTE}


def queues_without_worker() -> Figures | None:
    listening = watch().look().listening
    return listening and {queue: 0 if workers else 1 for queue, workers in listening.items()}


def sweeper_away() -> Figures | None:
    lives = watch().look().sweeper
    return None if lives is None else {"": 0 if lives else 1}


def redis_faults() -> Figures:
    return {"": 1 if watch().look().redis else 0}


def mail_that_failed() -> Figures:
    """Of the last day: what came back, or could not be sent."""
    late = Message.created_at > utc_now() - A_DAY
    count = select(func.count()).select_from(Message).where(FAILED_MESSAGES, late)
    return {"": db.session.scalar(count) or 0}


def work_that_failed() -> Figures:
    """By recurring work: whether its last run failed."""
    return failed_works(last_runs())


def failed_works(last: Mapping[str, RecurringRun]) -> Figures:
    failed = {name for name, run in last.items() if run.status is RunStatus.FAILED}
    return {name: 1 if name in failed else 0 for name in RECURRING}
