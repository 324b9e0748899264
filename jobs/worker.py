"""A worker process: `python -m jobs.worker [queue …]`; without names it listens to every queue."""

import contextlib
import faulthandler
import gc
import logging
import math
import os
import secrets
import signal
import socket
import sys
import threading
import time
from typing import Any, cast

import redis
from flask import Flask
from rq import Queue, SimpleWorker, worker_registration
from rq.exceptions import StopRequested
from rq.job import Job
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer
from rq.worker import DequeueStrategy
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import configure_mappers
from structlog.contextvars import bound_contextvars

from webapp import create_app
from webapp.alerts.looking import LOOK_SECONDS, look
from webapp.audit.tracking import acting_as
from webapp.platform import living
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.queue import (
    ALIVE_SECONDS,
    BEAT_SECONDS,
    DONE_SECONDS,
    FAILED_SECONDS,
    JOB_SECONDS,
    MEMORY_FIELD,
    QUEUES,
    SWEEPER_KEY,
    VERSION_FIELD,
    connect,
    remove_strange_keys,
)
from webapp.platform.sparing import sparing
from webapp.platform.version import VERSION

log = logging.getLogger(__name__)
AGAIN_AFTER_SECONDS = 1
# How long a worker that is told to stop may take over its batch: whatever starts processes kills
# them soon after.
STOP_SECONDS = 25
WATCH_SECONDS = 1
# Looks in a row at which a worker's batch is overdue: then it is stuck.
OVERDUE_LOOKS = 2
# How long what runs beside the work is waited for at the end.
LONGEST_END = 2
SHOWN_OF_NAME = 100
_SAID_OFTEN = ("could not connect", "found an unhandled exception")
ALLOWED = frozenset(f"jobs.{queue}.work" for queue in QUEUES)


class StrangeJob(Exception):
    """A job that is not ours: somebody else wrote into Redis."""


class Doorbell(Job):
    """Runs nothing but the shop's own doorbells, whatever a job in Redis names: neither as its
    function nor as a callback. (A JSON serializer alone does not keep a job from naming
    `os.system`.)"""

    success_callback = failure_callback = stopped_callback = None

    def restore(self, raw_data: Any) -> None:
        """For how long and how often it is tried is the shop's to say."""
        super().restore(raw_data)
        self.timeout, self.result_ttl, self.failure_ttl = JOB_SECONDS, DONE_SECONDS, FAILED_SECONDS
        self.retries_left = self.repeats_left = None

    def perform(self) -> Any:
        if self.func_name not in ALLOWED or self.args or self.kwargs:
            raise StrangeJob(str(self.func_name)[:SHOWN_OF_NAME])
        return super().perform()

    def send_webhooks(self, *_args: Any, **_kwargs: Any) -> None:
        """Nobody outside is told, whatever addresses a job in Redis names."""


