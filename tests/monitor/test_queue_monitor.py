"""The queue monitor: what is owed, what Redis holds, who works, and what failed."""

import datetime as dt
import html
import re

import pytest
from rq import Queue
from rq.registry import StartedJobRegistry
from rq.results import Result
from rq.serializers import JSONSerializer
from rq.utils import utcformat
from sqlalchemy import select, update

from tests.factories import api, make_sale, make_token, open_shop, sign_in, work_off
from tests.support.past_decisions import changed, keep_past, open_draft_of
from webapp.audit.models import AuditEntry
from webapp.monitor import registries
from webapp.monitor.models import WorkSpan
from webapp.monitor.queries import failing_rows, owed_by_queue
from webapp.platform.clock import utc_now
from webapp.platform.live import STREAM
from webapp.platform.notices import WORK_TOLD_KEY, WORK_UNTOLD_KEY, tell_work_held_back
from webapp.platform.queue import QUEUES, connect, done_keys
from webapp.platform.version import VERSION
from webapp.processing.sweeping import sweep_once
from webapp.rules.backtesting.backtests import ask_backtest, look_back
from webapp.sales.models import Sale

STATES = {"queued", "started", "finished", "failed", "deferred", "scheduled"}
PACE = {"done_per_minute", "in_vain_per_minute", "latency_p50_ms", "latency_p95_ms"}


def owed() -> dict[str, int]:
    return {row.queue: row.owed for row in owed_by_queue()}


def fail(db, sale, seconds=600, error="TimeoutError: nobody answers"):
    """The sale's last attempt failed and its next one is `seconds` away."""
    sale.retry(utc_now() + dt.timedelta(seconds=seconds), error)
    sale.attempts = 3
    db.session.commit()


@pytest.mark.both_databases
def test_owed_is_what_the_database_says_also_while_it_waits_for_its_next_try(db):
    sales = [make_sale() for _ in range(3)]
    assert owed() == {"addresses": 3, "rules": 0, "invoices": 0, "mail": 0, "bulk": 0}

    fail(db, sales[0])
    assert owed()["addresses"] == 3
    open_shop()
    work_off()
    assert owed() == {"addresses": 1, "rules": 0, "invoices": 0, "mail": 0, "bulk": 0}


@pytest.mark.both_databases
def test_the_oldest_is_told_by_how_long_it_has_been_due(db):
    assert [row.oldest_age_s for row in owed_by_queue()] == [0] * len(QUEUES)

    make_sale()
    db.session.execute(update(Sale).values(due_at=utc_now() - dt.timedelta(seconds=400)))
    assert 400 <= owed_by_queue()[0].oldest_age_s < 410
    db.session.execute(update(Sale).values(due_at=utc_now() + dt.timedelta(seconds=400)))
    assert owed_by_queue()[0].oldest_age_s == 0


@pytest.mark.both_databases
def test_rows_whose_last_attempt_failed_are_named_with_their_error(db):
    make_sale()
    sale = make_sale(reference="WEB-7")
    fail(db, sale)

    (row,) = failing_rows()
    assert row.since is not None
    assert (row.kind, row.id, row.about, row.url, row.queue, row.step, row.tries, row.error) == (
        "sale",
        sale.id,
        "WEB-7",
        f"/sales/{sale.id}",
        "addresses",
        "address",
        3,
        "TimeoutError: nobody answers",
    )


def test_a_test_of_the_rules_is_owed_and_named_among_what_failed(client, db, manager):
    keep_past(1)
    open_draft_of(changed("commission", enabled=False))
    asked = ask_backtest(look_back(None), None, "Ana Paula Reis")
    db.session.commit()
    assert owed()["bulk"] == 1

    asked.retry(utc_now() + dt.timedelta(seconds=600), "ZeroDivisionError: division by zero")
    db.session.commit()
    page = client.get("/jobs").text
    row = page.split(f'id="owed-backtest-{asked.id}"')[1].split("</tr>")[0]
    assert f'href="/rules/backtests/{asked.id}"' in row and "ZeroDivisionError" in row
    client.post("/jobs/queues/bulk/attempts", data={"kind": "backtest", "id": asked.id})
    assert asked.due_at <= utc_now() + dt.timedelta(seconds=1)


