"""The whole way, from POST /api/v1/sales to the authorized XML, over 500 sales; what processor time
a sale costs each process, and what the processes hold."""

from tests.bench.checkout import Checkout
from tests.bench.figures import middle, percentile, tell
from tests.bench.processes import memory, processor_seconds
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

    before = processor_seconds(shop)
    rate, rates = middle(RUNS, run)
    spent = processor_seconds(shop) - before
    tell(
        "whole pipeline, API to authorized XML",
        f"{rate:.0f} sales/s (runs: {', '.join(f'{one:.0f}' for one in rates)})",
    )
    half, most = percentile(posts, 0.5) * 1000, percentile(posts, 0.95) * 1000
    tell("POST /api/v1/sales in that rush", f"p50 {half:.0f} ms, p95 {most:.0f} ms")
    each = {name: seconds * 1000 / (RUNS * SALES) for name, seconds in spent.items()}
    parts = ", ".join(f"{name} {milliseconds:.2f}" for name, milliseconds in each.items())
    tell("processor time of a sale", f"{sum(each.values()):.2f} ms ({parts})")
    for name, held in memory(shop).items():
        tell(f"memory, {name}", f"{held:.0f} MiB")
