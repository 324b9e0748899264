"""The rules core beside a hand-written if/else of the same rules."""

from tests.rules.bench_rules import bench


def measure() -> None:
    bench()