def test_the_api_answers_as_documented(app, client, db, worker):
    make_sale()
    worker.register_birth()
    answer = api(client, make_token("manager")).get("/jobs").json

    assert set(answer) == {"queues", "workers", "swept_at"}
    assert [queue["name"] for queue in answer["queues"]] == list(QUEUES)
    assert all(
        set(queue) == {"name", "owed", "oldest_age_s", "paused"} | STATES | PACE
        for queue in answer["queues"]
    )
    assert answer["queues"][0]["owed"] == 1 and answer["queues"][0]["queued"] == 1
    (found,) = answer["workers"]
    assert set(found) == {
        *("name", "pid", "state", "current", "queue", "since", "heartbeat", "version", "rss_mb")
    }
    assert (found["name"], found["current"]) == (worker.name, None)
    assert dt.datetime.fromisoformat(found["heartbeat"]).tzinfo is not None


def test_a_worker_tells_its_version_and_memory_and_whatever_else_stands_there_is_a_dash(
    client, db, worker, manager
):
    worker.register_birth()
    fields = {"balcao_version": "1.4", "balcao_rss_mb": "1184"}
    worker.connection.hset(worker.key, mapping=fields)

    def told():
        return " ".join(
            client.get("/jobs/state").text.split(f'id="worker-{worker.name}"')[1].split()
        )

    assert '<span title="Version">1.4</span>' in told() and "other version" in told()
    assert '<span title="Memory">1,184 MB</span>' in told()
    worker.connection.hset(worker.key, mapping={"balcao_rss_mb": "-1 or so", "balcao_version": ""})
    assert '<span title="Version">—</span>' in told() and '<span title="Memory">—</span>' in told()
    worker.connection.hset(worker.key, "balcao_version", VERSION)
    assert VERSION in told() and "other version" not in told()


def test_the_queues_tell_how_they_work_and_when_the_sweeper_passed(client, db, manager):
    minute = utc_now().replace(second=0, microsecond=0) - dt.timedelta(minutes=1)
    spans = [(minute, 12, 3, {"20": 18, "32": 2}), (minute - dt.timedelta(minutes=1), 30, 0, {})]
    for began_at, done, failed, times in spans:
        span = WorkSpan(seconds=60, began_at=began_at, queue="mail", done=done, times=times)
        span.failed = failed
        db.session.add(span)
    db.session.commit()
    sweep_once()
    page = " ".join(client.get("/jobs").text.split())
    row = page.split('id="queue-mail"')[1].split("</tr>")[0]
    # 5 ms * 1.25 ** 20 and ** 32.
    for told in (">12<", "3 in vain", "434 ms", "6.3 s"):
        assert told in row
    assert "sweeper passed 0 s ago" in page or "sweeper passed 1 s ago" in page
    mail = api(client, make_token("manager")).get("/jobs").json["queues"][3]
    assert (mail["done_per_minute"], mail["in_vain_per_minute"]) == (12, 3)
    assert (mail["latency_p50_ms"], mail["latency_p95_ms"]) == (434, 6311)


def test_the_charts_are_those_of_the_range_and_queue_of_the_address(client, db, manager):
    hour = utc_now().replace(minute=0, second=0, microsecond=0) - dt.timedelta(hours=1)
    db.session.add(WorkSpan(seconds=3600, began_at=hour, queue="mail", done=120))
    db.session.commit()
    assert "Nothing is kept of this time yet" in client.get("/jobs").text
    page = html.unescape(client.get("/jobs?range=week&queue=mail").text)
    assert page.count("data-plot=") == 3 and '"values": [null, ' in page and "2.0]" in page
    part = client.get("/jobs/history?range=week&queue=mail").text
    assert '<td class="number" data-label="Done">120</td>' in part
    assert "Nothing is kept" in client.get("/jobs/history?range=week&queue=rules").text
    assert client.get("/jobs?range=year").status_code == 422


