"""500 open pages that fetch what they show while 10 products a second change: who is told live, how
soon, what each shows in the end, and at what cost.

A page is told once the change is committed; the time runs from when the change was asked for.
"""

import asyncio
import http.client
import itertools
import json
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from tests.bench.checkout import Checkout
from tests.bench.figures import percentile, tell
from tests.bench.processes import memory, processor_seconds
from tests.bench.tabs import Server, Tab, rows_in
from tests.services import Shop

TABS = 500
CHANGES = 300
EVERY_SECONDS = 0.1
REQUESTS = 60
# Ordinary pages are asked for over all the time in which others change.
PAGE_EVERY_SECONDS = 0.3
PRODUCTS = 50  # in turn: two changes of one product at once are told as one
PEOPLE = ("admin", "manager", "reviewer", "clerk")
PAGE = "/products"
# For as long at most it is waited until all pages have fetched the last of what changed.
DRAINED_SECONDS = 30


class Tabs:
    """Open pages of some people: how many stream, and when each was told of what."""

    def __init__(self, shop: Shop):
        self.server = Server(shop.url)
        self.people = [shop.sign_in(f"{name}@balcao.example") for name in PEOPLE]
        self.tabs: list[Tab] = []
        self.refused = 0

    async def open(self) -> None:
        pages = {cookie: await self.server.get(PAGE, cookie) for cookie in self.people}
        streams = []
        for cookie in itertools.islice(itertools.cycle(self.people), TABS):
            streams.append((cookie, await self._begin(cookie)))
        for cookie, (reader, writer) in streams:
            tab = Tab(self.server, cookie, pages[cookie])
            tab.follow(reader, writer)
            self.tabs.append(tab)

    async def _begin(self, cookie: str):
        reader, writer = await asyncio.open_connection(self.server.host, int(self.server.port))
        writer.write(f"GET /events HTTP/1.1\r\nHost: shop\r\nCookie: {cookie}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        self.refused += not head.startswith(b"HTTP/1.1 200 ")
        return reader, writer

    async def settle(self) -> float:
        """Until each has fetched all rows of which it was told, or for DRAINED_SECONDS; how long
        that took."""
        began, took = time.perf_counter(), 0.0
        while any(tab.is_busy for tab in self.tabs) and took < DRAINED_SECONDS:
            await asyncio.sleep(0.1)
            took = time.perf_counter() - began
        return took

    async def right(self) -> tuple[int, int]:
        """How many of the rows that they show are as they are by now, and of how many."""
        now = {cookie: rows_in(await self.server.get(PAGE, cookie)) for cookie in self.people}
        alike = [row == now[tab.cookie][at] for tab in self.tabs for at, row in tab.shown.items()]
        return sum(alike), len(alike)

    def close(self) -> None:
        for tab in self.tabs:
            tab.close()


def measure(shop: Shop) -> None:
    asyncio.run(_measure(shop))


async def _measure(shop: Shop) -> None:
    checkout = Checkout(shop)
    skus = [f"LIVE-{number}" for number in range(PRODUCTS)]
    checkout.add_products(skus)
    cookie = shop.sign_in()
    # In processes of their own: this one has 500 pages to read for.
    with ProcessPoolExecutor(2) as others:
        apart = partial(asyncio.get_running_loop().run_in_executor, others)
        pages = (_page_times, checkout.address, cookie)
        quiet = await apart(*pages)
        tabs = Tabs(shop)
        began = time.perf_counter()
        await tabs.open()
        tell("pages that stream", f"{TABS - tabs.refused} of {TABS}")
        tell("all of them opened", f"{time.perf_counter() - began:.1f} s")
        before = processor_seconds(shop)["web"]
        began = time.perf_counter()
        asked, busy = await asyncio.gather(
            apart(_change, checkout.address, checkout.headers, skus), apart(*pages)
        )
        seconds = time.perf_counter() - began
        web = (processor_seconds(shop)["web"] - before) / seconds
        fetched = dict(tabs.server.fetched)
        drained = await tabs.settle()
        right, shown = await tabs.right()
    tabs.close()
    late = [when - at for tab in tabs.tabs for (at, _), when in zip(asked, tab.told, strict=False)]
    itself = [answered - at for at, answered in asked]
    told = sum(len(tab.told) for tab in tabs.tabs)
    tell("told, of what changed", f"{told} of {TABS * CHANGES}")
    tell("from asking for a change to being told", f"{_both(late)} (p95 at most 500)")
    tell("of that, the change itself until answered", _both(itself))
    tell("rows shown as they are in the end", f"{right} of {shown}, {drained:.1f} s after the last")
    each = ", ".join(f"{number / seconds:.0f} {kind}" for kind, number in fetched.items())
    tell("fetched by them a second", f"{each}: p95 {percentile(tabs.server.took, 0.95):.0f} ms")
    tell("fetches refused", str(tabs.server.refused))
    tell(
        f"page {PAGE} meanwhile, and before",
        f"p95 {percentile(busy, 0.95):.0f} ms, {percentile(quiet, 0.95):.0f} ms (at most twice)",
    )
    tell("processor of the web, of one core", f"{web * 100:.0f} %")
    tell("memory of the web in all", f"{memory(shop)['web']:.0f} MiB (at most 250)")


def _both(seconds: list[float]) -> str:
    half, most = percentile(seconds, 0.5) * 1000, percentile(seconds, 0.95) * 1000
    return f"p50 {half:.0f} ms, p95 {most:.0f} ms"


def _change(address: str, headers: dict[str, str], skus: list[str]) -> list[tuple[float, float]]:
    """Changes a stock, CHANGES times at a steady rate: when each was asked for and answered."""
    times = []
    with _connection(address) as connection:
        began = time.perf_counter()
        for number in range(CHANGES):
            time.sleep(max(0, began + number * EVERY_SECONDS - time.perf_counter()))
            asked = time.perf_counter()
            path = f"/api/v1/products/{skus[number % PRODUCTS]}/stock"
            _ask(connection, "POST", path, json.dumps({"set": number + 1}), headers)
            times.append((asked, time.perf_counter()))
    return times


def _page_times(address: str, cookie: str) -> list[float]:
    times = []
    with _connection(address) as connection:
        for _request in range(REQUESTS):
            began = time.perf_counter()
            _ask(connection, "GET", PAGE, None, {"Cookie": cookie})
            times.append((time.perf_counter() - began) * 1000)
            time.sleep(PAGE_EVERY_SECONDS)
    return times


def _ask(connection: http.client.HTTPConnection, *request: Any) -> None:
    """Once more, as browsers do, where a server that is behind has closed the line."""
    try:
        connection.request(*request)
        answer = connection.getresponse()
    except ConnectionError:
        connection.close()
        connection.request(*request)
        answer = connection.getresponse()
    said = answer.read()
    assert answer.status == 200, said


@contextmanager
def _connection(address: str) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        yield connection
    finally:
        connection.close()
