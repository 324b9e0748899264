"""What is kept of the published packages and tables, packed and unpacked; each is unpacked once a
process, however often the tax book is made anew."""

import datetime as dt
import hashlib
import json
import zlib
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import undefer

from webapp.fiscal.official_tables import IbptRates, IbptTable, NcmTable
from webapp.fiscal.schema import Package
from webapp.platform.database import db
from webapp.taxation.models import OfficialTable, SchemaPackage

NCM, IBPT = "ncm", "ibpt"


def packed(rows: dict[str, Any]) -> tuple[bytes, str]:
    """Small bytes, and the SHA-256 of what is in them."""
    text = json.dumps(rows, sort_keys=True, separators=(",", ":")).encode()
    return zlib.compress(text, 9), hashlib.sha256(text).hexdigest()


def _unpacked(content: bytes) -> dict[str, Any]:
    return json.loads(zlib.decompress(content))


def kept_packages() -> tuple[Package, ...]:
    query = select(SchemaPackage).options(undefer(SchemaPackage.content))
    return tuple(
        _package(row.name, row.valid_from, row.content) for row in db.session.scalars(query)
    )


def kept_tables() -> tuple[NcmTable | None, tuple[IbptTable, ...]]:
    """That of NCM, if any, and those of IBPT, the newest first."""
    query = select(OfficialTable).options(undefer(OfficialTable.content))
    rows = db.session.scalars(query.order_by(OfficialTable.valid_from.desc())).all()
    ncm = [_ncm(row.valid_from, row.content) for row in rows if row.kind == NCM]
    ibpt = (
        _ibpt(row.state, row.valid_from, row.valid_to or dt.date.max, row.source, row.content)
        for row in rows
        if row.kind == IBPT
    )
    return ncm[0] if ncm else None, tuple(ibpt)


@lru_cache(maxsize=16)
def _package(name: str, starts: dt.date, content: bytes) -> Package:
    files = {name: text.encode("latin-1") for name, text in _unpacked(content).items()}
    return Package(name, starts, files)


@lru_cache(maxsize=2)
def _ncm(published: dt.date, content: bytes) -> NcmTable:
    # Nearly all begin on one of a few days.
    day = cache(dt.date.fromisoformat)
    periods = {
        code: tuple((day(start), day(end) if end else None) for start, end in found)
        for code, found in _unpacked(content).items()
    }
    return NcmTable(published, periods)


@lru_cache(maxsize=32)
def _ibpt(state: str, starts: dt.date, ends: dt.date, source: str, content: bytes) -> IbptTable:
    rates = {code: IbptRates(*map(Decimal, found)) for code, found in _unpacked(content).items()}
    return IbptTable(state, starts, ends, source, rates)
