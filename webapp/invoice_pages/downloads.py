"""The files of NF-e as they are given out: the stored bytes as they are, drafts marked as such,
many as one zip, on paper one by one or many as one PDF."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from flask import Response
from flask_babel import gettext as _

from webapp.fiscal.danfe import Paper, PrintedNote, Sheet, in_one_file, sheets_in_one_file
from webapp.http.zips import zip_response
from webapp.invoice_pages.note_view import draft_of
from webapp.invoices.archive import pages_of, read_apart
from webapp.invoices.models import Invoice, InvoiceEvent, InvoiceStatus, Voiding
from webapp.invoices.queries import files_by_ids, files_of, issued_among
from webapp.platform.database import db
from webapp.platform.errors import NotFound, Refusal
from webapp.store.queries import the_shop

CHUNK_BYTES = 65_536
_NOT_IN_FILE_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


def xml_file(invoice: Invoice) -> Response:
    """The nfeProc byte for byte; before authorization a draft that says so, without number, key and
    signature."""
    if invoice.is_issued and invoice.proc_xml:
        return _attachment(invoice.proc_xml, "application/xml", f"{invoice.access_key}.xml")
    name = _NOT_IN_FILE_NAMES.sub("-", invoice.sale.reference).strip("-.") or str(invoice.id)
    mark = _("DRAFT WITHOUT FISCAL VALUE: no number, no access key, no digital signature")
    draft = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- {mark} '
        f"-->\n{draft_of(invoice, the_shop()).draft_xml}"
    )
    return _attachment(draft.encode(), "application/xml", f"{_('draft')}-{name}.xml")


def paper_file(paper: Paper, invoice: Invoice) -> Response:
    """Raises Refusal for one that is not authorized, and of a cancelled one for a label."""
    if not invoice.is_issued or invoice.proc_xml is None:
        raise Refusal(
            _(
                "The DANFE is made of the authorized NF-e; this one is in the state “%(state)s”.",
                state=invoice.label,
            )
        )
    cancelled = invoice.status is InvoiceStatus.CANCELLED
    if cancelled and paper is Paper.LABEL:
        raise Refusal(_("This NF-e is cancelled: nothing ships with it, and no label is printed."))
    if invoice.is_return and paper is Paper.LABEL:
        raise Refusal(_("The goods of a return come in: no parcel leaves with it."))
    name = invoice.access_key if paper is Paper.DANFE else f"{paper}-{invoice.access_key}"
    return _paper(paper, [PrintedNote(invoice.proc_xml, cancelled)], str(name))


def papers_file(paper: Paper, ids: Sequence[int]) -> Response:
    """Those of `ids` that are authorized, in their order, as one PDF; of cancelled ones the DANFE
    says so. Labels are of those alone that a parcel leaves with. Raises Refusal when none is
    left."""
    printed = issued_among(ids, with_cancelled=paper is Paper.DANFE)
    notes = [
        PrintedNote(row.proc_xml, row.status is InvoiceStatus.CANCELLED)
        for row in files_by_ids([each for each in ids if each in printed])
    ]
    if not notes:
        raise Refusal(_("None of these NF-e is authorized, so there is nothing to print."))
    return _paper(paper, notes, f"{paper}-{len(notes)}")


def zip_file(ids: Sequence[int]) -> Response:
    """The files of those that are authorized. Raises Refusal when none is left."""
    rows = files_by_ids(ids)
    if not rows:
        raise Refusal(_("None of these NF-e is authorized, so there are no files of theirs."))
    return zip_response(((f"{row.access_key}.xml", row.proc_xml) for row in rows), "nfe")


def _paper(paper: Paper, notes: Sequence[PrintedNote], name: str) -> Response:
    # Printing takes a while, and whoever takes the file may be slow.
    db.session.rollback()
    return _pdf(in_one_file(paper, notes), name)


def sheets_file(sheets: Sequence[Sheet], name: str) -> Response:
    """Papers of several kinds as one PDF, in their order."""
    db.session.rollback()
    return _pdf(sheets_in_one_file(sheets), name)


def _pdf(file: BinaryIO, name: str) -> Response:
    response = Response(_chunks(file), mimetype="application/pdf")
    response.call_on_close(file.close)
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def event_file(event: InvoiceEvent) -> Response:
    """The procEventoNFe byte for byte. Raises Refusal where there is none."""
    return _proc_file(event.proc_xml, event.file_name)


def voiding_file(voiding: Voiding) -> Response:
    """The ProcInutNFe byte for byte. Raises Refusal where there is none."""
    return _proc_file(voiding.proc_xml, voiding.file_name)


def _proc_file(proc_xml: bytes | None, name: str) -> Response:
    if proc_xml is None:
        raise Refusal(_("SEFAZ has not registered it, or does not hand its file out again."))
    return _attachment(proc_xml, "application/xml", name)


def month_archive(month: dt.date) -> Response:
    """Streams the month's files; raises NotFound when there is none. No transaction stays open
    meanwhile."""
    asked = files_of(month)
    if not read_apart(db.engine, asked.limit(1)):
        raise NotFound(_("No NF-e was authorized in %(month)s.", month=f"{month:%m/%Y}"))
    pages = pages_of(db.engine, asked, (Invoice.issued_at, Invoice.id))
    files = ((f"{row.access_key}.xml", row.proc_xml) for page in pages for row in page)
    return zip_response(files, f"nfe-{month:%Y-%m}")


def _attachment(data: bytes, mimetype: str, name: str, disposition: str = "attachment") -> Response:
    response = Response(data, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'{disposition}; filename="{name}"'
    return response
