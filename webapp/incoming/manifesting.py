"""Telling the authority what became of a note that was issued against the shop."""

import datetime as dt
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from webapp.incoming.models import IncomingNote, Manifestation, NoteStatus, Stance
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, Refusal

# From the issue on: seen within ten, and judged within ninety (NT 2020.001 as of 2026-06-01).
DAYS = {Stance.AWARENESS: 10} | dict.fromkeys(
    (Stance.CONFIRMATION, Stance.DISOWNING, Stance.NOT_CARRIED_OUT), 90
)
# Of each kind the authority takes so many; the last one counts.
MOST_OF_A_KIND = 2
LEAST_REASON = 15


class Deadline(NamedTuple):
    """`left`: whole days; 0 on the last day, less when it is over."""

    day: dt.date
    left: int


def deadline(note: IncomingNote, stance: Stance, now: dt.datetime) -> Deadline:
    ends = note.issued_at + dt.timedelta(days=DAYS[stance])
    return Deadline(ends.date(), (ends - now).days)


def ask_manifestation(
    note: IncomingNote, stance: Stance, reason: str, asked_by: str
) -> Manifestation:
    """A job sends it. Raises Refusal for what the authority would not take."""
    now = utc_now()
    if note.is_own:
        raise Refusal(_("The shop issued this note itself."))
    if note.status is NoteStatus.CANCELLED:
        raise Refusal(_("Its issuer has cancelled this note: there is nothing to say of it."))
    if deadline(note, stance, now).left < 0:
        raise Refusal(
            ngettext(
                "SEFAZ takes this for %(num)s day after the issue, and that is over.",
                "SEFAZ takes this for %(num)s days after the issue, and they are over.",
                DAYS[stance],
            ),
            "stance",
        )
    reason = reason if stance is Stance.NOT_CARRIED_OUT else ""
    if stance is Stance.NOT_CARRIED_OUT and len(reason) < LEAST_REASON:
        message = _("Say why in %(least)s characters at least.", least=LEAST_REASON)
        raise Invalid([FieldError("reason", message)])
    sequence = _next_of_its_kind(note, stance)
    asked = Manifestation(
        note=note, stance=stance, sequence=sequence, reason=reason, asked_by=asked_by
    )
    asked.begin(now)
    db.session.add(asked)
    db.session.flush()
    return asked


def _next_of_its_kind(note: IncomingNote, stance: Stance) -> int:
    """Raises Refusal."""
    query = select(func.max(Manifestation.sequence)).where(
        Manifestation.note_id == note.id, Manifestation.stance == stance
    )
    last = db.session.scalar(query) or 0
    if last >= MOST_OF_A_KIND:
        message = _("This was told twice already, and SEFAZ takes it no third time.")
        raise Refusal(message, "stance")
    return last + 1
