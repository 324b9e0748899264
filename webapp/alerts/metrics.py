"""What /metrics tells, as one table: docs/operations.md lists it, and a test holds both alike."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import redis
from flask import current_app
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlalchemy import func, select

from webapp.alerts import measures
from webapp.alerts.kinds import KINDS
from webapp.alerts.queries import open_alerts
from webapp.attempts.models import CauseState, FailureCause
from webapp.monitor import registries
from webapp.monitor.history import paces
from webapp.monitor.queries import owed_by_queue
from webapp.monitor.schedule import last_runs
from webapp.monitor.troubles import RedisFault, watch
from webapp.platform.database import db
from webapp.platform.queue import QUEUES

# By the values of its labels; None: not known just now.
Values = Mapping[tuple[str, ...], float] | None


class Measured(NamedTuple):
    """`reads` answers it by the values of `labels`; `of_database`: left out while that is away."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    reads: Callable[[], Values]
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


def by_subject(measure: measures.Measure) -> Callable[[], Values]:
    """As an alert measures it."""

    def read() -> Values:
        figures = measure()
        if figures is None:
            return None
        return {(subject,) if subject else (): figure for subject, figure in figures.items()}

    return read


def _owed() -> Values:
    return {(row.queue,): row.owed for row in owed_by_queue()}


def _oldest() -> Values:
    return {(row.queue,): row.oldest_age_s for row in owed_by_queue()}


def _tries() -> Values:
    return {(queue, str(outcome)): n for (queue, outcome), n in measures.recent_tries().items()}


def _summed(column: str) -> Callable[[], Values]:
    """Of the causes of each queue."""

    def read() -> Values:
        total = func.coalesce(func.sum(getattr(FailureCause, column)), 0)
        found = db.session.execute(select(FailureCause.queue, total).group_by(FailureCause.queue))
        return dict.fromkeys(((queue,) for queue in QUEUES), 0) | {
            (queue,): float(value) for queue, value in found
        }

    return read


def _open_causes() -> Values:
    count = select(func.count()).select_from(FailureCause)
    return one(db.session.scalar(count.where(FailureCause.state == CauseState.OPEN)) or 0)


def _alerts() -> Values:
    found = dict.fromkeys(((kind,) for kind in KINDS), 0)
    for alert in db.session.scalars(open_alerts()):
        if (alert.kind,) in found:
            found[(alert.kind,)] += 1
    return {labels: float(count) for labels, count in found.items()}


def _last_runs() -> Values:
    return {(name,): run.ended_at.timestamp() for name, run in last_runs().items() if run.ended_at}


def _paces(figure: str) -> Callable[[], Values]:
    def read() -> Values:
        known = paces()
        found = {(queue,): getattr(known[queue], figure) for queue in QUEUES}
        return {labels: value for labels, value in found.items() if value is not None}

    return read


def _paused() -> Values:
    paused = {pause.queue for pause in watch().look().pauses}
    return {(queue,): queue in paused for queue in QUEUES}


def _authority() -> Values:
    authority = watch().look().authority
    return one(authority is None or authority.service is None)


def _workers() -> Values:
    listening = watch().look().listening
    if listening is None:
        return None
    return {(queue,): count for queue, count in listening.items()}


def _worker_memory() -> Values:
    return {
        (worker["name"], worker["version"] or ""): worker["rss_mb"] * measures.MEGABYTE
        for worker in registries.workers()
        if worker["rss_mb"]
    }


def _doorbells() -> Values:
    counts = registries.queue_counts(registries.workers())
    return {(queue, state): n for queue, by in counts.items() for state, n in by.items()}


def _sweeper() -> Values:
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
        by_subject(measures.failing_percent),
    ),
    Measured("balcao_done_per_minute", "Steps done a minute", ("queue",), _paces("done")),
    Measured(
        "balcao_latency_p50_milliseconds",
        "Within which half of the steps were done, from when they were due",
        ("queue",),
        _paces("p50_ms"),
    ),
    Measured(
        "balcao_latency_p95_milliseconds",
        "Within which 95 of 100 steps were done, from when they were due",
        ("queue",),
        _paces("p95_ms"),
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
    Measured("balcao_causes_open", "Causes of failures that are open", (), _open_causes),
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
        "balcao_numbers_to_void_days",
        "Days until numbers without an NF-e are to be voided",
        ("series",),
        by_subject(measures.days_to_void),
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
        by_subject(measures.work_that_failed),
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
        lambda: one(watch().look().redis is not RedisFault.AWAY),
        False,
    ),
    Measured(
        "balcao_redis_writable",
        "Whether Redis takes writes",
        (),
        lambda: one(watch().look().redis is None),
        False,
    ),
    Measured(
        "balcao_disk_free_bytes",
        "Room on the disk of DATA_DIR",
        (),
        lambda: one(current_app.extensions["storage"].free_bytes()),
        False,
    ),
    Measured(
        "balcao_disk_writable",
        "Whether the shop can save",
        (),
        lambda: one(watch().look().storage is None),
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


class House:
    """A collector of all that is known just now."""

    def __init__(self, has_database: bool):
        self.has_database = has_database

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("balcao_database_up", "Whether the database answers")
        up.add_metric((), self.has_database)
        yield up
        for measured in METRICS:
            if measured.of_database and not self.has_database:
                continue
            values = _read(measured)
            if values is not None:
                yield measured.family(values)


def _read(measured: Measured) -> Values:
    """None too while Redis, which `balcao_redis_up` tells of, does not answer."""
    try:
        return measured.reads()
    except redis.RedisError:
        return None


def registry_of(has_database: bool) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(House(has_database))
    return registry
