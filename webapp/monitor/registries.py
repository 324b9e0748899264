"""What Redis holds of the queues and workers, and what a manager does about it.

Read-only on purpose: RQ's own `count` properties clean their registries up as they count, and
several readers at once requeue the same job several times. Nor is a `Worker` made to read one: it
would raise the time-out of the connection that the whole web process shares.
"""

import datetime as dt
import hashlib
import re
import time
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import Any

import redis
from flask import current_app
from flask_babel import gettext as _
from redis import Redis
from rq import Queue, Worker
from rq.exceptions import (
    AbandonedJobError,
    DeserializationError,
    InvalidJobOperation,
    NoSuchJobError,
)
from rq.job import Job
from rq.registry import (
    DeferredJobRegistry,
    FailedJobRegistry,
    ScheduledJobRegistry,
)
from rq.serializers import JSONSerializer
from rq.utils import decode_redis_hash
from sqlalchemy import select, update

from webapp.audit.tracking import record
from webapp.monitor.queries import owing
from webapp.monitor.words import (
    JOB_ABANDONED,
    JOB_ERRORS,
    JOB_FAILED,
    JOB_GONE,
    JOB_UNREADABLE,
)
from webapp.platform.clock import database_now, utc_now
from webapp.platform.database import db, rows_changed
from webapp.platform.errors import NotFound
from webapp.platform.notices import notices_of
from webapp.platform.queue import (
    ALIVE_SECONDS,
    MEMORY_FIELD,
    QUEUES,
    SWEPT_KEY,
    VERSION_FIELD,
    done_keys,
    redis_of_app,
)
from webapp.platform.whole import whole_number
from webapp.processing.pipeline import WORKED
from webapp.processing.retrying import note_hurried

FAILED_SHOWN = 20
# Of a name that somebody else wrote, and the bytes of a job (packed: a thousandfold may come out)
# and of its results that are read.
NAME_SHOWN, JOB_READ, RESULTS_READ = 100, 2**13, 2**17
# A shop has some dozens; where more names stand, others wrote them.
WORKERS_READ = 1000
# Moments before this year, or of the last one, are no zone's to tell.
_EARLIEST = 1970
FAILED_KNOWN_SECONDS = 5
# What reading an entry raises that another program, or another version, wrote.
UNREADABLE = (
    DeserializationError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    zlib.error,
)
# Ids that the library takes, and the audit too.
_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
# Begins the address of an entry with any other id: no plain one holds it.
_HASHED = "~"
# What Redis keeps of a job, by its id.
_KEYS_OF_JOB = (
    b"rq:job:*",
    b"rq:job:*:dependents",
    b"rq:job:*:dependencies",
    b"rq:executions:*",
    b"rq:results:*",
)
STATES = ("queued", "started", "finished", "failed", "deferred", "scheduled")
_REGISTRIES = {
    "failed": FailedJobRegistry,
    "deferred": DeferredJobRegistry,
    "scheduled": ScheduledJobRegistry,
}


@dataclass(frozen=True)
class FailedJob:
    """A doorbell that failed. The rows it rang for are still owed, whatever becomes of it."""

    id: str
    queue: str
    function: str
    failed_at: dt.datetime | None
    traceback: str

    @property
    def cause(self) -> str:
        """In the reader's words; what the program wrote is in the traceback."""
        if not self.function:
            return str(JOB_UNREADABLE)
        if AbandonedJobError.__name__ in self.traceback:
            return str(JOB_ABANDONED)
        lines = self.traceback.strip().splitlines()
        error = lines[-1].partition(":")[0].rpartition(".")[2] if lines else ""
        return str(JOB_ERRORS.get(error, JOB_FAILED if error else ""))


def _queue(name: str) -> Queue:
    return Queue(name, connection=redis_of_app(), serializer=JSONSerializer)


def queue_counts(workers: list[dict]) -> dict[str, dict[str, int]]:
    """By queue: the doorbells that are queued, failed, deferred and scheduled; those that a living
    worker is at (`started`); and the rows whose work came to its end within the last hour
    (`finished`), however often they were looked at.

    One round trip. Raises redis.RedisError.
    """
    now = utc_now().timestamp()
    pipe = redis_of_app().pipeline(transaction=False)
    for name in QUEUES:
        queue = _queue(name)
        pipe.llen(queue.key)
        pipe.mget(done_keys(name))
        for state, registry in _REGISTRIES.items():
            key = registry(queue=queue).key
            # A registry keeps what is over its time until a worker clears it.
            pipe.zcount(key, now, "+inf") if state == "failed" else pipe.zcard(key)
    answers = iter(pipe.execute())
    at_work = Counter(worker["queue"] for worker in workers)
    return {
        name: {
            "queued": next(answers),
            "finished": sum(_written_number(rows) for rows in next(answers) if rows),
            "started": at_work[name],
        }
        | {state: next(answers) for state in _REGISTRIES}
        for name in QUEUES
    }


def _written_number(written: bytes) -> int:
    """0 for what is none."""
    return whole_number(written.decode(errors="replace")) or 0


