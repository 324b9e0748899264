"""A month's closing goes to the accountant by e-mail, once for each time that it is asked for."""

import datetime as dt

from flask import current_app

from webapp.closings.letters import closing_letter
from webapp.closings.models import Closing, ClosingStatus
from webapp.messages.delivery import Outcomes, deliver_letters
from webapp.processing.claims import Step
from webapp.processing.mail_step import settle


class ClosingStep(Step[Closing, Outcomes | None, Outcomes | None]):
    model = Closing
    status = ClosingStatus.PENDING
    batch = 1
    lease_seconds = 90

    def call_external(self, rows: list[Closing]) -> Outcomes | None:
        """None without a mail server."""
        url = current_app.extensions["settings"].smtp_url
        by_id = {row.id: row for row in rows}
        return deliver_letters(url, by_id, closing_letter) if url else None

    def write_row(self, row: Closing, shared: Outcomes | None, now: dt.datetime) -> None:
        if shared is None:
            row.keep()
            return
        settle(row, shared[row.id], self.tries_left(row), now)

    def give_up(self, row: Closing, error: str) -> None:
        row.fail(error)
