"""What is done for the kept files of NF-e: last month's closing goes to the accountant on its day,
files from before sums were kept get theirs, and each night some files are looked at whether they
still verify. Nothing is ever deleted: they are kept for 132 months."""

import datetime as dt
import random
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from lxml import etree
from sqlalchemy import ColumnElement, func, select

from webapp.closings.models import ClosingStatus
from webapp.closings.queries import locked_closing, the_watch
from webapp.fiscal.signature import SignatureError, digest_of, verify
from webapp.fiscal.xml import NAMESPACE
from webapp.fulfilment.tasks.models import Task
from webapp.invoices.models import Invoice, InvoiceSum, sums_of
from webapp.invoices.queries import ISSUED, files_of
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.processing.staff_tasks import open_task
from webapp.store.queries import the_shop

# In one pass of the sweeper.
SUMMED_AT_ONCE, CHECKED_AT_ONCE = 200, 50
# In one night: half of them the next of a walk through all, half of them any. So many faults are
# told; who has more than that has lost the disk, not a file.
CHECKED_A_NIGHT, MOST_FAULTS = 1000, 20


def send_closing(day: dt.date) -> int:
    """That of the month before is owed to the accountant, unless it went out already; how many."""
    last = day.replace(day=1) - dt.timedelta(days=1)
    closing, shop = locked_closing(f"{last:%Y-%m}"), the_shop()
    any_issued = db.session.execute(
        files_of(last.replace(day=1)).with_only_columns(Invoice.id).limit(1)
    ).first()
    wanted = closing.status is ClosingStatus.OPEN and shop.accountant_email and any_issued
    if wanted:
        closing.send(shop.accountant_email, utc_now())
    return 1 if wanted else 0


def sum_up_older() -> None:
    """In each pass, until all have theirs."""
    with only_reading():
        are_left = the_watch().unsummed_upto > 0
        db.session.rollback()
    if are_left:
        sum_up()


def sum_up() -> int:
    """Gives the newest NF-e that have no sums yet theirs; how many files were read."""
    watch = the_watch()
    has_some = select(InvoiceSum.id).where(InvoiceSum.invoice_id == Invoice.id).exists()
    query = select(Invoice.id, Invoice.proc_xml, has_some)
    query = query.where(Invoice.id <= watch.unsummed_upto, Invoice.proc_xml.is_not(None))
    found = db.session.execute(query.order_by(Invoice.id.desc()).limit(SUMMED_AT_ONCE)).all()
    rows = [row for row_id, xml, has in found if not has for row in sums_of(row_id, xml or b"")]
    db.session.add_all(rows)
    watch.unsummed_upto = found[-1].id - 1 if found else 0
    db.session.commit()
    return len(found)


# -- whether files still verify --------------------------------------------------------------------


class FileCheck(NamedTuple):
    """Ids of files that were looked at, those among them that do not verify, and how far the walk
    through all has come."""

    looked_at: Collection[int]
    bad: Sequence[int]
    walked_to: int


def look_at_files() -> FileCheck:
    """Some files: they are read and judged before the transaction that writes, for which others
    wait."""
    walked = _files(Invoice.id > the_watch().walked_to, CHECKED_AT_ONCE // 2)
    found = {row.id: row for row in (*walked, *_any_files(CHECKED_AT_ONCE // 2))}
    bad = [row.id for row in found.values() if not still_verifies(row.proc_xml)]
    db.session.rollback()
    return FileCheck(found.keys(), bad, walked[-1].id if walked else 0)


def note_files(night: dt.date, found: FileCheck) -> bool:
    """Each file that does not verify becomes a task; whether that was the last slice of the
    night."""
    watch = the_watch()
    if watch.checked_on != night:
        watch.checked_on, watch.checked, watch.faults = night, 0, 0
    watch.walked_to = found.walked_to
    watch.checked += max(len(found.looked_at), CHECKED_AT_ONCE)
    told = found.bad[: MOST_FAULTS - watch.faults]
    watch.faults += len(told)
    for invoice_id in told:
        _tell(invoice_id)
    return watch.checked >= CHECKED_A_NIGHT


def _files(which: ColumnElement[bool], most: int) -> Sequence[Any]:
    query = select(Invoice.id, Invoice.proc_xml).where(which, Invoice.status.in_(ISSUED))
    return db.session.execute(query.order_by(Invoice.id).limit(most)).all()


def _any_files(most: int) -> Sequence[Any]:
    highest = db.session.scalar(select(func.max(Invoice.id))) or 0
    ids = random.sample(range(1, highest + 1), min(most, highest))
    return _files(Invoice.id.in_(ids), most)


def still_verifies(proc_xml: bytes) -> bool:
    """Whether the signature fits the document, and the protocol is of this very document."""
    try:
        note = etree.fromstring(proc_xml).find(f"{{{NAMESPACE}}}NFe")
        if note is None:
            return False
        alone = etree.fromstring(etree.tostring(note))
        verify(alone)
        digest = digest_of(proc_xml)
    except (SignatureError, etree.XMLSyntaxError):
        return False
    return f"<digVal>{digest}</digVal>".encode() in proc_xml


def _tell(invoice_id: int) -> None:
    """A task, one for each NF-e until it is done."""
    invoice = db.session.get_one(Invoice, invoice_id)
    known = select(Task.id).where(
        Task.sale_id == invoice.sale_id, Task.code == "file_damaged", Task.done_at.is_(None)
    )
    if db.session.scalar(known) is None:
        open_task(invoice.sale, "file_damaged", number=invoice.number, series=invoice.series)
