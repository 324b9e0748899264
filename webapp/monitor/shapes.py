"""The shape of the queue monitor's answer."""

from webapp.http.answers import Moment, OutShape
from webapp.processing.models import RunStatus


class PauseOut(OutShape):
    """A queue that a person has paused; what it owes stays owed."""

    reason: str
    actor: str
    since: Moment


class QueueOut(OutShape):
    """`owed`: rows that the database owes, and `oldest_age_s`: seconds for which the oldest of them
    has been due. What Redis knows is null while it does not answer: doorbells `queued`, `failed`,
    `deferred` and `scheduled`, those that a worker is at (`started`), and rows whose work came to
    its end within the last hour (`finished`). Of the last whole minute: steps done and steps tried
    in vain; of the last ten: within how many milliseconds, from when they were due, half of the
    steps were done, and 95 %; null where nobody knows."""

    name: str
    owed: int
    queued: int | None
    started: int | None
    finished: int | None
    failed: int | None
    deferred: int | None
    scheduled: int | None
    oldest_age_s: int
    done_per_minute: int | None
    in_vain_per_minute: int | None
    latency_p50_ms: int | None
    latency_p95_ms: int | None
    paused: PauseOut | None


class WorkerOut(OutShape):
    """`current`: the id of the job at hand, `queue` its queue and `since` when it began, null while
    the worker is idle. `version` and `rss_mb` of memory, null where it does not tell."""

    name: str
    pid: int
    state: str
    current: str | None
    queue: str | None
    since: Moment | None
    version: str | None
    rss_mb: int | None
    heartbeat: Moment


class JobsOut(OutShape):
    """`swept_at`: when the sweeper began its last pass; null if it is not known."""

    queues: list[QueueOut]
    workers: list[WorkerOut]
    swept_at: Moment | None


class RunOut(OutShape):
    """Recurring work for the moment `owed_for`; `count`: how many things it did."""

    owed_for: Moment
    ended_at: Moment | None
    outcome: RunStatus
    count: int


class PlannedOut(OutShape):
    """`when` in words; `next_at` is null while it is off, or nobody asks for it."""

    name: str
    label: str
    when: str
    off: bool
    next_at: Moment | None
    last: RunOut | None


class ScheduleOut(OutShape):
    items: list[PlannedOut]
