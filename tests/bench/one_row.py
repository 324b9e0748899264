"""Jobs of one row each, by the shop's worker and by RQ's own: the same app, made ready before it
forks, the same doorbell, the same rows, by turns. And what a POST spends on ringing."""

import logging
import resource
import time
from collections.abc import Callable
from typing import NamedTuple
from unittest.mock import patch

from flask import current_app
from rq import Queue, Worker
from rq.serializers import JSONSerializer
from sqlalchemy import func, select, update
from sqlalchemy.orm import configure_mappers

from jobs.worker import make_worker
from tests.bench.figures import percentile, tell
from tests.bench.importing import in_a_shop
from tests.factories import make_product, make_sale
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.notices import Notices
from webapp.platform.queue import bell_key, connect, redis_of_app
from webapp.processing.claims import Step
from webapp.sales.models import Sale, Status

ROWS, RUNS, RINGS = 100, 3, 300
# Of this queue a job takes one turn of each step.
QUEUE = "bulk"


class Cost(NamedTuple):
    """Jobs a second, which other processes of the machine slow down, and the milliseconds of
    processor time of each."""

    rate: float
    processor: float


class OneRow(Step[Sale, None, None]):
    """Loads a row and updates it."""

    model = Sale
    status = Status.ADDRESS
    batch = 1

    def write_row(self, row: Sale, shared: None, now: object) -> None:
        row.lease = row.due_at = None


def measure() -> None:
    in_a_shop(_measure)


def _measure() -> None:
    logging.getLogger().setLevel(logging.ERROR)
    configure_mappers()
    sku = make_product().sku
    for _row in range(ROWS):
        make_sale(sku=sku)
    runs: dict[Callable[[], Worker], list[Cost]] = {_our_worker: [], _their_worker: []}
    with (
        patch("webapp.processing.pipeline.steps_of", lambda _queue: (OneRow(),)),
        patch("jobs.doorbell.GATHER_SECONDS", 0),
    ):
        for _run in range(RUNS):
            for worker, costs in runs.items():
                costs.append(_cost(worker))
    (rate, processor), (their_rate, their_processor) = map(_middle, runs.values())
    tell(
        "jobs of one row, ours and RQ's own Worker",
        f"{processor:.0f} and {their_processor:.0f} ms of processor time each: "
        f"{their_processor / processor:.1f} times (at least 3); {rate:.0f} and {their_rate:.0f} a "
        f"second: {rate / their_rate:.1f} times",
    )
    _tell_of_ringing()


def _middle(costs: list[Cost]) -> Cost:
    return sorted(costs)[RUNS // 2]


def _cost(worker: Callable[[], Worker]) -> Cost:
    """Of jobs that do one row each."""
    columns = Sale.__table__.c
    owed = {"status": Status.ADDRESS, "due_at": utc_now(), "lease": None}
    db.session.execute(update(Sale.__table__).values(owed))
    db.session.commit()
    queue = Queue(QUEUE, connection=redis_of_app(), serializer=JSONSerializer)
    queue.empty()
    for _row in range(ROWS):
        queue.enqueue(f"jobs.{QUEUE}.work")
    # A process that is forked opens connections of its own.
    db.session.remove()
    db.engine.dispose()
    at_work = worker()
    began, used = time.perf_counter(), _processor_seconds()
    at_work.work(max_jobs=ROWS, logging_level="ERROR")
    seconds, used = time.perf_counter() - began, _processor_seconds() - used
    left = db.session.scalar(select(func.count()).where(columns.due_at.is_not(None)))
    assert left == 0, f"{left} rows were not done"
    return Cost(ROWS / seconds, used * 1000 / ROWS)


def _processor_seconds() -> float:
    """Of this process and of those that it forked and saw end."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, whose))


def _our_worker() -> Worker:
    return make_worker(current_app._get_current_object(), [QUEUE], _connection())


def _their_worker() -> Worker:
    return Worker([QUEUE], connection=_connection(), serializer=JSONSerializer)


def _connection():
    return connect(current_app.extensions["settings"].redis_url, timeout=40)


def _tell_of_ringing() -> None:
    """Of a queue that nobody has rung just now, the dearest case. What requests leave to the thread
    beside them is told in processor time."""
    notifier = current_app.extensions["notifier"]
    beside = _ring(time.thread_time)
    notifier.in_background = True
    asked = _ring(time.perf_counter)
    tell(
        "a POST spends on ringing",
        f"p95 {percentile(asked, 0.95):.3f} ms (at most 2); the thread beside it "
        f"{percentile(beside, 0.5):.2f} ms of processor time",
    )


def _ring(clock: Callable[[], float]) -> list[float]:
    """Milliseconds of each ring."""
    took = []
    for number in range(RINGS):
        redis_of_app().delete(bell_key(QUEUE))
        notices = Notices()
        notices.row_changed("sale", number, "address")
        notices.ring(QUEUE)
        began = clock()
        current_app.extensions["notifier"].send(notices)
        took.append((clock() - began) * 1000)
    return took
