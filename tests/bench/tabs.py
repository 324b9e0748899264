"""Open pages as a browser has them: each follows the stream and fetches what it shows when that
changed, as `static/js/live.js` does, whose pauses are read from it."""

import asyncio
import html
import random
import re
import time
from urllib.parse import urlsplit

from tests.services import ROOT

_SCRIPT = (ROOT / "static" / "js" / "live.js").read_text()
_TOKEN = re.compile(rb'name="csrf_token" value="[^"]*"')
_ROW = re.compile(rb'<tr id="product-(\d+)".*?</tr>', re.DOTALL)
_AT_ONCE = asyncio.Semaphore(64)  # connections that are begun at a time


def _number(name: str) -> int:
    found = re.search(rf"\b{name} = (\d+)", _SCRIPT)
    assert found, f"live.js names no {name}"
    return int(found[1])


# In seconds, but for how many pages ask at once.
COLLECT, LIST = _number("COLLECT_MS") / 1000, _number("LIST_MS") / 1000
SPREAD_ROWS, SPREAD_LIST = _number("SPREAD_ROWS_MS") / 1000, _number("SPREAD_LIST_MS") / 1000
AT_ONCE = _number("AT_ONCE")


class Server:
    """What all pages ask, and what that took."""

    def __init__(self, url: str):
        self.host, self.port = urlsplit(url).netloc.split(":")
        self.fetched = {"rows": 0, "list": 0}
        self.took: list[float] = []
        self.refused = 0

    async def get(self, path: str, cookie: str, kind: str = "") -> bytes:
        began, head = time.perf_counter(), f"GET {path} HTTP/1.1\r\nHost: shop\r\nCookie: {cookie}"
        if kind:
            head += "\r\nHX-Request: true\r\nX-Unattended: 1"
        try:
            async with _AT_ONCE:
                reader, writer = await asyncio.open_connection(self.host, int(self.port))
                writer.write(f"{head}\r\nConnection: close\r\n\r\n".encode())
                answer = await reader.read()
                writer.close()
        except ConnectionError:
            answer = b""
        if answer[9:12] != b"200":
            self.refused += 1
            return b""
        if kind:
            self.fetched[kind] += 1
            self.took.append((time.perf_counter() - began) * 1000)
        return answer.partition(b"\r\n\r\n")[2]


class Tab:
    """One page: when it was told of what, and how each row that it shows stands."""

    def __init__(self, server: Server, cookie: str, page: bytes):
        self.server, self.cookie = server, cookie
        self.rows_path, self.list_path = (
            html.unescape(_attribute(page, name)) for name in ("data-live-rows", "data-live-list")
        )
        self.shown = rows_in(page)
        self.told: list[float] = []
        self.tabs = 1
        self.changed: set[int] = set()
        self.is_gathering = self.list_is_due = self.rows_fetching = self.list_fetching = False
        self.listed_at = 0.0
        self.tasks: set[asyncio.Task] = set()

    @property
    def is_busy(self) -> bool:
        """It has been told of rows that it has not fetched yet."""
        return self.is_gathering or self.rows_fetching

    def follow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self._begin(self._read(reader))

    def close(self) -> None:
        for task in [*self.tasks]:
            task.cancel()

    def _begin(self, work) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if not line.startswith(b"data: "):
                continue
            # Of what is changed here alone: a shop just begun has its own work too.
            if found := re.search(rb'"kind": "product", "id": (\d+)', line):
                self.told.append(time.perf_counter())
                self.note({int(found[1])})
            elif found := re.search(rb'"tabs": (\d+)', line):
                self.tabs = int(found[1])

    def _spread(self, each: float) -> float:
        return random.random() * max(0, self.tabs - AT_ONCE) * each

    def note(self, ids: set[int]) -> None:
        self.changed |= ids
        if not self.is_gathering:
            self.is_gathering = True
            self._begin(self._flush())

    async def _flush(self) -> None:
        await asyncio.sleep(COLLECT + self._spread(SPREAD_ROWS))
        self.is_gathering, ids = False, self.changed & self.shown.keys()
        if self.rows_fetching:
            # What is under way may be older: asked for once more, after it.
            self.note(set())
        else:
            self.changed = set()
            if ids:
                self._begin(self._fetch_rows(ids))
        self._list_soon()

    async def _fetch_rows(self, ids: set[int]) -> None:
        self.rows_fetching = True
        asked = ",".join(map(str, sorted(ids)))
        answer = await self.server.get(f"{self.rows_path}?ids={asked}", self.cookie, "rows")
        self.rows_fetching = False
        self.shown |= rows_in(answer)

    def _list_soon(self) -> None:
        if not self.list_is_due:
            self.list_is_due = True
            self._begin(self._fetch_list())

    async def _fetch_list(self) -> None:
        rest = max(0.0, self.listed_at + LIST - time.monotonic())
        await asyncio.sleep(rest + self._spread(SPREAD_LIST))
        self.list_is_due, self.listed_at = False, time.monotonic()
        if self.list_fetching:
            self._list_soon()
            return
        self.list_fetching = True
        found = rows_in(await self.server.get(self.list_path, self.cookie, "list"))
        self.list_fetching = False
        self.shown |= {row_id: row for row_id, row in found.items() if row_id in self.shown}


def rows_in(answer: bytes) -> dict[int, bytes]:
    """The products' rows, but for the forms' tokens."""
    return {int(row[1]): _TOKEN.sub(b"", row[0]) for row in _ROW.finditer(answer)}


def _attribute(page: bytes, name: str) -> str:
    found = re.search(rf'{name}="([^"]*)"'.encode(), page)
    assert found, f"the page has no {name}"
    return found[1].decode()