def failed_count() -> int | None:
    """How many doorbells failed, as far as this process knows: asked for every few seconds at most,
    so that no page waits for a Redis that hangs. None while nobody knows."""
    known = _known()
    if time.monotonic() >= known.until:
        known.until = time.monotonic() + FAILED_KNOWN_SECONDS
        known.count = _count_failed()
    return known.count


@dataclass
class _Known:
    count: int | None = None
    until: float = 0.0


def _known() -> _Known:
    return current_app.extensions.setdefault("failed_jobs", _Known())


def _count_failed() -> int | None:
    now = utc_now().timestamp()
    pipe = redis_of_app().pipeline(transaction=False)
    for name in QUEUES:
        pipe.zcount(_failed_key(name), now, "+inf")
    try:
        return sum(pipe.execute())
    except redis.RedisError:
        return None


def workers() -> list[dict]:
    """Those that gave a sign of life just now, as `{name, pid, state, current, queue, since,
    queues, heartbeat, version, rss_mb}`: `current` is the id of the job at hand, `queue` its queue
    and `since` when it began, all None while idle; `queues` those it listens to; `heartbeat` a
    moment; `version` of the program and `rss_mb` of memory as it tells them, None for one that does
    not. Raises redis.RedisError."""
    # Its answers are bytes; the library's types name those of every protocol.
    connection: Any = redis_of_app()
    if connection.scard(Worker.redis_workers_keys) > WORKERS_READ:
        raise redis.ResponseError("more names of workers than a shop has")
    members = connection.smembers(Worker.redis_workers_keys)
    keys = sorted(key for name in members if len(key := name.decode(errors="replace")) < NAME_SHOWN)
    pipe = connection.pipeline(transaction=False)
    for key in keys:
        pipe.hgetall(key)
        pipe.pttl(key)
    answers = iter(pipe.execute())
    found = [
        (key, data, ends_ms)
        for key, raw, ends_ms in zip(keys, answers, answers, strict=True)
        if raw and (data := _decoded(raw))
    ]
    jobs = _jobs_of([data.get("current_job") for _key, data, _ends in found], connection)
    read = (_worker(key, data, ends_ms, jobs) for key, data, ends_ms in found)
    return [worker for worker in read if worker]


def _decoded(raw: dict) -> dict:
    """Empty for what cannot be read."""
    try:
        return decode_redis_hash(raw, decode_values=True)
    except UNREADABLE:
        return {}


def _worker(key: str, data: dict, ends_ms: int, jobs: dict[str, Job]) -> dict | None:
    """None for what no worker of ours wrote. What it says ends in `ends_ms`, unless it says so
    again: that alone tells when it did, whatever the clocks of two machines are at."""
    current = data.get("current_job") or None
    job = jobs.get(current or "")
    if ends_ms <= 0 or "last_heartbeat" not in data:
        return None
    ago = dt.timedelta(milliseconds=max(ALIVE_SECONDS * 1000 - ends_ms, 0))
    try:
        return {
            "name": key.removeprefix(Worker.redis_worker_namespace_prefix),
            "pid": int(data.get("pid") or 0),
            "state": data.get("state", "?")[:NAME_SHOWN],
            "current": current and current[:NAME_SHOWN],
            "queue": job.origin if job else None,
            "since": _moment(job.started_at) if job else None,
            "queues": data.get("queues", "").split(","),
            "heartbeat": utc_now() - ago,
            "version": data.get(VERSION_FIELD, "")[:40] or None,
            "rss_mb": whole_number(data.get(MEMORY_FIELD, ""), least=0),
        }
    except UNREADABLE:
        return None


def _jobs_of(job_ids: list, connection: Redis) -> dict[str, Job]:
    wanted = [job_id for job_id in job_ids if job_id]
    try:
        jobs = Job.fetch_many(wanted, connection, serializer=JSONSerializer)
    except UNREADABLE:
        return {}
    return {job.id: job for job in jobs if job}


def _moment(written: dt.datetime | None) -> dt.datetime | None:
    """Raises ValueError for one that no page could tell."""
    if written and not _EARLIEST <= written.year < dt.MAXYEAR:
        raise ValueError("no moment that a page could tell")
    return written and written.astimezone(dt.UTC)


def swept_at() -> dt.datetime | None:
    """When the sweeper began its last pass; None when it was none within a day. Raises
    redis.RedisError."""
    written: Any = redis_of_app().get(SWEPT_KEY)
    seconds = whole_number((written or b"").decode(errors="replace"), most=10**11)
    return dt.datetime.fromtimestamp(seconds, dt.UTC) if seconds else None


def failed_jobs() -> list[FailedJob]:
    """The newest of each queue. Raises redis.RedisError."""
    # Ids as bytes: any may stand there.
    connection: Any = redis_of_app()
    failed = []
    for name in QUEUES:
        newest = connection.zrange(
            _failed_key(name), 0, FAILED_SHOWN - 1, desc=True, withscores=True
        )
        huge = _huge([raw_id for raw_id, _until in newest], connection)
        read = (
            FailedJob(_address(raw_id), name, "", None, "")
            if raw_id in huge
            else _read_failed(raw_id, until, name, connection)
            for raw_id, until in newest
        )
        failed += [job for job in read if job]
    return sorted(
        failed,
        key=lambda job: job.failed_at or dt.datetime.min.replace(tzinfo=dt.UTC),
        reverse=True,
    )