class ShopWorker(SimpleWorker):
    """Runs doorbells in its own process, where the app, its connections and compiled schemas stay
    warm. A job that takes the process down costs a restart by the supervisor and nothing else: the
    rows are still owed."""

    app: Flask
    # How long it waits at most before it looks again for a Redis that went away.
    max_connection_wait_time = 4.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stopped = threading.Event()
        self._stop_by = math.inf
        self.is_told_to_stop = False

    def request_stop(self, signum: int, frame: Any) -> None:
        self.is_told_to_stop = True
        self._stop_by = time.monotonic() + STOP_SECONDS
        super().request_stop(signum, frame)

    def bootstrap(self, *args: Any, **kwargs: Any) -> None:
        super().bootstrap(*args, **kwargs)
        self._stopped = threading.Event()
        self._beside = [
            threading.Thread(target=beside, args=(self._stopped,), daemon=True)
            for beside in (self._beat, self._watch, self._look_out)
        ]
        for thread in self._beside:
            thread.start()

    def subscribe(self) -> None:
        """To no commands: whoever may write into Redis must not be able to end workers."""

    def check_for_suspension(self, burst: bool) -> None:
        """A queue is paused in the database (`processing/pausing.py`), and nowhere else."""

    def teardown(self) -> None:
        """Once nothing beside the work asks Redis any more, or waits too long for it."""
        self._stopped.set()
        for thread in self._beside:
            thread.join(LONGEST_END)
        super().teardown()

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Says that it lives, for so long as is told at each beat and not for as long as a job may
        take: a process that was killed tells nobody. Redis may have been wiped: what is not there
        any more is written anew."""
        super().heartbeat(ALIVE_SECONDS, pipeline)
        if pipeline is None and not self.connection.hexists(self.key, "birth"):
            self._write_in_again()

    def _beat(self, stopped: threading.Event) -> None:
        """Beside the work, which may take minutes."""
        while not stopped.wait(BEAT_SECONDS):
            # Redis may be away for a while; the next beat looks again.
            with contextlib.suppress(redis.RedisError):
                self.heartbeat()
                self.connection.hset(self.key, MEMORY_FIELD, living.memory_mb())

    def _watch(self, stopped: threading.Event) -> None:
        """Ends a process that is stuck, or will not stop in time. What it holds is taken up at
        once: its death is noticed by its lock, and what it would still write is refused by its
        token."""
        looks = 0
        while not stopped.wait(WATCH_SECONDS):
            living.touch()
            looks = looks + 1 if living.is_overdue() else 0
            if looks >= OVERDUE_LOOKS:
                log.critical("worker %s is stuck: it ends, and others take up its rows", self.name)
                faulthandler.dump_traceback(all_threads=True)
                os._exit(1)
            if time.monotonic() > self._stop_by:
                log.warning("worker %s hands back what it is at: it was told to stop", self.name)
                os._exit(0)

    def _look_out(self, stopped: threading.Event) -> None:
        """Alerts are the sweeper's to look for. While there is none the workers do, of whom one
        opens what all see."""
        while not stopped.wait(LOOK_SECONDS):
            # Redis, or the database, may be away for a while; the next look says so, or another's.
            with contextlib.suppress(redis.RedisError, SQLAlchemyError):
                if not self.connection.exists(SWEEPER_KEY):
                    with self.app.app_context(), acting_as("sweeper"):
                        look()

    def serialize(self) -> dict:
        return super().serialize() | {
            VERSION_FIELD: VERSION,
            MEMORY_FIELD: living.memory_mb(),
        }

    def _write_in_again(self) -> None:
        if self._stopped.is_set():
            return
        with self.connection.pipeline() as pipe:
            pipe.hset(self.key, mapping=self.serialize() | {"state": self.get_state()})
            if self.execution:
                pipe.hset(self.key, "current_job", self.execution.job_id)
            worker_registration.register(self, pipe)
            pipe.expire(self.key, ALIVE_SECONDS)
            pipe.execute()

    def run_maintenance_tasks(self) -> None:
        """Whatever stands in the library's lists must not keep a worker from its work."""
        try:
            super().run_maintenance_tasks()
        except redis.ConnectionError:
            raise
        except Exception as error:
            # The library's own types take it for one that never is anything.
            self.last_cleaned_at = cast(None, utc_now())
            if sparing.lets_through("maintenance"):
                log.warning("Redis holds what cannot be cleaned up (%s)", type(error).__name__)

    def dequeue_job_and_maintain_ttl(self, *args: Any, **kwargs: Any) -> Any:
        while True:
            try:
                return super().dequeue_job_and_maintain_ttl(*args, **kwargs)
            except (redis.RedisError, StopRequested):
                raise
            except Exception as error:
                # The library names what it was at; an id that is no text it does not.
                self._set_aside(getattr(error, "job_id", None), getattr(error, "queue", None))

    def execute_job(self, job: Job, queue: Queue) -> None:
        try:
            super().execute_job(job, queue)
        except (redis.ConnectionError, redis.TimeoutError, StopRequested):
            raise
        except Exception:
            self._set_aside(job.id, queue)
        if living.memory_mb() > self.app.extensions["settings"].worker_memory_mb:
            raise StopRequested

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """The library's own line holds whatever the job names."""
        if sparing.lets_through(f"job {exc_info[0].__name__}"):
            log.error("a job failed as a whole", exc_info=exc_info)

    def _set_aside(self, job_id: str | None, queue: Queue | None) -> None:
        """An entry that cannot be read is shown among the failed; what its queue owes is rung for
        anew."""
        if sparing.lets_through("set aside"):
            log.warning("Redis holds a job that cannot be read; it is set aside")
        if job_id and queue:
            until = utc_now().timestamp() + FAILED_SECONDS
            self.connection.zadd(FailedJobRegistry(queue=queue).key, {job_id: until})

    def perform_job(self, job: Job, queue: Queue) -> bool:
        with self.app.app_context(), bound_contextvars(worker=self.name):
            try:
                return super().perform_job(job, queue)
            finally:
                db.session.remove()


def make_worker(app: Flask, queues: list[str], connection: redis.Redis) -> ShopWorker:
    worker = ShopWorker(
        # Its own name at each start: in a container host and pid come again while the dead one's
        # name still stands.
        queues,
        name=f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}",
        connection=connection,
        job_class=Doorbell,
        serializer=JSONSerializer,
        worker_ttl=30,
        maintenance_interval=30,
        job_monitoring_interval=5,
        log_job_description=False,
    )
    worker.app = app
    return worker


def main(names: list[str]) -> None:
    app = create_app()
    living.begin(app.extensions["settings"].data_dir)
    configure_mappers()
    # The app lives as long as the process; the collector need not walk it for every batch of rows.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    # Waiting for a job blocks; everything else on this connection must still give up in time.
    connection = connect(app.extensions["settings"].redis_url, timeout=40)
    logging.getLogger("rq.worker").addFilter(_is_worth_a_line)
    while serve(app, names or list(QUEUES), connection):
        held, most = living.memory_mb(), app.extensions["settings"].worker_memory_mb
        if held > most:
            log.warning("this worker holds %s MiB, of at most %s: it begins anew", held, most)
            # In place of this process, whose locks and connections end with it: whatever started it
            # need not know.
            os.execv(sys.executable, [sys.executable, "-m", "jobs.worker", *names])
        time.sleep(AGAIN_AFTER_SECONDS)


def serve(app: Flask, queues: list[str], connection: redis.Redis) -> bool:
    """Works until it is told to stop, or Redis is of no use (it went away, or cannot save for a
    full disk); True where it should begin again. The process lives on: whatever starts processes
    waits longer each time that one ends."""
    worker = None
    try:
        remove_strange_keys(connection)
        worker = make_worker(app, queues, connection)
        worker.work(logging_level="WARNING", dequeue_strategy=DequeueStrategy.ROUND_ROBIN)
    except redis.RedisError as error:
        if sparing.lets_through("worker"):
            log.warning("worker: Redis is of no use just now (%s)", type(error).__name__)
    # Until the next begins nothing is at hand, and a signal may end the process as it is.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    return not (worker and worker.is_told_to_stop)


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """The library tells of each try to connect, and of each time that it cannot go on."""
    often = (words for words in _SAID_OFTEN if words in str(record.msg))
    return all(sparing.lets_through(words) for words in often)


if __name__ == "__main__":
    main(sys.argv[1:])
