"""A web process that is told to stop ends its live streams at once, however long the pages would
have stayed."""

import http.client
import time


def test_open_streams_do_not_hold_up_a_stop(shop):
    running = shop(JOB_WORKERS="1").start()
    server, cookie = running.url.removeprefix("http://"), running.sign_in()
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
    # A stream that is not ended lasts for the server's whole graceful time, five seconds.
    assert time.monotonic() - began < 4.5
    assert running.stop() == 0
