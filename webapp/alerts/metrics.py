"""What /metrics tells, as one table: docs/operations.md lists it, and a test holds both alike."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import redis
from flask import current_app
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlalchemy import Row, case, func, select

from webapp.alerts import measures
from webapp.alerts.kinds import KINDS
from webapp.alerts.models import Alert
from webapp.alerts.queries import open_ids
from webapp.attempts.models import CauseState, FailureCause
from webapp.monitor import registries
from webapp.monitor.history import paces
from webapp.monitor.queries import owed_by_queue
from webapp.monitor.schedule import last_runs
from webapp.monitor.troubles import RedisFault, watch
from webapp.platform.database import db
from webapp.platform.queue import QUEUES

Answer = TypeVar("Answer")
# By the values of its labels; None: not known just now.
Values = Mapping[tuple[str, ...], float] | None


class Known:
    """What was read for one answer: asked once, however many names tell of it."""

    def __init__(self) -> None:
        self._answers: dict[Callable[[], Any], Any] = {}

    def __call__(self, read: Callable[[], Answer]) -> Answer:
        if read not in self._answers:
            self._answers[read] = read()
        return self._answers[read]


Reader = Callable[[Known], Values]


class Measured(NamedTuple):
    """`reads` answers it by the values of `labels`; `of_database`: left out while that is away."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    reads: Reader
    of_database: bool = True
    counts: bool = False

    def family(self, values: Mapping[tuple[str, ...], float]) -> Metric:
        kind = CounterMetricFamily if self.counts else GaugeMetricFamily
        family = kind(self.name, self.meaning, labels=self.labels)
        for labels, value in values.items():
            family.add_metric(labels, value)
        return family


def one(value: float) -> Values:
    return {(): value}


def by_subject(measure: measures.Measure) -> Reader:
    """As an alert measures it."""
    return lambda known: _by_label(measure())


def _by_label(figures: measures.Figures | None) -> Values:
    if figures is None:
        return None
    return {(subject,) if subject else (): figure for subject, figure in figures.items()}


def _owed(known: Known) -> Values:
    return {(row.queue,): row.owed for row in known(owed_by_queue)}


def _oldest(known: Known) -> Values:
    return {(row.queue,): row.oldest_age_s for row in known(owed_by_queue)}


def _tries(known: Known) -> Values:
    tries = known(measures.recent_tries)
    return {(queue, str(outcome)): count for (queue, outcome), count in tries.items()}


def _failing(known: Known) -> Values:
    return _by_label(measures.percent_failed(known(measures.recent_tries)))


def weighed() -> dict[str, Row]:
    """By queue: what its causes come to."""
    names = ("count", "healed", "waiting", "orders", "amount")
    sums = [func.coalesce(func.sum(getattr(FailureCause, name)), 0).label(name) for name in names]
    is_open = case((FailureCause.state == CauseState.OPEN, 1), else_=0)
    query = select(FailureCause.queue, *sums, func.sum(is_open).label("open"))
    found = db.session.execute(query.group_by(FailureCause.queue))
    return {row.queue: row for row in found}


def _summed(name: str) -> Reader:
    def read(known: Known) -> Values:
        by_queue = known(weighed)
        return {
            (queue,): float(by_queue[queue]._mapping[name]) if queue in by_queue else 0
            for queue in QUEUES
        }

    return read


def _alerts(known: Known) -> Values:
    count = select(Alert.kind, func.count()).where(Alert.id.in_(open_ids())).group_by(Alert.kind)
    by_kind = {kind: number for kind, number in db.session.execute(count)}
    return {(kind,): by_kind.get(kind, 0) for kind in KINDS}


def _last_runs(known: Known) -> Values:
    last = known(last_runs)
    return {(name,): run.ended_at.timestamp() for name, run in last.items() if run.ended_at}


def _failed_works(known: Known) -> Values:
    return _by_label(measures.failed_works(known(last_runs)))


def _pace(figure: str) -> Reader:
    def read(known: Known) -> Values:
        by_queue = known(paces)
        found = {(queue,): getattr(by_queue[queue], figure) for queue in QUEUES}
        return {labels: value for labels, value in found.items() if value is not None}

    return read


def _paused(known: Known) -> Values:
    paused = {pause.queue for pause in watch().look().pauses}
    return {(queue,): queue in paused for queue in QUEUES}


def _authority(known: Known) -> Values:
    authority = watch().look().authority
    return one(authority is None or authority.service is None)


def _workers(known: Known) -> Values:
    listening = watch().look().listening
    if listening is None:
        return None
    return {(queue,): count for queue, count in listening.items()}


def _worker_memory(known: Known) -> Values:
    return {
        (worker["name"], worker["version"] or ""): worker["rss_mb"] * measures.MEGABYTE
        for worker in known(registries.workers)
        if worker["rss_mb"]
    }


def _doorbells(known: Known) -> Values:
    counts = registries.queue_counts(known(registries.workers))
    return {(queue, state): n for queue, by in counts.items() for state, n in by.items()}


