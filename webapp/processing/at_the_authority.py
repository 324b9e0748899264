"""What is done about NF-e that wait for the authority: asked at once, sent to the standby service,
or back to the state's own."""

import datetime as dt

from flask_babel import gettext as _
from sqlalchemy import update

from webapp.audit.tracking import record
from webapp.authority.contingency import (
    enter_contingency,
    leave_contingency,
    present_contingency,
)
from webapp.authority.models import AuthorityService, ServiceState
from webapp.authority.service_states import service_of
from webapp.fiscal.authority import Service
from webapp.fiscal.standby import standby_name
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.platform.database import db, rows_changed
from webapp.platform.errors import Refusal
from webapp.platform.notices import notices_of
from webapp.store.queries import the_shop


def hurry_notes(now: dt.datetime) -> int:
    """What waits for the authority is asked about at once; what a worker holds is left alone. The
    number of notes."""
    table = Invoice.__table__
    waiting = (table.c.status == InvoiceStatus.SENDING) & table.c.lease.is_(None)
    hurried = rows_changed(update(table).where(waiting, table.c.due_at > now).values(due_at=now))
    notices_of(db.session).ring(Invoice.queues[InvoiceStatus.SENDING])
    return hurried


def ask_now(now: dt.datetime) -> None:
    """The state's own service and its standby are asked how they are, and NF-e that wait are asked
    about. One that must be left alone for an hour is left alone all the same."""
    for authorizer in (the_shop().state, standby_name(the_shop().state)):
        row = service_of(authorizer, Service.STATUS)
        if row is None:
            row = AuthorityService(authorizer=authorizer, service=Service.STATUS, since=now)
            row.milliseconds = []
            db.session.add(row)
        if row.status is not ServiceState.RESTING:
            row.ask(now)
    services = AuthorityService.__table__
    tired = services.c.status == ServiceState.AWAY
    db.session.execute(update(services).where(tired).values(rests_until=None))
    hurry_notes(now)


def go_to_standby(reason: str, now: dt.datetime, by_itself: bool = False) -> None:
    """Raises Refusal where NF-e go there already."""
    enter_contingency(reason, now, by_itself)
    hurry_notes(now)


def return_from_standby(now: dt.datetime) -> None:
    """Idempotent."""
    leave_contingency(now)
    hurry_notes(now)


def send_by_standby(invoice: Invoice, now: dt.datetime) -> None:
    """A person does not wait until the state's own service has told whether it has the NF-e, whose
    row the caller has locked. Raises Refusal where nothing of it is in doubt, or it is being asked
    at this very moment."""
    if present_contingency() is None:
        raise Refusal(_("NF-e go to the state's own service now."))
    if invoice.status is not InvoiceStatus.SENDING or not invoice.answer_unknown:
        raise Refusal(_("This NF-e does not wait for an answer that was lost."))
    if invoice.lease:
        raise Refusal(_("SEFAZ is being asked about it at this moment. Try again in a minute."))
    db.session.add(invoice.leave_behind(now))
    record(db.session, "left_behind", "invoices", invoice.id, invoice.audit_name)
