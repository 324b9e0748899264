"""A worker process: `python -m jobs.worker [queue …]`; without names it listens to every queue."""

import contextlib
import gc
import logging
import os
import secrets
import signal
import socket
import sys
import threading
import time
from typing import Any

import redis
from flask import Flask
from rq import Queue, SimpleWorker, worker_registration
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import DequeueStrategy
from sqlalchemy.orm import configure_mappers

from webapp import create_app
from webapp.platform import living
from webapp.platform.database import db
from webapp.platform.queue import (
    ALIVE_SECONDS,
    BEAT_SECONDS,
    MEMORY_FIELD,
    QUEUES,
    VERSION_FIELD,
    connect,
)
from webapp.platform.sparing import sparing
from webapp.platform.version import version

log = logging.getLogger(__name__)
AGAIN_AFTER_SECONDS = 1
ALLOWED = frozenset(f"jobs.{queue}.work" for queue in QUEUES)


class StrangeJob(Exception):
    """A job that is not ours: somebody else wrote into Redis."""


class Doorbell(Job):
    """Runs nothing but the shop's own doorbells, whatever a job in Redis names: neither as its
    function nor as a callback. (A JSON serializer alone does not keep a job from naming
    `os.system`.)"""

    success_callback = failure_callback = stopped_callback = None

    def perform(self) -> Any:
        if self.func_name not in ALLOWED or self.args or self.kwargs:
            raise StrangeJob(self.func_name)
        return super().perform()


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
        self.is_told_to_stop = False

    def request_stop(self, signum: int, frame: Any) -> None:
        self.is_told_to_stop = True
        super().request_stop(signum, frame)

    def bootstrap(self, *args: Any, **kwargs: Any) -> None:
        super().bootstrap(*args, **kwargs)
        self._stopped = threading.Event()
        beat = threading.Thread(
            target=self._beat, args=(self._stopped,), daemon=True, name="heartbeat"
        )
        beat.start()

    def teardown(self) -> None:
        self._stopped.set()
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

    def serialize(self) -> dict:
        return super().serialize() | {
            VERSION_FIELD: version(),
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

    def perform_job(self, job: Job, queue: Queue) -> bool:
        with self.app.app_context():
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
    version()
    # The app lives as long as the process; the collector need not walk it for every batch of rows.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    # Waiting for a job blocks; everything else on this connection must still give up in time.
    connection = connect(app.extensions["settings"].redis_url, timeout=40)
    logging.getLogger("rq.worker").addFilter(_is_worth_a_line)
    while serve(app, names or list(QUEUES), connection):
        time.sleep(AGAIN_AFTER_SECONDS)


def serve(app: Flask, queues: list[str], connection: redis.Redis) -> bool:
    """Works until it is told to stop, or Redis is of no use (it went away, or cannot save for a
    full disk); True where it should begin again. The process lives on: whatever starts processes
    waits longer each time that one ends."""
    worker = None
    try:
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
    """The library tells of each try to connect."""
    return "could not connect" not in str(record.msg) or sparing.lets_through("connect")


if __name__ == "__main__":
    main(sys.argv[1:])
