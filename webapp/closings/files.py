"""A month's files as one zip: the notes, what followed them, and tables whose sums are those of the
notes in it to the cent. Read and sent page by page: its size is no matter."""

import tempfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import IO, Any

from flask import Response
from flask_babel import gettext as _
from sqlalchemy import Row, Select, select

from webapp.closings.queries import first_of, services_sold
from webapp.closings.words import AMOUNTS
from webapp.http.csv import reader_form
from webapp.http.zips import File, zip_response
from webapp.invoices.archive import pages_of, read_apart
from webapp.invoices.models import (
    Invoice,
    InvoiceEvent,
    InvoiceStatus,
    InvoiceSum,
    Voiding,
    sums_of,
)
from webapp.invoices.queries import events_of_month, files_of, voidings_of_month
from webapp.platform.database import db
from webapp.platform.documents import format_document
from webapp.platform.errors import NotFound
from webapp.platform.money import ZERO
from webapp.sales.models import Sale, SaleLine
from webapp.store.queries import issuer_zone

_Key = tuple[str, str, Decimal]
COLUMNS = tuple(
    getattr(InvoiceSum, name)
    for name in ("invoice_id", "state", "cfop", "cst", "rate", *InvoiceSum.AMOUNTS)
)


def closing_zip(month: str) -> Response:
    """Raises NotFound for a month without a note and without services."""
    contents = _Contents(month)
    if not contents.is_any:
        raise NotFound(_("Nothing was issued in %(month)s.", month=f"{first_of(month):%m/%Y}"))
    return zip_response(contents.files(), f"closing-{month}")


class _Contents:
    """What the zip holds. All that needs the request is asked before the first byte is sent."""

    def __init__(self, month: str) -> None:
        first = first_of(month)
        self.engine, self.notes = db.engine, files_of(first)
        self.services = services_sold(first)
        self.events, self.voidings = events_of_month(first), voidings_of_month(first)
        self.form = reader_form(issuer_zone())
        self.amounts = [str(AMOUNTS[name]) for name in InvoiceSum.AMOUNTS]
        self.place = [_("CFOP"), _("CST or CSOSN"), _("ICMS rate")]
        self.note_head = [_("Series"), _("Number"), _("Access key"), _("Issued"), _("Status")]
        self.note_head += [_("State"), *self.place, *self.amounts]
        self.service_head = [_("Paid"), _("Order"), _("Customer"), _("CPF/CNPJ")]
        self.service_head += [_("Service"), _("Amount")]
        self.states = {status: str(status.label) for status in InvoiceStatus}
        self.whole = _("Total of the month")
        self.sums: dict[_Key, list[Decimal]] = {}

    @property
    def is_any(self) -> bool:
        asked = (self.notes, self.services, self.events, self.voidings)
        return any(read_apart(self.engine, query.limit(1)) for query in asked)

    def files(self) -> Iterator[File]:
        with tempfile.TemporaryFile("w+b") as table:
            table.write(self.form.begin(self.note_head))
            for page in pages_of(self.engine, self.notes, (Invoice.issued_at, Invoice.id)):
                for row in page:
                    yield f"nfe/{row.access_key}.xml", row.proc_xml
                self._note_lines(page, table)
            yield from self._papers()
            yield "notas.csv", _read_again(table)
        yield "resumo.csv", self._summary()
        with tempfile.TemporaryFile("w+b") as table:
            self._service_lines(table)
            yield "nfse.csv", _read_again(table)

    def _papers(self) -> Iterator[File]:
        """What followed NF-e in the month, and the numbers voided in it, as other programs name
        them."""
        event = InvoiceEvent
        for page in pages_of(self.engine, self.events, (event.registered_at, event.id)):
            for row in page:
                name = f"{row.kind.code}-{row.access_key}-{row.sequence:02d}-procEventoNFe.xml"
                yield f"eventos/{name}", row.proc_xml
        for page in pages_of(self.engine, self.voidings, (Voiding.received_at, Voiding.id)):
            for row in page:
                name = f"{row.series:03d}-{row.first:09d}-{row.last:09d}-procInutNFe.xml"
                yield f"inutilizacoes/{name}", row.proc_xml

    def _note_lines(self, page: list[Row[Any]], table: IO[bytes]) -> None:
        notes = {row.id: row for row in page}
        lines = []
        for note_id, state, cfop, cst, rate, *amounts in self._sums_of(notes):
            note = notes[note_id]
            numbered = [int(note.access_key[22:25]), int(note.access_key[25:34]), note.access_key]
            told = [*numbered, note.issued_at, self.states[note.status], state]
            lines.append([*told, cfop, cst, rate, *amounts])
            if note.status is not InvoiceStatus.CANCELLED:
                key = (cfop, cst, rate)
                known = self.sums.get(key, [ZERO] * len(amounts))
                self.sums[key] = [one + more for one, more in zip(known, amounts, strict=True)]
        table.write(self.form.lines(lines))

    def _sums_of(self, notes: Mapping[int, Row[Any]]) -> list[tuple[Any, ...]]:
        query: Select[Any] = select(*COLUMNS).where(InvoiceSum.invoice_id.in_(notes))
        found = [tuple(row) for row in read_apart(self.engine, query.order_by(InvoiceSum.id))]
        # The sweeper has not come to these yet: they are from before sums were kept.
        for note_id in notes.keys() - {row[0] for row in found}:
            for row in sums_of(note_id, notes[note_id].proc_xml):
                found.append(tuple(getattr(row, column.key) for column in COLUMNS))
        return found

    def _summary(self) -> bytes:
        """Cancelled notes are left out, as on the page."""
        rows = [[*key, *amounts] for key, amounts in sorted(self.sums.items())]
        whole = [sum(column, ZERO) for column in zip(*self.sums.values(), strict=True)]
        head = [*self.place, *self.amounts]
        return self.form.begin(head) + self.form.lines([*rows, [self.whole, "", "", *whole]])

    def _service_lines(self, table: IO[bytes]) -> None:
        table.write(self.form.begin(self.service_head))
        for page in pages_of(self.engine, self.services, (Sale.paid_at, SaleLine.id)):
            table.write(self.form.lines(map(_service_line, page)))


def _service_line(row: Row[Any]) -> list[object]:
    document = format_document(row.customer_document)
    return [row.paid_at, row.reference, row.customer_name, document, row.name, row.amount]


def _read_again(table: IO[bytes]) -> IO[bytes]:
    table.seek(0)
    return table
