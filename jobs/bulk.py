"""Long errands: backtests of rules, slice by slice."""

from jobs.doorbell import answer


def work() -> None:
    answer("bulk")
