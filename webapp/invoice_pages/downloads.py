"""The files of NF-e as they are given out: the stored bytes as they are, drafts marked as such, a
month as one zip."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator

from flask import Response
from flask_babel import gettext as _
from sqlalchemy import Engine, Select

from webapp.fiscal.danfe import danfe
from webapp.invoice_pages.note_view import draft_of
from webapp.invoices.models import Invoice
from webapp.invoices.queries import files_of, issued_after
from webapp.platform.database import db
from webapp.platform.errors import NotFound, Refusal
from webapp.platform.transactions import only_reading
from webapp.store.queries import the_shop

FILES_AT_ONCE = 100
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


def danfe_file(invoice: Invoice) -> Response:
    if not invoice.is_issued or invoice.proc_xml is None:
        raise Refusal(
            _(
                "The DANFE is made of the authorized NF-e; this one is in the state “%(state)s”.",
                state=invoice.label,
            )
        )
    return _attachment(
        danfe(invoice.proc_xml), "application/pdf", f"{invoice.access_key}.pdf", "inline"
    )


def month_archive(month: dt.date) -> Response:
    """Streams the month's files; raises NotFound when there is none. No transaction stays open
    meanwhile."""
    files = files_of(month)
    if not _read(db.engine, files.limit(1)):
        raise NotFound(_("No NF-e was authorized in %(month)s.", month=f"{month:%m/%Y}"))
    response = Response(_zipped(db.engine, files), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="nfe-{month:%Y-%m}.zip"'
    return response


def _attachment(data: bytes, mimetype: str, name: str, disposition: str = "attachment") -> Response:
    response = Response(data, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'{disposition}; filename="{name}"'
    return response


def _read(engine: Engine, query: Select) -> list:
    with only_reading(), engine.connect() as connection:
        return list(connection.execute(query))


class _Pipe(io.RawIOBase):
    """Where the zip is written to: what was written since the last look is taken out and sent."""

    def __init__(self):
        self._parts: list[bytes] = []

    def writable(self):
        return True

    def write(self, data):
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def _zipped(engine: Engine, files: Select) -> Iterator[bytes]:
    pipe, some = _Pipe(), files.limit(FILES_AT_ONCE)
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        while rows := _read(engine, some):
            for row in rows:
                archive.writestr(f"{row.access_key}.xml", row.proc_xml)
            some = files.where(issued_after(rows[-1].issued_at, rows[-1].id)).limit(FILES_AT_ONCE)
            yield pipe.take()
    yield pipe.take()
