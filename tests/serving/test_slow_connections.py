"""Slow or silent connections hold no thread: they are borne, and cut when nothing comes."""

import itertools
import select
import socket

import pytest

from tests.factories import sign_in
from tests.services import wait_until
from tests.support.web_server import many_files, serving
from webapp.http.spreadsheets import csv_file
from webapp.platform import live
from webapp.serving import bridge, connections
from webapp.staff.access import anyone
from webapp.web.security import CSP

pytestmark = pytest.mark.operations

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"
HALF_A_HEAD = b"GET /login HTTP/1.1\r\nHost: shop\r\nX-A: "
HALF_A_BODY = b"POST /login HTTP/1.1\r\nHost: shop\r\nContent-Length: 9\r\n\r\nemail"


def is_well(web) -> bool:
    return web.ask(HEALTH).endswith(b'{"status":"ok"}\n')


def ended(clients: list[socket.socket]) -> bool:
    """Whether the server has closed every one of them; reads what it said."""
    poll = select.poll()
    for client in clients:
        poll.register(client, select.POLLIN)
    return len(poll.poll(0)) == len(clients)


def test_two_thousand_silent_sockets_freeze_nothing_and_are_cut(app, db, monkeypatch):
    with many_files(5000), serving(app) as web:
        silent = [web.connect() for _each in range(1700)]
        halves = [web.connect(HALF_A_HEAD) for _each in range(200)]
        slow = [web.connect(HALF_A_BODY) for _each in range(100)]
        assert all(is_well(web) for _each in range(10))
        for module, seconds in ((connections, "HEAD_SECONDS"), (connections, "STALLED_SECONDS")):
            monkeypatch.setattr(module, seconds, 0)
        wait_until(lambda: ended(silent + halves))
        assert not any(client.recv(1) for client in silent + halves)
        for client in silent + halves + slow:
            client.close()


def test_a_body_that_does_not_come_is_cut(app, db, monkeypatch):
    monkeypatch.setattr(bridge, "BODY_SECONDS", 0.05)
    with serving(app) as web:
        answer = web.ask(HALF_A_BODY)
        assert answer.startswith(b"HTTP/1.1 408 ") and f": {CSP}\r\n".encode() in answer


@pytest.fixture
def endless(app, monkeypatch):
    """A download without end, and how many rows of it were asked for."""
    asked = itertools.count()

    @anyone
    def download():
        return csv_file(
            "endless", ["number"], ([next(asked), "x" * 20_000] for _row in iter(int, 1))
        )

    monkeypatch.setitem(app.view_functions, "health.readyz", download)
    return asked


def test_fifty_readers_who_do_not_read_hold_no_thread_and_are_cut(app, db, endless, monkeypatch):
    ask = b"GET /readyz HTTP/1.1\r\nHost: shop\r\n\r\n"
    with serving(app, threads=2) as web:
        readers = [web.connect(ask) for _each in range(50)]
        assert all(reader.recv(15) == b"HTTP/1.1 200 OK" for reader in readers)
        assert all(is_well(web) for _each in range(10))
        # They are written ahead of no further than their connections hold.
        before = -1
        while before != (before := next(endless)) - 1:
            assert is_well(web)
        monkeypatch.setattr(connections, "STALLED_SECONDS", 0)
        wait_until(lambda: len(web.server.server_state.connections) == 0)
        for reader in readers:
            reader.close()


def test_a_download_ends_when_its_reader_goes(app, db, endless):
    with serving(app) as web:
        with web.connect(b"GET /readyz HTTP/1.1\r\nHost: shop\r\n\r\n") as reader:
            assert reader.recv(15) == b"HTTP/1.1 200 OK"
        wait_until(lambda: not web.server.server_state.tasks)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nbad header\r\n\r\n", 400),
        (b"GET /" + b"a" * 70_000, 431),
        (b"GET / HTTP/1.1\r\nX-A: " + b"a" * 70_000, 431),
    ],
)
def test_the_servers_own_refusals_carry_the_headers(app, db, request_, status):
    with serving(app) as web:
        answer = web.ask(request_)
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert f"Content-Security-Policy: {CSP}\r\n".encode() in answer
        assert b"server:" not in answer.lower()


def test_a_body_that_is_too_long_is_told_so_and_not_kept(app, db):
    head = b"POST /login HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n"
    form = b"Content-Type: application/x-www-form-urlencoded\r\n"
    body = b"a" * (3 * 2**20)
    with serving(app) as web:
        answer = web.ask(head + form + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert answer.startswith(b"HTTP/1.1 413 ")
        chunked = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        assert web.ask(head + form + chunked).startswith(b"HTTP/1.1 413 ")


def test_a_file_lies_on_the_disk_while_the_application_reads_it(app, db):
    class Taken:
        body = None

        def __call__(self, environ, start_response):
            self.body = environ["wsgi.input"]
            self.length = len(self.body.read())
            self.in_memory = not self.body._rolled
            start_response("200 OK", [("Content-Length", "0")])
            return []

    head = b"POST /x HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n"
    form = b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: %d\r\n\r\n"
    with serving(app) as web:
        taken = web.bridge.app = Taken()
        assert web.ask(head + form % 3_000_000 + b"a" * 3_000_000).startswith(b"HTTP/1.1 200 ")
        assert (taken.length, taken.in_memory) == (3_000_000, False)
        web.ask(head + form % 17_000_000 + b"a" * 17_000_000)
        assert taken.length < 17_000_000, "longer than any file may be: not kept"


# Live streams


@pytest.fixture
def stream(app, client, db, monkeypatch):
    """The request of a signed-in page for its stream."""
    hub = app.extensions["live"]
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)
    fresh = live.Hub(hub.redis_url, hub.living, hub.counting, hub.seats, hub.seats_each)
    monkeypatch.setitem(app.extensions, "live", fresh)
    sign_in(client, "clerk")
    cookie = client.get_cookie("balcao").value
    return f"GET /events HTTP/1.1\r\nHost: shop\r\nCookie: balcao={cookie}\r\n\r\n".encode()


def test_streams_hold_no_thread_and_a_page_that_went_gives_its_seat_back(app, stream, monkeypatch):
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)
    hub = app.extensions["live"]
    with serving(app, threads=2) as web:
        pages = [web.connect(stream) for _each in range(60)]
        assert {page.recv(15) for page in pages} == {b"HTTP/1.1 200 OK"}
        assert len(hub._seats) == 60 and is_well(web)
        for page in pages:
            page.close()
        wait_until(lambda: len(hub._seats) == 0)


def test_a_stopping_server_ends_streams_and_lets_a_request_finish(app, stream, monkeypatch):
    begun, go_on = [], []

    @anyone
    def slow():
        begun.append(True)
        wait_until(lambda: bool(go_on))
        return "finished"

    monkeypatch.setitem(app.view_functions, "health.readyz", slow)
    with serving(app) as web:
        page = web.connect(stream)
        assert page.recv(15) == b"HTTP/1.1 200 OK"
        asking = web.connect(b"GET /readyz HTTP/1.1\r\nHost: shop\r\n\r\n")
        wait_until(lambda: bool(begun))
        web.server.should_exit = True
        assert page.makefile("rb").read().endswith(b"0\r\n\r\n")
        go_on.append(True)
        assert asking.makefile("rb").read().endswith(b"finished")
        page.close()
        asking.close()
