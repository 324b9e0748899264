"""The shop's certificate and the authority it sends to, as the settings say."""

import os
import re
import tempfile
from dataclasses import fields
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, CompoundSelect, select, union

from webapp.fiscal.authority import Answer, Authority
from webapp.fiscal.certificate import Certificate, load, make_test_certificate
from webapp.fiscal.sandbox import LedgerEntry, MemoryLedger, SandboxAuthority
from webapp.fiscal.tax_book import TaxBook
from webapp.platform.database import db
from webapp.platform.transactions import only_reading
from webapp.store.models import SandboxNote
from webapp.store.queries import the_shop
from webapp.taxation.book import the_tax_book

TEST_PASSWORD = "homologacao"
_KEY = re.compile(rb'Id="NFe([0-9A-Z]{44})"')
COLUMNS = tuple(field.name for field in fields(LedgerEntry))


def certificate() -> Certificate:
    """The A1 certificate set, or in homologation one made for the occasion and kept in DATA_DIR."""
    settings = current_app.extensions["settings"]
    if settings.nfe_certificate:
        return load(settings.nfe_certificate, settings.nfe_certificate_password)
    shop = the_shop()
    path = settings.data_dir / f"test_certificate_{shop.cnpj}.pfx"
    if not path.exists():
        _make_once(path, shop)
    return load(path, TEST_PASSWORD)


def _make_once(path, shop) -> None:
    """Two workers may come here at once: each makes its own, the first one linked is
    everybody's."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = os.path.join(folder, "made.pfx")
        make_test_certificate(made, TEST_PASSWORD, shop.cnpj, shop.name)
        try:
            os.link(made, path)
        except FileExistsError:
            return


def authority() -> Authority:
    return Sandbox()


class Sandbox:
    """The sandbox authority with its memory in the database. Each call is a transaction of its own,
    and the judging is done outside of any: only the writing of what was authorized takes the
    lock."""

    def authorize(self, signed: list[bytes]) -> list[Answer]:
        ledger, book = remembered([_key_of(document) for document in signed])
        answers = SandboxAuthority(ledger, book=book).authorize(signed)
        if ledger.new:
            db.session.execute(SandboxNote.__table__.insert(), ledger.new)
            db.session.commit()
        return answers

    def query(self, access_keys: list[str]) -> list[Answer]:
        ledger, _book = remembered(access_keys)
        return SandboxAuthority(ledger).query(access_keys)


def _key_of(signed: bytes) -> str:
    found = _KEY.search(signed)
    assert found, "a signed note bears its key"
    return found[1].decode()


class DatabaseLedger(MemoryLedger):
    """What the sandbox remembers of some keys and numbers, and what it learned since."""

    def __init__(self, known: list[LedgerEntry]):
        super().__init__()
        for entry in known:
            super().record(entry)
        self.new: list[dict] = []

    def record(self, entry: LedgerEntry) -> bool:
        recorded = super().record(entry)
        if recorded:
            self.new.append({column: getattr(entry, column) for column in COLUMNS})
        return recorded


def remembered(access_keys: list[str]) -> tuple[DatabaseLedger, TaxBook]:
    """What the database knows of these keys and of the numbers they bear (issuer, series and number
    are in a key), and of the rates and schemas by which a note is judged."""
    with only_reading():
        known = [LedgerEntry(*row) for row in db.session.execute(notes_like(access_keys))]
        book = the_tax_book()
        db.session.rollback()
    return DatabaseLedger(known), book


def notes_like(access_keys: list[str]) -> CompoundSelect[Any]:
    """Each part by an index of its own: of parts joined by OR, or of whole places in one list,
    SQLite walks through all notes."""
    numbers: dict[tuple[str, int], list[int]] = {}
    for key in access_keys:
        numbers.setdefault((key[6:20], int(key[22:25])), []).append(int(key[25:34]))
    parts: list[ColumnElement[bool]] = [SandboxNote.access_key.in_(access_keys)]
    for (cnpj, series), some in numbers.items():
        of_series = (SandboxNote.cnpj == cnpj) & (SandboxNote.series == series)
        parts.append(of_series & SandboxNote.number.in_(some))
    columns = [getattr(SandboxNote, column) for column in COLUMNS]
    return union(*(select(*columns).where(part) for part in parts))
