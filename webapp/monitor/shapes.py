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
    has been due. The rest is what Redis knows, null while it does not answer: doorbells `queued`,
    `failed`, `deferred` and `scheduled`, those that a worker is at (`started`), and rows whose work
    came to its end within the last hour (`finished`)."""

    name: str
    owed: int
    queued: int | None
    started: int | None
    finished: int | None
    failed: int | None
    deferred: int | None
    scheduled: int | None
    oldest_age_s: int
    paused: PauseOut | None


class WorkerOut(OutShape):
    """`current`: the id of the job at hand."""

    name: str
    pid: int
    state: str
    current: str | None
    heartbeat: Moment


class JobsOut(OutShape):
    queues: list[QueueOut]
    workers: list[WorkerOut]


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
