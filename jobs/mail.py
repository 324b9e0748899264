"""Sends the e-mails that the shop owes."""

from jobs.doorbell import answer


def work() -> None:
    answer("mail")
