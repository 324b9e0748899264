"""The web process's server in a thread of the test: real sockets, no process of its own."""

import contextlib
import resource
import socket
import threading
from collections.abc import Iterator

from uvicorn.config import Config

from tests.services import wait_until
from webapp.serving.bridge import Bridge
from webapp.serving.connections import StreamEndingServer
from webapp.serving.worker import Worker, standing_of


class WebServer:
    """`app` on a port of its own, with `threads` to work in."""

    def __init__(self, app, threads: int = 4):
        bridge = Bridge(app, threads, app.config["MAX_CONTENT_LENGTH"], standing_of(app))
        options = Worker.CONFIG_KWARGS | {"log_config": None}
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=2048)
        # Or a reader who does not read is written ahead of by megabytes.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.server = StreamEndingServer(
            Config(bridge, **options), app.extensions["live"].close, standing_of(app)
        )
        self.thread = threading.Thread(target=self.server.run, args=([self.socket],))
        self.bridge = bridge

    @property
    def address(self) -> tuple[str, int]:
        return self.socket.getsockname()

    def connect(self, first: bytes = b"") -> socket.socket:
        client = socket.socket()
        client.settimeout(20)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(self.address)
        client.sendall(first)
        return client

    def ask(self, request: bytes) -> bytes:
        """The whole of an answer after which the server closes."""
        with self.connect(request) as client:
            return client.makefile("rb").read()

    def stop(self) -> None:
        """As SIGTERM does; returns once it has ended."""
        self.server.should_exit = True
        self.thread.join(20)
        assert not self.thread.is_alive()


@contextlib.contextmanager
def serving(app, threads: int = 4) -> Iterator[WebServer]:
    web = WebServer(app, threads)
    web.thread.start()
    try:
        wait_until(lambda: web.server.started)
        yield web
    finally:
        web.stop()
        web.bridge.requests.shutdown()
        web.bridge.pieces.shutdown()


@contextlib.contextmanager
def many_files(count: int) -> Iterator[None]:
    """Lets this process hold `count` open files."""
    low, high = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(low, count), high))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (low, high))
