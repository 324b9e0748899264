"""A live stream ends with the session it was opened in, and says so."""

import http.client
import time

from webapp.platform.live import HEARTBEAT_SECONDS


def test_a_stream_ends_with_its_session_within_one_heartbeat(live_shop):
    server, cookie = live_shop.url.removeprefix("http://"), live_shop.sign_in()
    connection = http.client.HTTPConnection(server, timeout=15)
    connection.request("GET", "/events", headers={"Cookie": cookie})
    stream = connection.getresponse()
    assert stream.status == 200 and stream.readline() == b"retry: 2000\n"
    live_shop.end_sessions()
    began = time.monotonic()
    assert b"event: signed-out" in stream.read()
    assert time.monotonic() - began < HEARTBEAT_SECONDS + 2
    connection.close()
