"""Letters to the shop's own people, each once for each time that it is owed."""

import datetime as dt
from abc import abstractmethod
from email.message import EmailMessage
from typing import TypeVar

from flask import current_app

from webapp.closings.models import Closing
from webapp.messages.delivery import Outcomes, deliver_letters
from webapp.messages.models import Letter
from webapp.processing.claims import Step
from webapp.processing.mail_step import settle

Row = TypeVar("Row", bound=Closing | Letter)


class LetterStep(Step[Row, Outcomes | None, Outcomes | None]):
    lease_seconds = 90

    @staticmethod
    @abstractmethod
    def written(row: Row) -> EmailMessage:
        """Raises BadAddress."""

    def call_external(self, rows: list[Row]) -> Outcomes | None:
        """None without a mail server."""
        url = current_app.extensions["settings"].smtp_url
        by_id = {row.id: row for row in rows}
        return deliver_letters(url, by_id, self.written) if url else None

    def write_row(self, row: Row, shared: Outcomes | None, now: dt.datetime) -> None:
        if shared is None:
            row.keep()
            return
        settle(row, shared[row.id], self.tries_left(row), now)

    def give_up(self, row: Row, error: str) -> None:
        row.fail(error)
