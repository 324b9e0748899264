"""What one of the staff is told by e-mail."""

from email.message import EmailMessage

from webapp.messages.composition import letter
from webapp.messages.letters import staff_words
from webapp.messages.models import LetterStatus, StaffLetter
from webapp.processing.letter_step import LetterStep


class StaffLetterStep(LetterStep[StaffLetter]):
    model = StaffLetter
    status = LetterStatus.PENDING
    batch = 5

    @staticmethod
    def written(row: StaffLetter) -> EmailMessage:
        name = f"staff-{row.id}.{row.asked_at:%Y%m%d%H%M%S}"
        return letter(row.user.email, staff_words(row), name, row.asked_at)
