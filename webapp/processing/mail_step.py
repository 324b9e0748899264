"""E-mails go out after the decision and never hold a sale."""

import datetime as dt

from flask import current_app
from sqlalchemy.orm import joinedload

from webapp.closings.models import Closing
from webapp.messages.delivery import Outcomes, deliver
from webapp.messages.models import Letter, Message, MessageStatus
from webapp.processing.claims import Step, backoff
from webapp.processing.note_mail import files_of


def settle(
    row: Message | Closing | Letter, error: str | None, tries_left: int, now: dt.datetime
) -> None:
    """Writes down what became of a letter; `error` as `deliver` tells it."""
    if error is None:
        row.sent(now)
    elif error.startswith("away:"):
        # Once a minute at the least.
        row.try_later(now + backoff(row.tries) * 4, error)
    elif tries_left <= 0:
        row.fail(error)
    else:
        row.retry(now + backoff(row.attempts) * 4, error)


class MailStep(Step[Message, Outcomes | None, Outcomes | None]):
    # Small batches: what a killed worker had sent and not yet written down goes out twice (with the
    # same Message-ID).
    model = Message
    status = MessageStatus.PENDING
    write_load = (joinedload(Message.effect),)
    batch = 5
    lease_seconds = 90
    returns_together = True

    def call_external(self, rows: list[Message]) -> Outcomes | None:
        """{id: error or None}; the Message-ID is the row's own, so that a second copy can be told
        from the first. None without a mail server: what was released, or written before the server
        was taken away, is kept."""
        url = current_app.extensions["settings"].smtp_url
        return deliver(url, rows, files_of) if url else None

    def write_row(self, row: Message, shared: Outcomes | None, now: dt.datetime) -> None:
        if shared is None:
            row.keep(now)
            return
        settle(row, shared[row.id], self.tries_left(row), now)

    def give_up(self, row: Message, error: str) -> None:
        row.fail(error)
