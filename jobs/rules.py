"""Applies the published rules to paid sales."""

from jobs.doorbell import answer


def work() -> None:
    answer("rules")
