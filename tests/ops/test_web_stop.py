"""A web process that is told to stop ends its live streams at once, however long the pages would
have stayed."""

import http.client
import re
import time
import urllib.parse

import pytest


@pytest.fixture
def signed_in(shop):
    """A running shop and the cookie of somebody who signed in to it."""
    running = shop(JOB_WORKERS="1").start()
    server = running.url.removeprefix("http://")
    connection = http.client.HTTPConnection(server, timeout=10)
    connection.request("GET", "/login")
    page = connection.getresponse()
    cookie = page.getheader("Set-Cookie").partition(";")[0]
    (token,) = set(re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode()))
    form = {
        "csrf_token": token,
        "email": "admin@balcao.example",
        "password": "balcao-demo",
        "next": "/account",
    }
    headers = {
        "Cookie": cookie,
        "Content-Type": "application/x-www-form-urlencoded",
        "Connection": "close",
    }
    connection.request("POST", "/login", urllib.parse.urlencode(form), headers)
    answer = connection.getresponse()
    assert answer.status in (302, 303), answer.read().decode()
    connection.close()
    return running, server, answer.getheader("Set-Cookie").partition(";")[0]


def test_open_streams_do_not_hold_up_a_stop(signed_in):
    running, server, cookie = signed_in
    streams = []
    for _ in range(10):
        connection = http.client.HTTPConnection(server, timeout=15)
        connection.request(
            "GET", "/events", headers={"Cookie": cookie, "Accept": "text/event-stream"}
        )
        answer = connection.getresponse()
        assert answer.status == 200 and answer.read(7) == b"retry: "
        streams.append((connection, answer))
    running.process.terminate()
    began = time.monotonic()
    for connection, answer in streams:
        assert b"retry" not in answer.read(), "the stream ends"
        connection.close()
    assert time.monotonic() - began < 2
    assert running.stop() == 0
