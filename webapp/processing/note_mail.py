"""The e-mail that gives the buyer of an authorized NF-e its files: written when it is authorized,
and what goes along with it when it is sent."""

import datetime as dt
import logging
import subprocess
from collections.abc import Sequence

from webapp.fiscal.danfe import PrintedNote, one_by_one
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.invoices.queries import IssuedFile, files_by_ids
from webapp.messages.composition import Attachment
from webapp.messages.models import Message
from webapp.messages.queries import compose
from webapp.messages.words import AUTHORIZED
from webapp.platform.database import db

log = logging.getLogger(__name__)


def mail_files(invoice: Invoice, now: dt.datetime) -> Message:
    told = {"number": invoice.number, "series": invoice.series, "access_key": invoice.access_key}
    return compose(invoice.sale, AUTHORIZED, told | {"invoice_id": invoice.id}, now)


def files_of(messages: Sequence[Message]) -> dict[int, list[Attachment]]:
    """What goes along with each message, by its id: XML and DANFE of the NF-e that it tells of. All
    DANFE of a batch are printed at once, with no transaction open."""
    told = {
        message.id: message.params["invoice_id"]
        for message in messages
        if "invoice_id" in message.params
    }
    rows = {row.id: row for row in files_by_ids(list(told.values()))} if told else {}
    db.session.rollback()
    papers = dict(zip(rows, _papers(list(rows.values())), strict=True))
    return {
        message_id: _attachments(rows[invoice_id], papers[invoice_id])
        for message_id, invoice_id in told.items()
        if invoice_id in rows
    }


def _papers(rows: Sequence[IssuedFile]) -> list[bytes]:
    notes = [PrintedNote(row.proc_xml, row.status is InvoiceStatus.CANCELLED) for row in rows]
    try:
        return one_by_one(notes) if notes else []
    except (OSError, subprocess.SubprocessError) as error:
        # The XML is what a buyer must have; the DANFE is made of it, by the link too.
        log.error("no DANFE for %s e-mails (%s)", len(notes), type(error).__name__)
        return [b""] * len(notes)


def _attachments(row: IssuedFile, paper: bytes) -> list[Attachment]:
    files = [Attachment(f"{row.access_key}.xml", "application/xml", row.proc_xml)]
    if paper:
        files.append(Attachment(f"{row.access_key}.pdf", "application/pdf", paper))
    return files