def test_open_pages_are_told_of_work_once_a_second_and_of_the_last_by_the_sweeper(db, worker):
    def told():
        return sum(b'"jobs"' in fields[b"data"] for _id, fields in worker.connection.xrange(STREAM))

    worker.connection.delete(WORK_TOLD_KEY, WORK_UNTOLD_KEY)
    before = told()
    make_sale()
    make_sale()
    assert told() == before + 1
    worker.connection.delete(WORK_TOLD_KEY)  # a second later
    tell_work_held_back(worker.connection)
    tell_work_held_back(worker.connection)
    assert told() == before + 2


def test_looking_cleans_nothing_up_in_redis(client, db, worker, manager):
    """RQ's own counts move what is over its time to the failed jobs; four readers at once did so
    four times."""
    queue = Queue("rules", connection=worker.connection, serializer=JSONSerializer)
    job = queue.enqueue("jobs.rules.work")
    registry = StartedJobRegistry(queue=queue)
    worker.connection.zadd(registry.key, {job.id: 1})

    def all_of_redis():
        return {key: worker.connection.type(key) for key in worker.connection.keys("rq:*")}

    before = all_of_redis()
    client.get("/jobs")
    client.get("/jobs/state")

    assert all_of_redis() == before
    assert worker.connection.zrange(registry.key, 0, -1) == [job.id.encode()]


def test_looking_leaves_the_shared_connection_its_short_time_out(app, client, db, worker, manager):
    worker.register_birth()
    before = dict(app.extensions["redis"].connection_pool.connection_kwargs)
    client.get("/jobs")

    assert before["socket_timeout"] <= 0.5
    assert app.extensions["redis"].connection_pool.connection_kwargs == before


def test_a_worker_is_shown_with_what_it_does(client, db, worker, manager):
    worker.register_birth()
    job = Queue("mail", connection=worker.connection, serializer=JSONSerializer).enqueue(
        "jobs.mail.work"
    )
    worker.set_current_job_id(job.id)
    worker.set_state("busy")

    page = client.get("/jobs/state").text
    assert worker.name in page and "1 alive" in page and 'data-status="busy"' in page
    row = page.split(f'id="worker-{worker.name}"')[1].split("</tr>")[0]
    assert "Working" in row and "E-mails" in row and " s ago" in row


def test_a_failed_job_is_shown_with_cause_and_traceback(client, db, manager, failed_job):
    page = client.get("/jobs").text

    assert f'id="job-{failed_job.id}"' in page
    title = page.split('class="failure-cause">')[1].split("</p>")[0]
    assert "none of the shop's own" in html.unescape(title) and "StrangeJob" not in title
    assert "StrangeJob: jobs.rules.other" in page and "Traceback (most recent call last)" in page


def test_a_retried_job_is_queued_again_once_and_audited(client, db, manager, worker, failed_job):
    assert client.post(f"/jobs/failed/{failed_job.id}/retry").status_code == 303
    assert client.post(f"/jobs/failed/{failed_job.id}/retry").status_code == 404

    queue = Queue("rules", connection=worker.connection, serializer=JSONSerializer)
    assert queue.job_ids.count(failed_job.id) == 1
    assert failed_job.id not in client.get("/jobs/state").text
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.subject == "jobs")).one()
    assert (entry.actor, entry.action, entry.subject_id) == (manager, "retried", failed_job.id)


def test_a_deleted_job_is_gone_and_audited(client, db, manager, worker, failed_job):
    assert client.post(f"/jobs/failed/{failed_job.id}/deletion").status_code == 303
    assert client.post(f"/jobs/failed/{failed_job.id}/deletion").status_code == 404

    assert not worker.connection.exists(failed_job.key)
    assert db.session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject == "jobs")
    ).all() == ["deleted"]


def test_a_job_that_did_not_fail_is_left_alone(client, db, manager, worker):
    queue = Queue("rules", connection=worker.connection, serializer=JSONSerializer)
    job = queue.enqueue("jobs.rules.work")

    for verb in ("retry", "deletion"):
        assert client.post(f"/jobs/failed/{job.id}/{verb}").status_code == 404
        assert client.post(f"/jobs/failed/nothing/{verb}").status_code == 404
    assert queue.job_ids == [job.id]
    assert not db.session.scalar(select(AuditEntry).where(AuditEntry.subject == "jobs"))


