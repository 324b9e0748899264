"""Live streams: no seat is left behind, and nobody calls itself live who hears nothing."""

import gc
import threading
import time

import pytest
from sqlalchemy import event

from tests.factories import ADDRESS, make_sale, sign_in, work_off
from tests.services import wait_until
from webapp.platform import live
from webapp.platform.database import db as database
from webapp.platform.live import BEGINNING, NOTHING_YET, RESET, SIGNED_OUT, STREAM, Hub, since
from webapp.staff.access import standing_sessions
from webapp.staff.models import UserSession
from webapp.web.navigation import menu_counts

SOLD = '{"kind": "sale", "id": 7, "status": "address"}'
EVERYBODY = {"mine": "clerk", "theirs": "clerk"}


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
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)
    return Hub(settings.redis_url, lambda _sessions: EVERYBODY, dict, seats=4, seats_each=3)


def taken(hub) -> int:
    """How many seats have not been given back."""
    return len(hub._seats)


def listen(hub, person=1, session="mine"):
    """What a page is told, apart from that the stream still stands."""
    texts = iter(hub.subscribe(person, session, "clerk"))
    return (text for text in texts if text not in (BEGINNING, live.STILL_HERE))


def told(page) -> list[str]:
    lines = next(page).decode().splitlines()
    return [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]


def test_a_stream_that_nobody_closed_holds_up_no_look_for_garbage(hub):
    def forget() -> None:
        ring: list = [texts := iter(hub.subscribe(1, "mine", "clerk"))]
        assert next(texts) == BEGINNING
        ring.append(ring)

    forget()
    look = threading.Thread(target=gc.collect, daemon=True)
    look.start()
    look.join(20)
    assert not look.is_alive() and taken(hub) == 0


def test_no_path_leaves_a_seat_behind(app, staff, connection):
    connection.xadd(STREAM, {"data": SOLD})
    hub = app.extensions["live"]
    for headers in ({}, {"Last-Event-ID": "9" * 4500 + "-1"}, {"Last-Event-ID": "1-1"}):
        # one that begins and goes, one that never begins, one that is forgotten unread
        begun = staff.get("/events", headers=headers, buffered=False)
        assert begun.status_code == 200
        assert next(iter(begun.response)).startswith(BEGINNING)
        assert taken(hub) == 1
        begun.close()
        staff.get("/events", headers=headers, buffered=False).close()
        answer = staff.get("/events", headers=headers, buffered=False)
        del answer
        assert staff.head("/events", headers=headers).status_code == 200
        assert taken(hub) == 0


def test_a_seat_is_given_back_where_what_was_missed_cannot_be_read(app, staff, connection):
    hub = app.extensions["live"]
    first = hub.subscribe(1, "mine", "clerk")
    connection.set(STREAM, "no stream")
    answer = staff.get("/events", headers={"Last-Event-ID": "1-1"}, buffered=False)
    assert answer.status_code == 503
    connection.delete(STREAM)
    first.close()
    assert taken(hub) == 0


def test_one_person_does_not_hold_all_seats(hub, connection):
    mine = [hub.subscribe(1, "mine", "clerk") for _each in range(3)]
    with pytest.raises(live.Full):
        hub.subscribe(1, "mine", "clerk")
    theirs = hub.subscribe(2, "theirs", "clerk")
    with pytest.raises(live.Full):
        hub.subscribe(3, "theirs", "clerk")
    mine.pop().close()
    theirs.close()
    hub.subscribe(1, "mine", "clerk")


def test_an_entry_that_cannot_be_read_is_skipped(hub, connection):
    page = listen(hub)
    before = connection.xadd(STREAM, {"data": SOLD.replace("7", "6")}).decode()
    assert told(page) == [SOLD.replace("7", "6")]
    for strange in ({"other": "x"}, {"data": "no json"}, {"data": "[1]"}, {"data": b"\xff"}):
        connection.xadd(STREAM, strange)
    connection.xadd(STREAM, {"data": SOLD})
    assert told(page) == [SOLD]
    _cursor, events = since(connection, before)
    assert [event["id"] for event in events] == [7]


