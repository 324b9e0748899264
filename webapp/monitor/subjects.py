"""What a piece of work is about, in words, and the page of that."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.attempts.models import CauseRetry
from webapp.authority.models import AuthorityService
from webapp.authority.words import authorizer_label
from webapp.batches.models import ProductBatch
from webapp.bulk.models import BulkAct
from webapp.closings.models import Closing
from webapp.fulfilment.memberships.models import Membership
from webapp.imports.models import Import
from webapp.incoming.models import Inbox, Manifestation
from webapp.invoices.models import Invoice, Voiding
from webapp.messages.models import Mailbox, StaffLetter
from webapp.payments.models import PaymentNotice
from webapp.platform.database import db
from webapp.processing.models import RecurringRun
from webapp.processing.outcomes import sale_of
from webapp.processing.recurring import RECURRING
from webapp.rehearsals.models import Rehearsal
from webapp.reordering.models import ReorderLetter
from webapp.rules.models import Backtest
from webapp.sales.models import Sale
from webapp.views.models import ExportSchedule


class About(NamedTuple):
    words: str
    url: str


def _recurring(row: RecurringRun) -> About:
    known = row.name in RECURRING
    label = str(RECURRING[row.name].label) if known else row.name
    return About(label, f"/schedule/{row.name}" if known else "/schedule")


# Of work that is about no one order.
SUBJECTS: dict[type, Callable[[Any], About]] = {
    Backtest: lambda row: About(_("Test of the rules"), f"/rules/backtests/{row.id}"),
    Closing: lambda row: About(
        _("Closing of %(month)s", month=row.month), f"/closing?month={row.month}"
    ),
    ExportSchedule: lambda row: About(row.name, "/views"),
    AuthorityService: lambda row: About(authorizer_label(row.authorizer), "/authority"),
    Rehearsal: lambda row: About(_("What changes on your NF-e"), f"/fiscal-rehearsals/{row.id}"),
    Import: lambda row: About(_("Import of files"), f"/imports/{row.id}"),
    Voiding: lambda row: About(_("Voiding of %(numbers)s", numbers=row.audit_name), "/series"),
    Inbox: lambda _row: About(_("Incoming NF-e"), "/incoming"),
    Manifestation: lambda row: About(_("Incoming NF-e"), f"/incoming/{row.note_id}"),
    Mailbox: lambda _row: About(_("E-mails that came back"), "/messages"),
    RecurringRun: _recurring,
    ReorderLetter: lambda _row: About(_("What is to be reordered"), "/products/reorder"),
    StaffLetter: lambda row: About(row.subject, row.page),
    CauseRetry: lambda row: About(_("Retry of what failed"), f"/jobs/causes/{row.cause_id}"),
    ProductBatch: lambda row: About(row.name, f"/batches/{row.id}"),
    BulkAct: lambda row: About(_("Bulk act"), f"/bulk/{row.id}"),
    Membership: lambda row: About(
        _("Membership of %(name)s", name=row.customer.name), f"/customers/{row.customer_id}"
    ),
}


def references(sale_ids: Iterable[int | None]) -> dict[int, str]:
    """By the sale's id."""
    ids = set(sale_ids) - {None}
    if not ids:
        return {}
    return dict(db.session.execute(select(Sale.id, Sale.reference).where(Sale.id.in_(ids))).all())


def subject_of(row: Any, known: Mapping[int, str] | None = None) -> About:
    """`known`: references of sales, where they are at hand."""
    if about := SUBJECTS.get(type(row)):
        return about(row)
    sale_id = sale_of(row)
    if sale_id is None:
        of = _("Payment %(id)s", id=row.payment_id) if isinstance(row, PaymentNotice) else ""
        return About(of, "/payments")
    words = (references([sale_id]) if known is None else known)[sale_id]
    page = f"/invoices/{row.id}" if isinstance(row, Invoice) else f"/sales/{sale_id}"
    return About(words, page)