def _huge(raw_ids: list[bytes], connection: Any) -> set[bytes]:
    """Those of which Redis holds more than a doorbell comes to."""
    pipe = connection.pipeline(transaction=False)
    for raw_id in raw_ids:
        pipe.memory_usage(b"rq:job:" + raw_id, samples=0)
        pipe.memory_usage(b"rq:results:" + raw_id, samples=0)
    answers = iter(pipe.execute())
    return {
        raw_id
        for raw_id, job, results in zip(raw_ids, answers, answers, strict=True)
        if (job or 0) > JOB_READ or (results or 0) > RESULTS_READ
    }


def _failed_key(queue: str) -> str:
    return FailedJobRegistry(queue=_queue(queue)).key


def _address(raw_id: bytes) -> str:
    """What a page calls an entry: its id, or a hash of one that the library would not take."""
    written = raw_id.decode("ascii", "replace")
    if _PLAIN_ID.fullmatch(written):
        return written
    return _HASHED + hashlib.sha256(raw_id).hexdigest()[:32]


def _raw_id(address: str) -> bytes:
    """Raises NotFound for what no entry is called."""
    if _PLAIN_ID.fullmatch(address):
        return address.encode()
    if address.startswith(_HASHED):
        connection: Any = redis_of_app()
        for name in QUEUES:
            for raw_id in connection.zrange(_failed_key(name), 0, -1):
                if _address(raw_id) == address:
                    return raw_id
    raise NotFound(JOB_GONE)


def _read_failed(raw_id: bytes, until: float, queue: str, connection: Redis) -> FailedJob | None:
    """One at a time: what cannot be read costs its own line and stands there without a
    function. None for one whose time is over."""
    address = _address(raw_id)
    try:
        job = Job.fetch(address, connection=connection, serializer=JSONSerializer)
        if job.origin == queue:
            return _failed(job)
    except NoSuchJobError:
        if until <= utc_now().timestamp():
            return None
    except (*UNREADABLE, redis.ResponseError):
        pass
    return FailedJob(address, queue, "", None, "")


def _failed(job: Job) -> FailedJob:
    result = job.latest_result()
    failed_at = _moment(job.ended_at or (result.created_at if result else None))
    return FailedJob(
        job.id,
        job.origin,
        (job.func_name or "")[:NAME_SHOWN],
        failed_at,
        (result and result.exc_string) or "",
    )


def retry_failed(job_id: str) -> None:
    """Puts it back into its queue; somebody who did so already makes it NotFound, not twice."""
    job = _fetch(job_id)
    record(db.session, "retried", "jobs", job_id, job.origin)
    try:
        job.failed_job_registry.requeue(job)
    except InvalidJobOperation:
        raise NotFound(JOB_GONE) from None


def delete_failed(job_id: str) -> None:
    """By its keys, past the library, which stumbles over what it cannot read and over an abandoned
    job's attempts, whose records are gone."""
    _known().until = 0.0
    raw_id = _raw_id(job_id)
    connection: Any = redis_of_app()
    held_by = [name for name in QUEUES if connection.zrem(_failed_key(name), raw_id)]
    if not held_by:
        raise NotFound(JOB_GONE)
    record(db.session, "deleted", "jobs", job_id, held_by[0])
    connection.delete(*(key.replace(b"*", raw_id) for key in _KEYS_OF_JOB))


def _fetch(job_id: str) -> Job:
    _known().until = 0.0
    _raw_id(job_id)
    try:
        job = Job.fetch(job_id, connection=redis_of_app(), serializer=JSONSerializer)
        _failed(job)
    except NoSuchJobError:
        raise NotFound(JOB_GONE) from None
    except (*UNREADABLE, redis.ResponseError):
        raise NotFound(JOB_UNREADABLE) from None
    if job.origin not in QUEUES:
        raise NotFound(JOB_GONE)
    return job


def try_now(queue: str, kind: str = "", row_id: int | None = None) -> int:
    """Makes what waits for its next try due at once: one row (of a station's kind), or all that the
    queue owes. Rows that a worker holds are left alone. The number of rows hurried."""
    now, hurried = database_now(db.session), 0
    for station in WORKED:
        if station.queue == queue and kind in ("", station.kind):
            table = station.model.__table__
            waiting = owing(station) & table.c.lease.is_(None) & (table.c.due_at > now)
            if row_id:
                waiting &= table.c.id == row_id
            note_hurried(station.kind, str(station.status), select(table.c.id).where(waiting))
            hurried += rows_changed(update(table).where(waiting).values(due_at=now))
    tables = {station.kind: station.model.__tablename__ for station in WORKED}
    why = _("Only sooner: it would have been tried by itself.")
    record(db.session, "tried_now", tables.get(kind, "queues"), row_id or queue, why=why)
    notices_of(db.session).ring(queue)
    return hurried
