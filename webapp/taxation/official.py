"""What others publish, taken whole or not at all: schema packages, the table of NCM and IBPT's."""

from collections.abc import Callable
from typing import IO, Any, TypeVar

from flask_babel import gettext as _
from lxml import etree
from sqlalchemy import select

from webapp.fiscal.reference_notes import refused_references
from webapp.fiscal.schema import Package
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid
from webapp.taxation.book import tax_book_changed
from webapp.taxation.forms import IbptIn, NcmIn, SchemaPackageIn
from webapp.taxation.models import OfficialTable, SchemaPackage
from webapp.taxation.official_rows import IBPT, NCM, packed
from webapp.taxation.package_files import package_files
from webapp.taxation.queries import issuer_today
from webapp.taxation.table_files import IbptFile, NcmFile, TableFault

Read = TypeVar("Read", NcmFile, IbptFile)


def take_package(wanted: SchemaPackageIn, sent: IO[bytes]) -> SchemaPackage:
    """Taken only if our own notes of every regime fit it; said twice, nothing changes. Raises
    Invalid."""
    files = package_files(sent)
    content, digest = packed({name: text.decode("latin-1") for name, text in files.items()})
    known = db.session.scalar(select(SchemaPackage).where(SchemaPackage.name == wanted.name))
    if known is not None:
        if (known.digest, known.valid_from) == (digest, wanted.valid_from):
            return known
        raise Invalid([FieldError("name", _("There is a package of this name already."))])
    of_day = select(SchemaPackage).where(SchemaPackage.valid_from == wanted.valid_from)
    if db.session.scalar(of_day) is not None:
        message = _("Another package begins on this day already.")
        raise Invalid([FieldError("valid_from", message)])
    _try(Package(wanted.name, wanted.valid_from, files))
    package = SchemaPackage(**wanted.model_dump(), content=content, digest=digest)
    db.session.add(package)
    tax_book_changed()
    return package


def _try(package: Package) -> None:
    try:
        refused = refused_references(package)
    except (etree.LxmlError, LookupError, OSError):
        raise Invalid(
            [FieldError("zip", _("The files do not make a schema: one is missing or broken."))]
        ) from None
    if refused:
        message = _(
            "Our own notes do not fit this package (%(what)s), so it was not taken: it is another "
            "layout's, or this program must be brought up to date first.",
            what=refused[0],
        )
        raise Invalid([FieldError("zip", message)])


def drop_package(package_id: int) -> None:
    """The one before it holds again. Dropped twice, it is gone once."""
    package = db.session.get(SchemaPackage, package_id)
    if package is not None:
        db.session.delete(package)
        tax_book_changed()


def take_ncm(_wanted: NcmIn, sent: IO[bytes]) -> OfficialTable:
    """In place of the one before: its codes tell their own dates. Raises Invalid."""
    read = _read(NcmFile, sent, "ncm_file")
    rows = {
        code: [[str(start), str(end or "")] for start, end in periods]
        for code, periods in read.periods.items()
    }
    for former in db.session.scalars(select(OfficialTable).where(OfficialTable.kind == NCM)):
        db.session.delete(former)
    db.session.flush()
    return _kept(rows, kind=NCM, valid_from=read.published or issuer_today(), source="Siscomex")


def take_ibpt(wanted: IbptIn, sent: IO[bytes]) -> OfficialTable:
    """In place of one of the same state and first day. Raises Invalid."""
    read = _read(IbptFile, sent, "ibpt_file")
    rows = {code: [str(rate) for rate in rates] for code, rates in read.rates.items()}
    former = db.session.scalar(
        select(OfficialTable).where(
            OfficialTable.kind == IBPT,
            OfficialTable.state == wanted.state,
            OfficialTable.valid_from == read.starts,
        )
    )
    if former is not None:
        db.session.delete(former)
        db.session.flush()
    return _kept(
        rows,
        kind=IBPT,
        state=wanted.state,
        valid_from=read.starts,
        valid_to=read.ends,
        source=read.source,
    )


def _read(file: Callable[[IO[bytes]], Read], sent: IO[bytes], field: str) -> Read:
    try:
        return file(sent)
    except TableFault as fault:
        raise Invalid([FieldError(field, str(fault))]) from None


def _kept(rows: dict[str, Any], **facts: Any) -> OfficialTable:
    content, digest = packed(rows)
    table = OfficialTable(rows=len(rows), content=content, digest=digest, **facts)
    db.session.add(table)
    tax_book_changed()
    return table


def drop_table(table_id: int) -> None:
    """Dropped twice, it is gone once."""
    table = db.session.get(OfficialTable, table_id)
    if table is not None:
        db.session.delete(table)
        tax_book_changed()
