"""The whole way, from POST /api/v1/sales to the authorized XML, over 500 sales; what processor time
a sale costs each process, and what the processes hold."""

import json
import os
from collections import Counter
from pathlib import Path

from tests.bench.checkout import Checkout
from tests.bench.figures import middle, percentile, tell
from tests.services import Shop

SALES = 500
RUNS = 5


def measure(shop: Shop) -> None:
    checkout = Checkout(shop)
    checkout.rush(50)
    posts: list[float] = []

    def run() -> float:
        seconds, times = checkout.rush(SALES)
        posts.extend(times)
        return SALES / seconds

    before = _processor_seconds(shop)
    rate, rates = middle(RUNS, run)
    spent = _processor_seconds(shop) - before
    tell(
        "whole pipeline, API to authorized XML",
        f"{rate:.0f} sales/s (runs: {', '.join(f'{one:.0f}' for one in rates)})",
    )
    half, most = percentile(posts, 0.5) * 1000, percentile(posts, 0.95) * 1000
    tell("POST /api/v1/sales in that rush", f"p50 {half:.0f} ms, p95 {most:.0f} ms")
    each = {name: seconds * 1000 / (RUNS * SALES) for name, seconds in spent.items()}
    parts = ", ".join(f"{name} {milliseconds:.2f}" for name, milliseconds in each.items())
    tell("processor time of a sale", f"{sum(each.values()):.2f} ms ({parts})")
    for name, resident in _resident(shop):
        tell(f"resident memory, {name}", f"{resident:.0f} MiB")


def _processor_seconds(shop: Shop) -> Counter[str]:
    """What the shop's processes have used of the processors so far, by name: of web, worker and
    sweeper all of that name, with their children."""
    tick = os.sysconf("SC_CLK_TCK")
    used: Counter[str] = Counter()
    for process in _processes(shop):
        for pid in _with_children(process["pid"]):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            used[process["name"]] += (int(fields[11]) + int(fields[12])) / tick
    return used


def _processes(shop: Shop) -> list[dict]:
    return json.loads((shop.data_dir / "processes.json").read_text())["processes"]


def _resident(shop: Shop) -> list[tuple[str, float]]:
    """(name, MiB) of each process of the shop; the web server's is that of the process that
    answers."""
    return [
        (process["name"], max(_kib(pid) for pid in _with_children(process["pid"])) / 1024)
        for process in _processes(shop)
    ]


def _with_children(pid: int) -> list[int]:
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def _kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
