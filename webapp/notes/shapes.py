"""The shape of a note in answers."""

from webapp.http.answers import Moment, OutShape
from webapp.notes.models import StaffNote


class NoteOut(OutShape):
    """`by`: who of the staff, or which token, wrote it."""

    id: int
    text: str
    by: str
    at: Moment


def note_json(note: StaffNote) -> dict[str, object]:
    return {
        "id": note.id,
        "text": note.text,
        "by": note.actor,
        "at": note.created_at.isoformat(),
    }
