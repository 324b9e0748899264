"""E-mails that come back are told as not arrived."""

import datetime as dt

from flask import current_app

from webapp.messages.bounces import Bounce
from webapp.messages.composition import name_of
from webapp.messages.mailbox import Looked, MailboxAway, look
from webapp.messages.models import Mailbox, MailboxStatus, Message
from webapp.platform.database import db
from webapp.processing.claims import Step

PAUSE = dt.timedelta(minutes=5)


class BounceStep(Step[Mailbox, Looked | MailboxAway | None, Looked | MailboxAway | None]):
    model = Mailbox
    status = MailboxStatus.OPEN
    batch = 1
    lease_seconds = 90
    most_alone = None

    def tries_left(self, row: Mailbox) -> int:
        """Never used up: there are always another five minutes."""
        return 1

    def call_external(self, rows: list[Mailbox]) -> Looked | MailboxAway | None:
        """None without a mailbox: it is not set any more."""
        url = current_app.extensions["settings"].imap_url
        (row,) = rows
        if not url:
            return None
        try:
            return look(url, row.validity, row.last_uid)
        except MailboxAway as away:
            return away

    def write_row(
        self, row: Mailbox, shared: Looked | MailboxAway | None, now: dt.datetime
    ) -> None:
        if shared is None:
            row.clear_work()
        elif isinstance(shared, MailboxAway):
            row.try_later(now + PAUSE, str(shared))
        else:
            for bounce in shared.bounces:
                _tell(bounce)
            row.read_to(shared.validity, shared.last_uid, now + PAUSE if shared.is_at_end else now)


def _tell(bounce: Bounce) -> None:
    """What was sent again since may have arrived by now."""
    message = db.session.get(Message, bounce.message_id, with_for_update=True)
    if message and name_of(message) == bounce.name:
        message.come_back(bounce.reason)
