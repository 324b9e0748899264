"""A connection of the web server: cut when its head does not come or its answer is not taken."""

from collections.abc import Callable
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import Server, ServerState

Headers = list[tuple[bytes, bytes]]
HEAD_SECONDS = 10
STALLED_SECONDS = 60
LONGEST_HEAD = 65_536
LOOK_EVERY_TICKS = 10  # of a tenth of a second


class Connection(HttpToolsProtocol):
    server_state: "SharedState"

    def __init__(self, *given: Any, **named: Any):
        super().__init__(*given, **named)
        self.head_bytes = 0
        # Since when its head is waited for, and how much was unsent since when it last became less.
        self.waits_since = self.moved_at = self.loop.time()
        self.unsent = 0

    @property
    def waits_for_head(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.waits_for_head and not self.transport.is_closing():
            self.head_bytes += len(data)
            if self.head_bytes > LONGEST_HEAD:
                self.refuse(431, "The head of this request is too long.")

    def on_headers_complete(self) -> None:
        self.head_bytes = 0
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        self.waits_since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        self.refuse(400, msg)

    def refuse(self, status: int, text: str) -> None:
        headers = [
            *self.server_state.default_headers,
            *self.server_state.standing,
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(text)).encode()),
            (b"connection", b"close"),
        ]
        lines = b"".join(b"%s: %s\r\n" % header for header in headers)
        self.transport.write(STATUS_LINE[status] + lines + b"\r\n" + text.encode())
        self.transport.close()

    def cut_if_stalled(self, now: float) -> None:
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or unsent < self.unsent:
            self.moved_at = now
        self.unsent = unsent
        headless = self.waits_for_head and not unsent and now - self.waits_since > HEAD_SECONDS
        if headless or now - self.moved_at > STALLED_SECONDS:
            self.transport.abort()


class SharedState(ServerState):
    """What the connections of a server share; `standing` headers go with the answers that are the
    server's own."""

    def __init__(self, standing: Headers):
        super().__init__()
        self.standing = standing


class StreamEndingServer(Server):
    """Looks once a second for connections to cut, and ends live streams before it waits for
    answers under way."""

    def __init__(self, config: Config, end_streams: Callable[[], None], standing: Headers):
        super().__init__(config)
        self.server_state = SharedState(standing)
        self.end_streams = end_streams

    async def on_tick(self, counter: int) -> bool:
        if counter % LOOK_EVERY_TICKS == 0 and self.server_state.connections:
            # All are ours; Uvicorn's type names those of every protocol.
            connections: list[Any] = list(self.server_state.connections)
            now = connections[0].loop.time()
            for connection in connections:
                connection.cut_if_stalled(now)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: Any = None) -> None:
        self.end_streams()
        await super().shutdown(sockets)
