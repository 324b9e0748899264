"""Fills sales' addresses from their postal codes."""

from jobs.doorbell import answer


def work() -> None:
    answer("addresses")
