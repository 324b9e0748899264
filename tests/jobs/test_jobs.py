"""Workers run the shop's own doorbells and nothing else."""

import datetime as dt
import importlib
import runpy
import shutil
import signal
import time
from pathlib import Path

import pytest
from rq import Queue
from rq.serializers import JSONSerializer
from rq.utils import utcformat
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from jobs.worker import ALLOWED, ShopWorker, make_worker, serve
from tests.factories import ADDRESS, make_sale, open_shop
from webapp.monitor.registries import queue_counts, workers
from webapp.platform import version
from webapp.platform.clock import utc_now
from webapp.platform.queue import ALIVE_SECONDS, QUEUES, connect
from webapp.platform.version import VERSION
from webapp.sales.models import Status


@pytest.fixture
def connection(settings):
    with connect(settings.redis_url, timeout=5) as connection:
        yield connection


def _burst(app, connection):
    make_worker(app, list(QUEUES), connection).work(burst=True, logging_level="WARNING")


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_every_name_that_is_rung_exists(name):
    module, function = name.rsplit(".", 1)
    assert callable(getattr(importlib.import_module(module), function))


def test_a_sale_goes_its_way_through_real_jobs(app, db, connection):
    open_shop()
    sale = make_sale()
    _burst(app, connection)
    db.session.refresh(sale)
    assert sale.status is Status.INVOICED


def test_each_job_writes_one_line_of_what_came_of_it(app, db, connection):
    open_shop()
    make_sale()
    make_sale(address=ADDRESS | {"zip_code": "99999-999"})
    worker = make_worker(app, ["addresses", "rules"], connection)
    with capture_logs(processors=[merge_contextvars]) as lines:
        worker.work(burst=True, logging_level="WARNING")
        Queue("mail", connection=connection, serializer=JSONSerializer).enqueue("jobs.mail.work")
        make_worker(app, ["mail"], connection).work(burst=True, logging_level="WARNING")
    told = {line["queue"]: line for line in lines if line["event"] == "job"}
    assert list(told) == ["addresses", "rules"] and len(told) == len(lines)
    line = told["addresses"]
    assert line["worker"] == worker.name and line["steps"] == {"sale.address": line["rows"]}
    assert (line["rows"], line["done"], line["given_up"]) == (2, 1, 1)
    assert isinstance(line["ms"], int)


def test_a_worker_writes_itself_in_again_after_redis_was_wiped(app, db, connection, monkeypatch):
    monkeypatch.setattr("jobs.worker.BEAT_SECONDS", 0.01)
    worker = make_worker(app, list(QUEUES), connection)
    worker.bootstrap("WARNING")
    worker.set_state("busy")
    connection.flushall()
    deadline = time.monotonic() + 10
    while not (found := workers()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [(one["name"], one["pid"], one["state"]) for one in found] == [
        (worker.name, worker.pid, "busy")
    ]
    worker.teardown()
    assert workers() == []


def test_a_worker_tells_its_version_and_its_memory(app, db, connection):
    worker = make_worker(app, list(QUEUES), connection)
    worker.register_birth()
    told = connection.hgetall(worker.key)
    assert told[b"balcao_version"].decode() == VERSION
    newest = max(Path(__file__).parents[2].glob("webapp/migrations/versions/[0-9]*.py")).name[:4]
    assert VERSION.startswith(f"{newest}-")
    with Path("/proc/self/status").open() as status:
        (held,) = (int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))
    assert abs(int(told[b"balcao_rss_mb"]) - held) < 30


def test_the_version_is_that_of_the_code_when_it_was_read(tmp_path):
    """A process keeps it, and all that are forked from it, whatever is on the disk later."""
    home = tmp_path / "platform"
    home.mkdir()
    ours = shutil.copy(version.__file__, home)
    before = runpy.run_path(ours)["VERSION"]
    (home / "more.py").write_text("MORE = 1")
    assert before.startswith("0000-") and before != runpy.run_path(ours)["VERSION"]


def test_a_worker_outlives_a_redis_that_is_of_no_use(app, db, connection, monkeypatch):
    """It begins again in the same process, and ends when it is told to."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    connection.config_set("maxmemory-policy", "noeviction")
    connection.config_set("maxmemory", 1)
    try:
        assert serve(app, list(QUEUES), connection) is True
    finally:
        connection.config_set("maxmemory", 0)
    with connect("redis://127.0.0.1:1/0", timeout=5) as nobody:
        assert serve(app, list(QUEUES), nobody) is True

    def told_to_stop(worker, *_given):
        worker.request_stop(signal.SIGTERM, None)

    monkeypatch.setattr(ShopWorker, "dequeue_job_and_maintain_ttl", told_to_stop)
    assert serve(app, list(QUEUES), connection) is False


def test_a_worker_that_was_killed_is_not_shown_as_alive(app, db, connection):
    worker = make_worker(app, list(QUEUES), connection)
    worker.register_birth()
    # as for a job that may take minutes
    worker.heartbeat(timeout=240)
    assert 0 < connection.ttl(worker.key) <= ALIVE_SECONDS <= 20
    job = Queue("mail", connection=connection, serializer=JSONSerializer).enqueue("jobs.mail.work")
    worker.set_current_job_id(job.id)
    (alive,) = workers()
    assert alive["queue"] == "mail" and queue_counts([alive])["mail"]["started"] == 1

    # as Redis does when its time is over
    connection.delete(worker.key)
    assert workers() == [] and queue_counts(workers())["mail"]["started"] == 0


@pytest.mark.parametrize("jump", [-86_400, 86_400])
def test_clocks_that_jump_make_no_worker_dead_or_alive(app, db, connection, jump):
    worker = make_worker(app, list(QUEUES), connection)
    worker.register_birth()
    worker.heartbeat()
    told = utc_now() + dt.timedelta(seconds=jump)
    connection.hset(worker.key, "last_heartbeat", utcformat(told))
    connection.expire(worker.key, ALIVE_SECONDS - 6)
    (alive,) = workers()
    assert 6 <= (utc_now() - alive["heartbeat"]).total_seconds() < 8
    # somebody else wrote it: nobody says again that it lives
    connection.persist(worker.key)
    assert workers() == []


@pytest.mark.parametrize(
    ("function", "arguments"), [("os.system", ["touch {file}"]), ("jobs.mail.work", ["surprise"])]
)
def test_a_strange_job_is_refused(app, connection, tmp_path, function, arguments):
    file = tmp_path / "ran"
    queue = Queue("mail", connection=connection, serializer=JSONSerializer)
    job = queue.enqueue(function, *(argument.format(file=file) for argument in arguments))
    _burst(app, connection)
    assert not file.exists()
    assert job.get_status(refresh=True) == "failed"
    assert "StrangeJob" in job.latest_result().exc_string