def _sweeper(known: Known) -> Values:
    sweeper = watch().look().sweeper
    return None if sweeper is None else one(sweeper)


METRICS = (
    Measured("balcao_owed", "Rows that owe a step", ("queue",), _owed),
    Measured(
        "balcao_oldest_owed_seconds", "Age of the oldest row that is due", ("queue",), _oldest
    ),
    Measured(
        "balcao_piled_up",
        "Steps that are due, or tried again within ten minutes",
        ("queue",),
        by_subject(measures.piled_up),
    ),
    Measured(
        "balcao_tries_recent",
        "Attempts of the last ten minutes, by what came of them",
        ("queue", "outcome"),
        _tries,
    ),
    Measured(
        "balcao_failing_percent",
        "Share of the tries of the last ten minutes that failed",
        ("queue",),
        _failing,
    ),
    Measured("balcao_done_per_minute", "Steps done a minute", ("queue",), _pace("done")),
    Measured(
        "balcao_latency_p50_milliseconds",
        "Within which half of the steps were done, from when they were due",
        ("queue",),
        _pace("p50_ms"),
    ),
    Measured(
        "balcao_latency_p95_milliseconds",
        "Within which 95 of 100 steps were done, from when they were due",
        ("queue",),
        _pace("p95_ms"),
    ),
    Measured(
        "balcao_failures",
        "Attempts that came to nothing",
        ("queue",),
        _summed("count"),
        counts=True,
    ),
    Measured(
        "balcao_healed",
        "Steps that failed and went on by themselves",
        ("queue",),
        _summed("healed"),
        counts=True,
    ),
    Measured(
        "balcao_failing_steps", "Steps that are tried in vain", ("queue",), _summed("waiting")
    ),
    Measured("balcao_failing_orders", "Orders that wait for those", ("queue",), _summed("orders")),
    Measured(
        "balcao_failing_amount_reais", "What those orders come to", ("queue",), _summed("amount")
    ),
    Measured("balcao_causes_open", "Causes of failures that are open", ("queue",), _summed("open")),
    Measured("balcao_alerts_open", "Alerts that are open", ("kind",), _alerts),
    Measured(
        "balcao_provider_away_minutes",
        "For how long a postal code service has given no answer",
        ("provider",),
        by_subject(measures.providers_away_minutes),
    ),
    Measured(
        "balcao_certificate_days",
        "Days until the certificate ends",
        (),
        by_subject(measures.certificate_days),
    ),
    Measured(
        "balcao_mail_failed",
        "E-mails of the last 24 hours that did not arrive",
        (),
        by_subject(measures.mail_that_failed),
    ),
    Measured(
        "balcao_recurring_failed",
        "Whether the last run of recurring work failed",
        ("work",),
        _failed_works,
    ),
    Measured(
        "balcao_recurring_ended_timestamp_seconds",
        "When recurring work ended last",
        ("work",),
        _last_runs,
    ),
    Measured("balcao_paused", "Whether a person has paused a queue", ("queue",), _paused, False),
    Measured("balcao_authority_up", "Whether the authority takes NF-e", (), _authority, False),
    Measured(
        "balcao_redis_up",
        "Whether Redis answers",
        (),
        lambda known: one(watch().look().redis is not RedisFault.AWAY),
        False,
    ),
    Measured(
        "balcao_redis_writable",
        "Whether Redis takes writes",
        (),
        lambda known: one(watch().look().redis is None),
        False,
    ),
    Measured(
        "balcao_disk_free_bytes",
        "Room on the disk of DATA_DIR",
        (),
        lambda known: one(current_app.extensions["storage"].free_bytes()),
        False,
    ),
    Measured(
        "balcao_disk_writable",
        "Whether the shop can save",
        (),
        lambda known: one(watch().look().storage is None),
        False,
    ),
    Measured("balcao_workers", "Living workers", ("queue",), _workers, False),
    Measured(
        "balcao_worker_memory_bytes",
        "Memory of a living worker",
        ("worker", "version"),
        _worker_memory,
        False,
    ),
    Measured(
        "balcao_doorbells",
        "Doorbells in Redis, by their state",
        ("queue", "state"),
        _doorbells,
        False,
    ),
    Measured("balcao_sweeper_up", "Whether the sweeper lives", (), _sweeper, False),
)


class HouseCollector:
    """Of all that is known just now."""

    def __init__(self, has_database: bool):
        self.has_database = has_database

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("balcao_database_up", "Whether the database answers")
        up.add_metric((), self.has_database)
        yield up
        known = Known()
        for measured in METRICS:
            if measured.of_database and not self.has_database:
                continue
            values = _read(measured, known)
            if values is not None:
                yield measured.family(values)


def _read(measured: Measured, known: Known) -> Values:
    """None too while Redis, which `balcao_redis_up` tells of, does not answer."""
    try:
        return measured.reads(known)
    except redis.RedisError:
        return None


def registry_of(has_database: bool) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(HouseCollector(has_database))
    return registry
