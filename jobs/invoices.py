"""Builds, signs and sends NF-e."""

from jobs.doorbell import answer


def work() -> None:
    answer("invoices")