@pytest.mark.both_databases
@pytest.mark.parametrize("one_row", [True, False])
def test_what_waits_is_tried_at_once(client, db, one_row, worker, manager):
    first, second = make_sale(), make_sale()
    fail(db, first)
    fail(db, second)
    worker.connection.flushall()

    form = {"kind": "sale", "id": first.id} if one_row else {}
    assert client.post("/jobs/queues/addresses/attempts", data=form).status_code == 303

    due = {
        sale.id for sale in (first, second) if sale.due_at <= utc_now() + dt.timedelta(seconds=1)
    }
    assert due == ({first.id} if one_row else {first.id, second.id})
    assert Queue("addresses", connection=worker.connection, serializer=JSONSerializer).count == 1
    assert (
        db.session.scalar(select(AuditEntry.actor).where(AuditEntry.action == "tried_now"))
        == manager
    )


def test_a_row_that_a_worker_holds_is_not_hurried(client, db, manager):
    sale = make_sale()
    fail(db, sale)
    sale.lease = "somebody"
    db.session.commit()
    until = sale.due_at

    client.post("/jobs/queues/addresses/attempts", data={"kind": "sale", "id": sale.id})
    assert sale.due_at == until


@pytest.mark.parametrize(
    ("queue", "form"),
    [
        ("nothing", {}),
        ("addresses", {"kind": "user", "id": "1"}),
        ("addresses", {"kind": "sale"}),
        ("addresses", {"id": "1"}),
        ("addresses", {"kind": "sale", "id": "x"}),
        ("addresses", {"kind": "sale", "id": "1" * 30}),
        ("addresses", {"kind": "sale", "id": "²"}),
    ],
)
def test_work_that_is_not_there_is_not_found(client, manager, queue, form):
    assert client.post(f"/jobs/queues/{queue}/attempts", data=form).status_code == 404


@pytest.mark.parametrize("role", ["clerk", "reviewer", "accountant"])
def test_below_the_manager_nobody_sees_or_moves_jobs(client, db, role):
    sign_in(client, role)

    assert client.get("/jobs").status_code == 403
    assert client.post("/jobs/queues/addresses/attempts").status_code == 403


@pytest.fixture
def without_redis(app, monkeypatch):
    monkeypatch.setitem(app.extensions, "redis", connect("redis://127.0.0.1:1"))


def test_without_redis_the_page_says_so_and_still_tells_what_is_owed(
    client, db, manager, without_redis
):
    make_sale()
    page = client.get("/jobs").text

    assert "Redis does not answer" in page
    assert (
        re.search(r'data-label="Pending"\s+class="number">1</td>', page)
        and 'data-label="Queued" class="number">—</td>' in page
    )


def test_without_redis_the_api_tells_what_is_owed_and_nothing_it_does_not_know(
    client, db, without_redis
):
    make_sale()
    answer = api(client, make_token("manager")).get("/jobs").json

    assert answer["workers"] == []
    assert answer["queues"][0] == {
        "name": "addresses",
        "owed": 1,
        "oldest_age_s": 0,
        "paused": None,
    } | dict.fromkeys(STATES | PACE)


def test_without_redis_a_retry_is_refused_and_not_audited(client, db, manager, without_redis):
    assert client.post("/jobs/failed/some-job/retry").status_code == 503
    assert not db.session.scalar(select(AuditEntry).where(AuditEntry.subject == "jobs"))


def test_an_entry_that_cannot_be_read_costs_its_own_line_and_is_removed(
    client, db, manager, failed_job
):
    connection = failed_job.connection
    strange = Queue("bulk", connection=connection).enqueue("jobs.bulk.work")
    connection.lrem("rq:queue:bulk", 0, strange.id)
    connection.hset(strange.key, mapping={"data": b"\xff\x00 neither", "status": "failed"})
    connection.zadd("rq:failed:bulk", {strange.id: 4_000_000_000})
    connection.sadd("rq:workers", "rq:worker:forged")
    connection.hset("rq:worker:forged", mapping={"pid": "abc", "last_heartbeat": "never"})
    for path in ("/jobs", "/jobs/state"):
        page = client.get(path)
        assert page.status_code == 200
        assert "This entry cannot be read" in page.text and "jobs.rules.other" in page.text
    assert client.post(f"/jobs/failed/{strange.id}/deletion").status_code == 303
    assert "This entry cannot be read" not in client.get("/jobs").text
    assert api(client, make_token("manager")).get("/jobs").status_code == 200


