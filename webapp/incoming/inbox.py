"""Whether what others issue against the shop is fetched."""

from webapp.incoming.models import Inbox, InboxStatus
from webapp.incoming.queries import the_inbox
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.store.queries import the_shop


def switch_inbox(is_open: bool) -> None:
    """Another program with the same CNPJ must not fetch too: the authority refuses both (656)."""
    inbox = the_inbox(lock=True)
    if inbox is None:
        inbox = Inbox(cnpj=the_shop().cnpj, status=InboxStatus.CLOSED)
        db.session.add(inbox)
    if is_open:
        inbox.open(utc_now())
    else:
        inbox.close()
