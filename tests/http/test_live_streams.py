"""Live streams: no seat is left behind, and nobody calls itself live who hears nothing."""

import threading
import time

import pytest
from sqlalchemy import event

from tests.factories import sign_in
from webapp.platform import live
from webapp.platform.database import db as database
from webapp.platform.live import NOTHING_YET, STREAM, Hub, frames, since

SOLD = '{"kind": "sale", "id": 7, "status": "address"}'


@pytest.fixture
def staff(client, db):
    sign_in(client, "clerk")
    return client


@pytest.fixture
def connection(app):
    return app.extensions["redis"]


@pytest.fixture
def hub(settings, connection, monkeypatch):
    monkeypatch.setattr(live, "AGAIN_AFTER_SECONDS", 0.05)
    return Hub(settings.redis_url, seats=4)


def taken(hub) -> int:
    """How many seats have not been given back."""
    return len(hub._subscribers)


def heard(inbox):
    return inbox.get(timeout=5)


def test_no_path_leaves_a_seat_behind(app, staff, connection):
    connection.xadd(STREAM, {"data": SOLD})
    hub = app.extensions["live"]
    for headers in ({}, {"Last-Event-ID": "9" * 4500 + "-1"}, {"Last-Event-ID": "1-1"}):
        # one that begins and goes, one that never begins, one that is forgotten unread
        begun = staff.get("/events", headers=headers, buffered=False)
        assert begun.status_code == 200 and next(begun.response) == b"retry: 2000\n\n"
        assert taken(hub) == 1
        begun.close()
        staff.get("/events", headers=headers, buffered=False).close()
        answer = staff.get("/events", headers=headers, buffered=False)
        del answer
        assert staff.head("/events", headers=headers).status_code == 200
        assert taken(hub) == 0


def test_a_seat_is_given_back_where_what_was_missed_cannot_be_read(app, staff, connection):
    hub = app.extensions["live"]
    first = hub.subscribe()
    connection.set(STREAM, "no stream")
    answer = staff.get("/events", headers={"Last-Event-ID": "1-1"}, buffered=False)
    assert answer.status_code == 503
    connection.delete(STREAM)
    hub.leave(first)
    assert taken(hub) == 0


def test_an_entry_that_cannot_be_read_is_skipped(hub, connection):
    inbox = hub.subscribe()
    before = connection.xadd(STREAM, {"data": SOLD.replace("7", "6")}).decode()
    assert heard(inbox)[0] == before
    for strange in ({"other": "x"}, {"data": "no json"}, {"data": "[1]"}, {"data": b"\xff"}):
        connection.xadd(STREAM, strange)
    connection.xadd(STREAM, {"data": SOLD})
    assert heard(inbox)[1] == SOLD
    _cursor, events = since(connection, before)
    assert [event["id"] for event in events] == [7]


def test_a_reader_that_hears_nothing_closes_its_streams_until_it_hears_again(hub, connection):
    inbox = hub.subscribe()
    connection.set(STREAM, "no stream")
    for client in connection.client_list():
        if client["cmd"] == "xread":
            connection.execute_command("CLIENT", "UNBLOCK", client["id"], "ERROR")
    assert heard(inbox) is None
    assert list(frames(_closed(), [], lambda: True)) == ["retry: 2000\n\n"]
    with pytest.raises(live.Away):
        hub.subscribe()
    connection.delete(STREAM)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            again = hub.subscribe()
            break
        except live.Away:
            continue
    connection.xadd(STREAM, {"data": SOLD})
    assert heard(again)[1] == SOLD


def _closed():
    hub = Hub("", seats=1)
    inbox = live.queue.Queue(1)
    inbox.put(("1-1", "{}"))
    # also where it is full
    hub._put(inbox, None)
    return inbox


def test_a_reader_that_ended_is_started_again(hub, connection):
    hub.leave(hub.subscribe())
    hub._reader = threading.Thread(target=lambda: None)
    hub._reader.start()
    hub._reader.join()
    inbox = hub.subscribe()
    connection.xadd(STREAM, {"data": SOLD})
    assert heard(inbox)[1] == SOLD


def test_what_was_missed_while_redis_was_wiped_is_said_to_be_unknown(connection):
    assert since(connection, NOTHING_YET) == (NOTHING_YET, [])
    cursor = connection.xadd(STREAM, {"data": SOLD}).decode()
    assert since(connection, cursor) == (cursor, [])
    connection.flushall()
    assert since(connection, cursor) is None


def test_a_page_is_told_of_what_changed_while_it_was_drawn(app, staff):
    hub = app.extensions["live"]
    hub.cursor = "1-0"

    def change(*_statement):
        hub.cursor = "2-0"

    with app.app_context():
        engine = database.engine
    event.listen(engine, "after_cursor_execute", change)
    try:
        page = staff.get("/sales").text
    finally:
        event.remove(engine, "after_cursor_execute", change)
    assert hub.cursor == "2-0" and 'data-live-since="1-0"' in page
    hub.cursor = ""


def test_who_missed_more_than_is_told_at_once_draws_everything_again(connection):
    first = connection.xadd(STREAM, {"data": SOLD}).decode()
    for _each in range(3):
        connection.xadd(STREAM, {"data": SOLD})
    assert len(since(connection, first, limit=4)[1]) == 3
    assert since(connection, first, limit=3) is None