def _unreadable(connection, raw_id=b"nbad3", **facts):
    """A failed job of the mail queue whose record holds `facts` (None: lacks one)."""
    good = Queue("mail", connection=connection, serializer=JSONSerializer).enqueue("jobs.mail.work")
    connection.lrem("rq:queue:mail", 0, good.id)
    record = {name.encode(): value for name, value in facts.items()}
    record = connection.hgetall(good.key) | {b"status": b"failed"} | record
    connection.delete(good.key)
    kept = {name: value for name, value in record.items() if value is not None}
    connection.hset(b"rq:job:" + raw_id, mapping=kept)
    connection.zadd("rq:failed:mail", {raw_id: 4_000_000_000})


@pytest.mark.parametrize(
    "facts",
    [
        {"exc_info": b"\xff\xfe"},
        {"created_at": b"never"},
        {"ended_at": b"0001-01-01T00:00:00.000000Z"},
        {"description": b"\xff\xfe"},
        {"status": b"odd"},
        {"origin": None},
        {"origin": b"elsewhere"},
        {"origin": b"\xff\xfe"},
        {"data": None},
        {"raw_id": b"<b>"},
        {"raw_id": b"a/b"},
        {"raw_id": b"a\n"},
        {"raw_id": b"\xff\xfe"},
        {"raw_id": b"x" * 5000},
        {"raw_id": b""},
    ],
    ids=str,
)
def test_whatever_cannot_be_read_among_the_failed_is_shown_and_removed(
    client, db, manager, worker, facts
):
    connection = worker.connection
    _unreadable(connection, **facts)
    raw_id = facts.get("raw_id", b"nbad3")
    for path in ("/jobs", "/jobs/state"):
        page = client.get(path)
        assert page.status_code == 200 and "This entry cannot be read" in page.text
    removal = re.search(r'action="(/jobs/failed/[^"]+/deletion)"', page.text)[1]
    assert client.post(removal.replace("/deletion", "/retry")).status_code == 404
    assert client.post(removal).status_code == 303
    assert not connection.exists(b"rq:job:" + raw_id)
    assert connection.zscore("rq:failed:mail", raw_id) is None
    assert client.post(removal).status_code == 404
    assert "This entry cannot be read" not in client.get("/jobs").text
    assert db.session.scalars(select(AuditEntry).where(AuditEntry.action == "deleted")).one()


@pytest.mark.parametrize("wrong", ["a%0a", "%ff%0a", "%ff", "a%00", "~", "~0", "a:b", "x" * 999])
def test_an_id_that_no_failed_job_can_have_is_not_found(client, db, manager, worker, wrong):
    for verb in ("retry", "deletion"):
        assert client.post(f"/jobs/failed/{wrong}/{verb}").status_code == 404


def test_an_entry_whose_job_is_of_another_type_and_a_worker_without_name_cost_no_page(
    client, db, manager, worker, failed_job
):
    connection = worker.connection
    connection.set("rq:job:text", "no hash")
    connection.zadd("rq:failed:mail", {"text": 4_000_000_000})
    connection.sadd("rq:workers", b"\xff\xfe")
    page = client.get("/jobs").text
    assert "This entry cannot be read" in page and "jobs.rules.other" in page
    assert client.post("/jobs/failed/text/retry").status_code == 404
    assert client.post("/jobs/failed/text/deletion").status_code == 303
    assert "This entry cannot be read" not in client.get("/jobs").text


