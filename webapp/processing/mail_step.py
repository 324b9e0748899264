"""E-mails go out after the decision and never hold a sale."""

import datetime as dt

from flask import current_app

from webapp.messages.delivery import deliver
from webapp.messages.models import Message, MessageStatus
from webapp.processing.claims import MAX_ATTEMPTS, Step, backoff


class MailStep(Step):
    queue = "mail"
    model = Message
    status = MessageStatus.PENDING
    batch = 20
    lease_seconds = 60

    def outside(self, rows):
        """{id: error or None}; the Message-ID is the row's own, so that a second copy can be told from the first."""
        return deliver(current_app.extensions["settings"].smtp_url, rows)

    def apply(self, row: Message, shared, now: dt.datetime) -> None:
        error = shared[row.id]
        if error is None:
            row.sent(now)
        elif row.attempts >= MAX_ATTEMPTS:
            row.fail(error)
        else:
            row.retry(now + backoff(row.attempts) * 4, error)

    def give_up(self, row: Message, error: str) -> None:
        row.fail(error)