def test_a_page_that_is_far_behind_is_told_to_fetch_again(hub, connection, monkeypatch):
    page = listen(hub)
    hub._tell([b"one"] * (live.BACKLOG + 1))
    assert next(page) == RESET
    hub._tell([b"two", b"three"])
    assert next(page) == b"twothree"


def test_a_reader_that_hears_nothing_closes_its_streams_until_it_hears_again(hub, connection):
    page = listen(hub)
    connection.set(STREAM, "no stream")
    for client in connection.client_list():
        if client["cmd"] == "xread":
            connection.execute_command("CLIENT", "UNBLOCK", client["id"], "ERROR")
    # It ends, and without a word: the page polls.
    assert list(page) == [b""]
    with pytest.raises(live.Away):
        hub.subscribe(1, "mine", "clerk")
    connection.delete(STREAM)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            again = listen(hub)
            break
        except live.Away:
            continue
    connection.xadd(STREAM, {"data": SOLD})
    assert told(again) == [SOLD]


def test_a_stream_ends_with_its_session_and_no_other_does(hub, connection):
    asked = []

    def living(sessions):
        asked.append(sessions)
        return {"theirs": "clerk"}

    hub.living = living
    mine, theirs = listen(hub), listen(hub, 2, "theirs")
    assert list(mine)[-1] == SIGNED_OUT
    # one question for all streams
    assert asked[0] == set(EVERYBODY)
    connection.xadd(STREAM, {"data": SOLD})
    assert told(theirs) == [SOLD]


def test_sessions_that_cannot_be_looked_up_end_no_stream(hub, connection):
    asked = []

    def away(sessions):
        asked.append(sessions)
        raise OSError

    hub.living = away
    page = listen(hub)
    wait_until(lambda: len(asked) > 2)
    connection.xadd(STREAM, {"data": SOLD})
    assert told(page) == [SOLD]


@pytest.mark.parametrize("ended", ["signed out", "disabled"])
def test_a_session_stands_until_it_is_signed_out_or_its_person_disabled(staff, db, ended):
    row = db.session.scalars(db.select(UserSession)).one()
    ids = {row.id_hash, "unknown"}
    assert standing_sessions(ids) == {row.id_hash: "clerk"}
    if ended == "disabled":
        row.user.active = False
    else:
        db.session.delete(row)
    db.session.flush()
    assert standing_sessions(ids) == {}


def test_the_menus_counts_are_told_by_the_persons_role(hub, connection):
    roles = dict(EVERYBODY)
    counts = {"clerk": {"sales.index": 1}, "manager": {"sales.index": 1, "monitor.page": 2}}
    all_here = threading.Event()
    hub.living = lambda _sessions: roles
    hub.counting = lambda: counts if all_here.wait(20) else {}
    pages = [listen(hub, person) for person in (1, 1, 2)]
    all_here.set()
    first = '{"counts": {"sales.index": 1}, "tabs": 4}'
    assert [told(page) for page in pages] == [[first]] * 3
    counts["clerk"] = {"sales.index": 5}
    connection.xadd(STREAM, {"data": SOLD})
    second = first.replace(": 1}", ": 5}")
    # Apart or together, as the heartbeat has it.
    for page in pages:
        heard: list[str] = []
        while len(heard) < 2:
            heard += told(page)
        assert set(heard) == {SOLD, second}
    roles["mine"] = "manager"
    assert told(pages[0]) == ['{"counts": {"sales.index": 1, "monitor.page": 2}, "tabs": 4}']


def test_the_menu_is_counted_by_role(app, db):
    make_sale(address=ADDRESS | {"zip_code": "99999-999"})
    work_off()
    counts = menu_counts()
    assert counts["clerk"]["sales.index"] == counts["accountant"]["sales.index"] == 1
    assert "monitor.page" in counts["manager"] and "monitor.page" not in counts["clerk"]


def test_a_thread_of_the_hub_that_ended_is_started_again(hub, connection):
    # None that runs is put aside: it would go on reading beside the one that is begun.
    for name in ("live", "live sessions", "live counts"):
        hub._threads[name] = threading.Thread(target=lambda: None)
        hub._threads[name].start()
        hub._threads[name].join()
    page = listen(hub)
    assert all(thread.is_alive() for thread in hub._threads.values())
    connection.xadd(STREAM, {"data": SOLD})
    assert told(page) == [SOLD]


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