def test_huge_entries_ghosts_and_odd_counts_keep_the_page_short_and_up(
    client, db, manager, worker, failed_job
):
    connection, huge = worker.connection, "x" * 300_000
    queue = Queue("mail", connection=connection, serializer=JSONSerializer)
    for function, facts in ((huge, {}), ("os.system", {"data": huge}), ("y" * 500, {})):
        job = queue.enqueue(function)
        connection.hset(job.key, mapping=facts or {"meta": b""})
        connection.lrem("rq:queue:mail", 0, job.id)
        connection.zadd("rq:failed:mail", {job.id: 4_000_000_000})
    connection.set(done_keys("rules")[0], "many")
    connection.sadd("rq:workers", "rq:worker:ghost", f"rq:worker:{huge}")
    connection.hset("rq:worker:ghost", mapping={"last_heartbeat": utcformat(utc_now())})
    worker.register_birth()
    connection.hset(worker.key, mapping={"current_job": huge, "state": huge})

    page = client.get("/jobs")
    assert page.status_code == 200 and len(page.data) < 200_000
    assert page.text.count("This entry cannot be read") == 2 and "jobs.rules.other" in page.text
    assert "y" * 100 in page.text and "y" * 101 not in page.text
    assert "1 alive" in page.text and f'id="worker-{worker.name}"' in page.text
    assert api(client, make_token("manager")).get("/jobs").status_code == 200

    connection.sadd("rq:workers", *(f"rq:worker:{number}" for number in range(1001)))
    assert "holds something that is not the shop" in client.get("/jobs").text
    assert "No worker is running" not in client.get("/products").text


def test_a_worker_of_another_version_is_told(client, db, worker, manager):
    worker.register_birth()
    assert "other version" not in client.get("/jobs/state").text
    for older in ("0001-abcdef", None):
        worker.connection.hdel(worker.key, "balcao_version")
        if older:
            worker.connection.hset(worker.key, "balcao_version", older)
        assert "other version" in client.get("/jobs/state").text


def test_an_abandoned_job_is_told_in_words_and_deleted(client, db, manager, failed_job):
    connection = failed_job.connection
    text = "Moved to FailedJobRegistry, due to AbandonedJobError, at 2026-11-29 03:19:21+00:00"
    Result.create_failure(failed_job, 3600, text)
    # its attempt is still named, its record is gone
    connection.zadd(failed_job.execution_registry.key, {"gone": 4_000_000_000})
    page = client.get("/jobs").text
    assert '<p class="failure-cause">The process stopped in the middle of its work.</p>' in page
    assert client.post(f"/jobs/failed/{failed_job.id}/deletion").status_code == 303
    assert failed_job.id not in client.get("/jobs").text
    assert db.session.scalars(select(AuditEntry).where(AuditEntry.action == "deleted")).one()


def test_what_is_in_work_just_now_is_said_to_be_so(client, db, manager):
    page = client.post("/jobs/queues/mail/attempts", follow_redirects=True).text
    assert "It is being tried already" in page and "0 rows" not in page


@pytest.fixture
def nothing_known(app):
    app.extensions.pop("failed_jobs", None)
    yield
    app.extensions.pop("failed_jobs", None)


def _badge(page):
    link = page.split('href="/jobs"')[1].split("</a>")[0]
    # One that counts nothing is there, hidden: it is told of the next by itself.
    return "failed" in link and " hidden>" not in link


def test_a_failed_job_is_counted_in_the_menu_until_it_is_gone(
    client, db, manager, failed_job, nothing_known
):
    assert _badge(client.get("/products").text)
    client.post(f"/jobs/failed/{failed_job.id}/deletion")
    assert not _badge(client.get("/products").text)


def test_no_page_waits_for_redis_to_count_what_failed(
    client, db, manager, failed_job, without_redis, nothing_known, monkeypatch
):
    asked = []
    monkeypatch.setattr(registries, "_count_failed", lambda: asked.append(1))
    for _page in range(3):
        assert not _badge(client.get("/products").text)
    assert len(asked) == 1


def test_a_key_of_another_type_is_not_told_as_a_redis_that_does_not_answer(
    client, db, manager, worker
):
    worker.connection.set("rq:workers", "none of ours")
    page = client.get("/jobs")
    assert page.status_code == 200 and "Redis does not answer" not in page.text
    assert "holds something that is not the shop" in page.text
    assert api(client, make_token("manager")).get("/jobs").json["workers"] == []
