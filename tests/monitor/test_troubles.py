"""What the shop misses is said: by a banner on every page, to monitors, and in the refusal itself;
it costs a page nothing, and goes away by itself."""

import datetime as dt
import errno
import logging
import socket
import sqlite3
from dataclasses import replace

import psycopg.errors
import pytest
import redis
from redis._parsers.base import BaseParser
from sqlalchemy import event, text, update
from sqlalchemy.exc import OperationalError

from jobs.worker import make_worker
from tests.factories import api, make_product, make_token, make_user, sale_body, sign_in
from webapp.monitor.troubles import Watch, watch
from webapp.platform import queue, storage
from webapp.platform.clock import utc_now
from webapp.platform.queue import QUEUES, RedisBreaker, connect, refuses_writes
from webapp.platform.sparing import Sparing
from webapp.platform.storage import Storage, StorageFault, fault_of
from webapp.processing.sweeping import sweep_once
from webapp.staff.models import UserSession

PAGES = ("/", "/sales", "/products", "/sales/new", "/customers", "/invoices", "/account", "/tasks")
PASSWORD = "uma frase comprida"
ALL_WELL = dict.fromkeys(("database", "disk", "redis", "workers", "sweeper"), True)


class SilentServer:
    """Takes connections and never answers, as a Redis that is stopped."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.listener.setblocking(False)
        self.url = f"redis://127.0.0.1:{self.listener.getsockname()[1]}/0"
        self.taken = []

    def asked(self) -> int:
        """How often somebody has begun to wait for it."""
        try:
            while True:
                self.taken.append(self.listener.accept()[0])
        except BlockingIOError:
            return len(self.taken)

    def close(self):
        for each in (*self.taken, self.listener):
            each.close()


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def silent(monkeypatch):
    monkeypatch.setattr(queue, "_AWAY_SECONDS", 600)
    server = SilentServer()
    yield server
    server.close()


# Redis away


@pytest.fixture
def settings(request, base_settings, database_url):
    """With the silent Redis for those tests that name it."""
    changed = {"database_url": database_url}
    if "silent" in request.fixturenames:
        changed["redis_url"] = request.getfixturevalue("silent").url
    return replace(base_settings, **changed)


def _csrf(page: str) -> str:
    return page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]


def test_signing_in_and_every_page_wait_for_redis_once_in_all(client, db, silent):
    """Counted, since a wall clock tells more of the machine: one wait is 0.3 s."""
    person = make_user("manager", email="ana@example.com")
    person.set_password(PASSWORD)
    db.session.commit()
    page = client.get("/login").text
    guess = {"csrf_token": _csrf(page), "email": "ana@example.com", "password": "wrong", "next": ""}
    assert client.post("/login", data=guess).status_code == 422
    assert client.post("/login", data=guess | {"password": PASSWORD}).status_code == 303
    for path in PAGES:
        answer = client.get(path)
        assert answer.status_code == 200 and 'data-part="redis"' in answer.text
    assert silent.asked() == 1
    assert 'data-part="redis"' in page, "on the page to sign in at, too"


def test_a_sale_is_taken_without_asking_redis_anew(client, db, silent):
    make_product(sku="BOOK-1")
    checkout = api(client, make_token())
    for number in range(3):
        answer = checkout.post("/sales", sale_body(), Idempotency_Key=f"k{number}")
        assert answer.status_code == 201
    assert silent.asked() == 1


def test_after_a_moment_redis_is_asked_again(redis_url, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(queue.time, "monotonic", clock)
    breaker = RedisBreaker()

    def away():
        asked.append(1)
        raise redis.TimeoutError

    asked: list[int] = []
    for _request in range(5):
        with pytest.raises((redis.TimeoutError, redis.ConnectionError)):
            breaker.call_with_retry(away, lambda _error: None)
    assert len(asked) == 1
    clock.now += 2
    assert breaker.call_with_retry(lambda: "PONG", lambda _error: None) == "PONG"
    assert breaker.call_with_retry(lambda: "PONG", lambda _error: None) == "PONG"


def test_the_breaker_is_one_for_all_connections_and_pipelines(silent):
    client = connect(silent.url)
    for ask in (client.ping, client.pipeline().execute, client.info, client.pipeline().ping):
        try:
            ask()
        except redis.RedisError as error:
            assert isinstance(error, redis.ConnectionError | redis.TimeoutError)
    with client.pipeline(transaction=False) as pipe, pytest.raises(redis.ConnectionError):
        pipe.ping()
        pipe.execute()
    assert silent.asked() == 1


# Redis that answers and refuses


@pytest.fixture
def refusing(redis_url):
    """A Redis that has no memory left, until it is told otherwise."""
    with redis.Redis.from_url(redis_url) as server:
        yield server
        server.config_set("maxmemory", 0)


def test_a_redis_that_takes_nothing_is_said_and_nobody_is_held_up(
    app, client, db, refusing, failed_job
):
    clock = Clock()
    app.extensions["watch"] = Watch(clock)
    make_product(sku="BOOK-1", stock=10)
    person, checkout = make_user("manager", email="ana@example.com"), api(client, make_token())
    person.set_password(PASSWORD)
    db.session.commit()
    refusing.config_set("maxmemory-policy", "noeviction")
    refusing.config_set("maxmemory", 1)

    mine = {"email": "ana@example.com", "password": PASSWORD, "next": ""}
    mine["csrf_token"] = _csrf(client.get("/login").text)
    assert client.post("/login", data=mine).status_code == 303
    for path in (*PAGES, "/jobs"):
        answer = client.get(path)
        assert answer.status_code == 200 and "Redis takes nothing new" in answer.text
        assert "Redis does not answer" not in answer.text
    for number in range(3):
        taken = checkout.post("/sales", sale_body(), Idempotency_Key=f"k{number}")
        assert taken.status_code == 201
    assert sweep_once() == [], "nobody can be rung for"
    again = {"csrf_token": _csrf(answer.text)}
    refused = client.post(f"/jobs/failed/{failed_job.id}/retry", data=again)
    assert refused.status_code == 503 and "nothing was changed" in refused.text
    clock.now += 60
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json == ALL_WELL | {"status": "trouble", "redis": False}, "nobody else is missed"
    measured = client.get("/metrics").text
    assert "balcao_redis_up 1.0" in measured and "balcao_redis_writable 0.0" in measured

    refusing.config_set("maxmemory", 0)
    clock.now += 4
    assert client.get("/readyz").json == ALL_WELL | {"status": "ready"}
    assert "balcao_redis_writable 1.0" in client.get("/metrics").text
    assert sweep_once() == ["addresses"], "what was taken meanwhile goes on"


@pytest.mark.parametrize(
    ("said", "refuses"),
    [
        ("OOM command not allowed when used memory > 'maxmemory'.", True),
        ("MISCONF Errors writing to the AOF file: No space left on device", True),
        ("READONLY You can't write against a read only replica.", True),
        ("NOREPLICAS Not enough good replicas to write.", True),
        ("WRONGTYPE Operation against a key holding the wrong kind of value", False),
    ],
)
def test_what_redis_says_when_it_takes_nothing(said, refuses):
    assert refuses_writes(BaseParser.parse_error(said)) is refuses


# Workers and the sweeper


def test_a_queue_that_nobody_listens_to_is_said_after_a_while(app, db, redis_url):
    clock = Clock()
    app.extensions["watch"] = Watch(clock)
    with redis.Redis.from_url(redis_url) as connection:
        parts = watch().troubles
        assert parts() == [], "it may just have been started"
        clock.now += 9
        assert parts() == []
        clock.now += 4
        missed = {trouble.part: str(trouble.text) for trouble in parts()}
        assert missed.keys() == {"workers", "sweeper"} and "NF-e" not in missed["workers"]
        some = make_worker(app, ["addresses", "rules", "mail"], connection)
        some.register_birth()
        sweep_once()
        clock.now += 4
        (left,) = parts()
        assert "NF-e" in str(left.text) and "E-mail" not in str(left.text)
        rest = make_worker(app, list(QUEUES), connection)
        rest.register_birth()
        clock.now += 4
        assert parts() == []
        assert watch().look().listening == {
            "addresses": 2,
            "rules": 2,
            "invoices": 1,
            "mail": 2,
            "bulk": 1,
        }
        connection.flushall()  # they write themselves in again within seconds
        clock.now += 4
        assert parts() == []


def test_pages_look_at_the_house_every_few_seconds_at_most(app, db, monkeypatch):
    clock, looks = Clock(), []
    app.extensions["watch"] = Watch(clock)
    monkeypatch.setattr("webapp.monitor.troubles.workers", lambda: looks.append(1) or [])
    for _page in range(20):
        watch().troubles()
    assert len(looks) == 1
    clock.now += 3
    watch().troubles()
    assert len(looks) == 2


# The disk


def fill_the_database(db):
    """From now on the file takes no further page, as on a full disk."""
    engine = db.engine
    engine.dispose()

    def full(connection, _record):
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(engine, "connect", full)
    return lambda: (event.remove(engine, "connect", full), engine.dispose())


def test_a_full_disk_is_said_everywhere_and_is_over_when_it_is_over(
    app, client, db, caplog, monkeypatch
):
    clock = Clock()
    kept = Storage(app.extensions["settings"].data_dir, clock)
    monkeypatch.setitem(app.extensions, "storage", kept)
    make_product(sku="BOOK-1", stock=1000)
    checkout = api(client, make_token())
    sign_in(client, "manager")
    db.session.commit()
    make_room = fill_the_database(db)
    caplog.set_level(logging.INFO)

    answers = [checkout.post("/sales", sale_body(reference=f"R-{each}")) for each in range(60)]
    refused = [answer for answer in answers if answer.status_code != 201]
    assert {answer.status_code for answer in refused} == {503}
    assert "The disk is full" in refused[-1].json["detail"]
    said = [line for line in caplog.records if "requests cannot be answered" in str(line.msg)]
    assert len(said) <= 1 < len(refused) and "Traceback" not in caplog.text

    page = client.get("/sales")
    assert page.status_code == 200
    assert "The disk is full: nothing new can be saved until there is room." in page.text
    form = client.post("/products", data={"name": "x" * 60, "sku": "X", "kind": "book"})
    assert form.status_code in (422, 503)
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json == ALL_WELL | {"status": "trouble", "disk": False}
    assert "balcao_disk_writable 0.0" in client.get("/metrics").text

    make_room()
    assert checkout.post("/sales", sale_body()).status_code == 201
    clock.now += 15
    app.extensions.pop("watch")
    assert client.get("/readyz").json == ALL_WELL | {"status": "ready"}
    assert "trouble-band" not in client.get("/troubles").text
    taken = sum(answer.status_code == 201 for answer in answers) + 1
    assert db.session.scalar(text("SELECT 1000 - stock FROM products")) == taken


def test_who_was_last_seen_long_ago_still_gets_pages_from_a_full_disk(client, db, monkeypatch):
    """Noting it is a write of its own."""
    sign_in(client, "manager")
    long_ago = utc_now() - dt.timedelta(hours=1)
    db.session.execute(update(UserSession).values(seen_at=long_ago))
    db.session.commit()

    def full(_statement):
        raise OperationalError("UPDATE", {}, _sqlite_error(13))

    monkeypatch.setattr("webapp.staff.access.write_apart", full)
    assert client.get("/sales").status_code == 200


def _sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("said by SQLite")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (OSError(errno.ENOSPC, "full"), "full"),
        (OSError(errno.EROFS, "read-only"), "unwritable"),
        (OSError(errno.ENOENT, "no such file"), None),
        (ValueError("of the program"), None),
        (_sqlite_error(13), "full"),
        (_sqlite_error(8), "unwritable"),
        (_sqlite_error(10 | 13 << 8), "unwritable"),
        (_sqlite_error(5), "busy"),
        (OperationalError("", {}, _sqlite_error(13)), "full"),
        (OperationalError("", {}, psycopg.errors.DiskFull("full")), "full"),
        (OperationalError("", {}, psycopg.errors.AdminShutdown("restart")), "away"),
        (OperationalError("", {}, psycopg.OperationalError("connection refused")), "away"),
        (OperationalError("", {}, psycopg.errors.LockNotAvailable("lock timeout")), "busy"),
    ],
    ids=str,
)
def test_what_an_error_says_of_the_disk(error, fault):
    assert fault_of(error) == fault


def test_a_disk_is_full_before_the_last_byte(tmp_path, monkeypatch):
    clock = Clock()
    kept = Storage(tmp_path, clock)
    assert kept.fault() is None
    monkeypatch.setattr(storage, "LEAST_ROOM", kept.free_bytes() * 2)
    assert kept.fault() is StorageFault.FULL
    monkeypatch.setattr(storage, "LEAST_ROOM", 0)
    assert kept.met(OSError(errno.EROFS, "read-only")) is StorageFault.UNWRITABLE
    assert kept.fault() is StorageFault.UNWRITABLE
    clock.now += 15
    assert kept.fault() is None, "and nobody needs to be told twice"


def test_one_line_a_minute_tells_of_what_lasts():
    clock = Clock()
    sparing = Sparing(clock)
    heard = []
    for later in (0, 1, 58, 2, 1, 70):
        clock.now += later
        heard.append(sparing.lets_through("disk"))
    assert heard == [True, False, False, True, False, True]
    assert sparing.lets_through("redis"), "another cause has a line of its own"


def test_a_database_that_is_away_is_said_by_name(client, monkeypatch):
    def away(*_given):
        raise OperationalError("", {}, psycopg.OperationalError("refused"))

    monkeypatch.setattr("webapp.web.pages.health.db.session.execute", away)
    assert client.get("/readyz").json == ALL_WELL | {"status": "trouble", "database": False}
    assert "balcao_database_up 0.0" in client.get("/metrics").text
