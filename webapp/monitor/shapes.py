"""The shape of the queue monitor's answer."""

from webapp.http.answers import Moment, OutShape


class QueueOut(OutShape):
    """`owed`: what the database owes; the rest is what Redis holds, null while it does not answer.
    `oldest_age_s`: seconds for which the oldest of what is owed has been due."""

    name: str
    owed: int
    queued: int | None
    started: int | None
    finished: int | None
    failed: int | None
    deferred: int | None
    scheduled: int | None
    oldest_age_s: int


class WorkerOut(OutShape):
    """`current`: the id of the job at hand."""

    name: str
    pid: int
    state: str
    current: str | None
    heartbeat: Moment | None


class JobsOut(OutShape):
    queues: list[QueueOut]
    workers: list[WorkerOut]
