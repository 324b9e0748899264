"""A month's closing goes to the accountant by e-mail, once for each time that it is asked for."""

from email.message import EmailMessage

from webapp.closings.letters import closing_letter
from webapp.closings.models import Closing, ClosingStatus
from webapp.processing.letter_step import LetterStep


class ClosingStep(LetterStep[Closing]):
    model = Closing
    status = ClosingStatus.PENDING
    batch = 1

    @staticmethod
    def written(row: Closing) -> EmailMessage:
        return closing_letter(row)
