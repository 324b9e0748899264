"""The rules core beside a hand-written if/else of the same rules."""

from tests.bench.rule_rate import bench


def measure() -> None:
    bench()
