"""500 open pages while 10 products a second change: who is told live, how soon, and at what cost.

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
from urllib.parse import urlsplit

from tests.bench.checkout import Checkout
from tests.bench.figures import percentile, tell
from tests.bench.processes import memory, processor_seconds
from tests.services import Shop

TABS = 500
CHANGES = 300
EVERY_SECONDS = 0.1
REQUESTS = 60
PRODUCTS = 50  # in turn: two changes of one product at once are told as one
PEOPLE = ("admin", "manager", "reviewer", "clerk", "accountant")
PAGE = "/products"


class Tabs:
    """Open pages: how many stream, and when each was told of what."""

    def __init__(self, shop: Shop):
        self.host, self.port = urlsplit(shop.url).netloc.split(":")
        people = [shop.sign_in(f"{name}@balcao.example") for name in PEOPLE]
        self.cookies = list(itertools.islice(itertools.cycle(people), TABS))
        self.told: list[list[float]] = []
        self.refused = 0
        self.tasks: list[asyncio.Task] = []

    async def open(self) -> None:
        readers = [await self._begin(cookie) for cookie in self.cookies]
        for reader, said in readers:
            times: list[float] = []
            self.told.append(times)
            self.tasks.append(asyncio.create_task(self._follow(reader, said, times)))

    async def _begin(self, cookie: str):
        reader, writer = await asyncio.open_connection(self.host, int(self.port))
        writer.write(f"GET /events HTTP/1.1\r\nHost: shop\r\nCookie: {cookie}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        self.refused += not head.startswith(b"HTTP/1.1 200 ")
        return reader, writer

    async def _follow(self, reader, _writer, times: list[float]) -> None:
        while line := await reader.readline():
            # Of what is changed here alone: a shop just begun has its own work too.
            if line.startswith(b"data: ") and b'"kind": "product"' in line:
                times.append(time.perf_counter())

    def close(self) -> None:
        for task in self.tasks:
            task.cancel()


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
        await asyncio.sleep(2)
        web = (processor_seconds(shop)["web"] - before) / (time.perf_counter() - began)
    tabs.close()
    late = [when - at for times in tabs.told for (at, _), when in zip(asked, times, strict=False)]
    itself = [answered - at for at, answered in asked]
    told = sum(len(times) for times in tabs.told)
    tell("told, of what changed", f"{told} of {TABS * CHANGES}")
    tell("from asking for a change to being told", _both(late))
    tell("of that, the change itself until answered", _both(itself))
    tell(
        f"page {PAGE} meanwhile, and before",
        f"p95 {percentile(busy, 0.95):.0f} ms, {percentile(quiet, 0.95):.0f} ms",
    )
    tell("processor of the web, of one core", f"{web * 100:.0f} %")
    tell("memory of the web in all", f"{memory(shop)['web']:.0f} MiB")


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
            connection.request("POST", path, json.dumps({"set": number + 1}), headers)
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
            answer.read()
            times.append((asked, time.perf_counter()))
    return times


def _page_times(address: str, cookie: str) -> list[float]:
    times = []
    with _connection(address) as connection:
        for _request in range(REQUESTS):
            began = time.perf_counter()
            connection.request("GET", PAGE, headers={"Cookie": cookie})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            times.append((time.perf_counter() - began) * 1000)
    return times


@contextmanager
def _connection(address: str) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        yield connection
    finally:
        connection.close()
