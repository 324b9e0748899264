"""What the sweeper does for the kept files of NF-e, a part in each pass: last month's closing goes
to the accountant on its day, files from before sums were kept get theirs, and each night some files
are looked at whether they still verify. Nothing is ever deleted: they are kept for 132 months."""

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

from lxml import etree
from sqlalchemy import ColumnElement, func, select

from webapp.closings.models import ClosingStatus
from webapp.closings.queries import closing_of, locked_closing, the_watch
from webapp.fiscal.signature import SignatureError, digest_of, verify
from webapp.fiscal.xml import NAMESPACE
from webapp.fulfilment.tasks.models import Task
from webapp.invoices.models import Invoice, InvoiceSum, sums_of
from webapp.invoices.queries import ISSUED, files_of
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.processing.staff_tasks import open_task
from webapp.store.queries import issuer_zone, the_shop
from webapp.taxation.queries import issuer_today

# In one pass of the sweeper.
SUMMED_AT_ONCE, CHECKED_AT_ONCE = 200, 50
# In one night: half of them the next of a walk through all, half of them any. So many faults are
# told; who has more than that has lost the disk, not a file.
CHECKED_A_NIGHT, MOST_FAULTS = 1000, 20
NIGHT = range(1, 6)


def look_after_files() -> None:
    with only_reading():
        shop, watch, today = the_shop(), the_watch(), issuer_today()
        last = f"{today.replace(day=1) - dt.timedelta(days=1):%Y-%m}"
        closes = bool(shop.closing_day and today.day >= shop.closing_day and not _is_sent(last))
        sums, checks = watch.unsummed_upto > 0, _is_to_check(watch.checked_on, watch.checked, today)
        db.session.rollback()
    if closes:
        send_closing(last)
    if sums:
        sum_up()
    if checks:
        check_files(today)


def _is_sent(month: str) -> bool:
    closing = closing_of(month)
    return closing is not None and closing.status is not ClosingStatus.OPEN


def send_closing(month: str) -> None:
    """Owes it to the accountant; however many sweepers say so, once."""
    closing, shop = locked_closing(month), the_shop()
    first = dt.date.fromisoformat(f"{month}-01")
    any_issued = db.session.execute(files_of(first).with_only_columns(Invoice.id).limit(1)).first()
    if closing.status is ClosingStatus.OPEN and shop.accountant_email and any_issued:
        closing.send(shop.accountant_email, utc_now())
    db.session.commit()


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


def _is_to_check(checked_on: dt.date | None, checked: int, today: dt.date) -> bool:
    if checked_on == today:
        return checked < CHECKED_A_NIGHT
    return utc_now().astimezone(issuer_zone()).hour in NIGHT


def check_files(today: dt.date) -> int:
    """Looks at some files; one that does not verify becomes a task. How many were looked at. They
    are read and judged before the transaction that writes, for which others wait."""
    with only_reading():
        walked = _files(Invoice.id > the_watch().walked_to, CHECKED_AT_ONCE // 2)
        looked_at = {row.id: row for row in (*walked, *_any_files(CHECKED_AT_ONCE // 2))}
        bad = [row.id for row in looked_at.values() if not still_verifies(row.proc_xml)]
        db.session.rollback()
    watch = the_watch()
    if watch.checked_on != today:
        watch.checked_on, watch.checked, watch.faults = today, 0, 0
    watch.walked_to = walked[-1].id if walked else 0
    watch.checked += max(len(looked_at), CHECKED_AT_ONCE)
    told = bad[: MOST_FAULTS - watch.faults]
    watch.faults += len(told)
    for invoice_id in told:
        _tell(invoice_id)
    db.session.commit()
    return len(looked_at)


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
