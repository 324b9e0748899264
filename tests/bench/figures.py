"""How a figure is printed, and the middle of several runs."""

from collections.abc import Callable
from statistics import median


def tell(name: str, value: str) -> None:
    print(f"{name:<46} {value}", flush=True)


def middle(runs: int, run: Callable[[], float]) -> tuple[float, list[float]]:
    values = [run() for _run in range(runs)]
    return median(values), sorted(values)


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
