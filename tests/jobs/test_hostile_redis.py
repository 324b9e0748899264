"""Whatever others write into Redis, a worker goes on with the shop's own work and runs nothing
else."""

import json

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from jobs.worker import make_worker, serve
from tests.factories import make_sale, open_shop
from webapp.platform.queue import QUEUES, connect, remove_strange_keys
from webapp.sales.models import Status

HUGE = "x" * 300_000


def _call(function, *arguments, instance=None):
    return json.dumps([function, instance, arguments, {}]).encode()


ODD = (
    {"data": b"\xff\x00 neither"},
    {"data": b"17"},
    {"data": json.dumps(["jobs.mail.work", None, []]).encode()},
    {"data": _call(None)},
    {"data": _call(HUGE)},
    {"data": _call("os.system", HUGE)},
    {"data": _call("system", "true", instance="os")},
    {"data": _call("os.system"), "retries_left": b"3", "retry_intervals": b"[0]"},
    {"data": _call("os.system"), "failure_ttl": b"9" * 30},
    {"data": b"", "created_at": b"never"},
    {"data": b"", "origin": b"\xff\xfe"},
    {"data": b"", "meta": b"\xff"},
    {"data": b"", "dependency_ids": b"\xff"},
    {"data": b"", "status": b"odd"},
)
# Of a doorbell that is done all the same: the times that it names are not gone by.
HARMLESS = (
    {"timeout": b"99999999999999999999"},
    {"result_ttl": b"9" * 30},
    {"success_callback_name": b"os.abort", "failure_callback_name": b"os.abort"},
)


@pytest.fixture
def connection(settings):
    with connect(settings.redis_url, timeout=5) as connection:
        connection.flushall()
        yield connection


def _queue(connection):
    return Queue("addresses", connection=connection, serializer=JSONSerializer)


def test_entries_of_others_are_set_aside_and_the_shops_own_are_done(app, db, connection, caplog):
    open_shop()
    sale = make_sale()
    odd, harmless = [], []
    for kind, facts in [(odd, one) for one in ODD] + [(harmless, one) for one in HARMLESS]:
        job = _queue(connection).enqueue("jobs.addresses.work", at_front=True)
        connection.hset(job.key, mapping=facts)
        kind.append(job)
    connection.lpush("rq:queue:addresses", b"\xff\xfe", "gone")
    assert connection.llen("rq:queue:addresses") == len(odd) + len(harmless) + 3

    make_worker(app, list(QUEUES), connection).work(burst=True, logging_level="WARNING")

    db.session.refresh(sale)
    assert sale.status is Status.INVOICED
    failed = {raw.decode() for raw in connection.zrange("rq:failed:addresses", 0, -1)}
    assert failed == {job.id for job in odd}
    assert all(job.get_status() == "finished" for job in harmless)
    assert connection.llen("rq:queue:addresses") == 0
    assert not [said for said in caplog.messages if "unhandled" in said or HUGE in said]


def test_nobody_outside_is_told_of_a_job(app, db, connection, monkeypatch):
    told = []
    monkeypatch.setattr("rq.job.Job.send_webhooks", lambda *given, **_more: told.append(given))
    _queue(connection).enqueue("jobs.addresses.work")
    _queue(connection).enqueue("os.getpid")
    make_worker(app, list(QUEUES), connection).work(burst=True, logging_level="WARNING")
    assert told == []


def test_keys_of_another_type_are_removed_and_work_goes_on(app, db, connection, monkeypatch):
    """A worker that begins again does so in the same process."""
    strange = ("rq:workers", "rq:queue:mail", "rq:wip:addresses", "rq:failed:bulk")
    for key in strange:
        connection.set(key, "none of ours")
    connection.rpush("rq:queue:rules", "a doorbell")
    connection.set("another", "theirs")
    remove_strange_keys(connection)
    assert connection.exists(*strange) == 0
    assert connection.exists("rq:queue:rules", "another") == 2

    connection.delete("rq:queue:mail")
    connection.set("rq:queue:mail", "none of ours")
    worker = make_worker(app, list(QUEUES), connection)
    # what is written there while one works ends its round alone
    assert worker.work(burst=True, logging_level="WARNING") is False
    monkeypatch.setattr("jobs.worker.make_worker", lambda *_given: worker)
    monkeypatch.setattr(worker, "work", lambda **_how: False)
    assert serve(app, list(QUEUES), connection) is True
    assert not connection.exists("rq:queue:mail")


def test_lists_that_cannot_be_cleaned_up_keep_nobody_from_work(app, db, connection):
    open_shop()
    sale = make_sale()
    for name in ("wip", "failed", "deferred", "scheduled"):
        connection.zadd(f"rq:{name}:addresses", {b"\xff\xfe": 1, "x" * 5000: 1})
    connection.sadd("rq:workers", b"\xff\xfe", "rq:worker:ghost")
    make_worker(app, list(QUEUES), connection).work(burst=True, logging_level="WARNING")
    db.session.refresh(sale)
    assert sale.status is Status.INVOICED


def test_commands_and_pauses_that_stand_in_redis_are_not_heeded(app, db, connection):
    open_shop()
    sale = make_sale()
    connection.set("rq:suspended", 1)
    worker = make_worker(app, list(QUEUES), connection)
    worker.work(burst=True, logging_level="WARNING")
    db.session.refresh(sale)
    assert sale.status is Status.INVOICED
    worker.bootstrap("WARNING")
    told = connection.publish(worker.pubsub_channel_name, json.dumps({"command": "shutdown"}))
    worker.teardown()
    assert told == 0
