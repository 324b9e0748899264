"""The whole way, from POST /api/v1/sales to the authorized XML, over 500 sales; and what the
processes hold."""

import json
from pathlib import Path

from tests.bench.checkout import Checkout
from tests.bench.figures import middle, percentile, tell
from tests.services import Shop

SALES = 500


def measure(shop: Shop) -> None:
    checkout = Checkout(shop)
    checkout.rush(50)
    posts: list[float] = []

    def run() -> float:
        seconds, times = checkout.rush(SALES)
        posts.extend(times)
        return SALES / seconds

    rate, rates = middle(5, run)
    tell(
        "whole pipeline, API to authorized XML",
        f"{rate:.0f} sales/s (runs: {', '.join(f'{one:.0f}' for one in rates)})",
    )
    half, most = percentile(posts, 0.5) * 1000, percentile(posts, 0.95) * 1000
    tell("POST /api/v1/sales in that rush", f"p50 {half:.0f} ms, p95 {most:.0f} ms")
    for name, resident in _resident(shop):
        tell(f"resident memory, {name}", f"{resident:.0f} MiB")


def _resident(shop: Shop) -> list[tuple[str, float]]:
    """(name, MiB) of each process of the shop; the web server's is that of the process that
    answers."""
    processes = json.loads((shop.data_dir / "processes.json").read_text())["processes"]
    return [
        (process["name"], max(_kib(pid) for pid in _with_children(process["pid"])) / 1024)
        for process in processes
    ]


def _with_children(pid: int) -> list[int]:
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def _kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
