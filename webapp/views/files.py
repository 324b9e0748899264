"""Lists as they stood when their schedule was due, kept for those to whom they go."""

import datetime as dt

from flask_babel import force_locale
from sqlalchemy import select

from webapp.http.localization import USUAL_LOCALE
from webapp.http.spreadsheets import FileKind
from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.staff.access import seen_by
from webapp.views.models import MOST_BYTES, ExportFile, ExportSchedule
from webapp.web.listings import listing_called


def file_for(schedule: ExportSchedule, given_on: dt.date) -> ExportFile | None:
    """That of the moment on this day, while it is kept."""
    of_it = (ExportFile.schedule_id == schedule.id, ExportFile.given_on == given_on)
    return db.session.scalar(select(ExportFile).where(*of_it))


def is_kept(schedule: ExportSchedule) -> bool:
    """Whether that of the moment at hand is there already: it is made once, however often the
    e-mail is tried. Leaves no transaction open."""
    with only_reading():
        found = file_for(schedule, schedule.next_at.date()) is not None
        db.session.rollback()
    return found


def made_file(schedule: ExportSchedule) -> bytes | None:
    """The list as it stands, as the person who gets it would take it; None where it is longer than
    is kept."""
    listing, made = listing_called(schedule.listing), bytearray()
    with force_locale(schedule.recipient.locale or USUAL_LOCALE), seen_by(schedule.recipient):
        for chunk in listing.chunks(FileKind(schedule.ending), schedule.query):
            made += chunk
            if len(made) > MOST_BYTES:
                return None
    return bytes(made)
