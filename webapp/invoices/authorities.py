"""The shop's certificate and the authority it sends to, as the settings say."""

import os
import tempfile
from dataclasses import fields

from flask import current_app
from sqlalchemy import select

from webapp.extensions import db, insert_of
from webapp.invoices.fiscal.authority import Answer, Authority
from webapp.invoices.fiscal.certificate import Certificate, load, make_test_certificate
from webapp.invoices.fiscal.sandbox import Entry, SandboxAuthority
from webapp.store.models import SandboxNote
from webapp.store.queries import the_shop

TEST_PASSWORD = "homologacao"
COLUMNS = tuple(field.name for field in fields(Entry))


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
    """Two workers may come here at once: each makes its own, the first one linked is everybody's."""
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
    """The sandbox authority with its memory in the database. Each call is a transaction of its own."""

    def authorize(self, signed: list[bytes]) -> list[Answer]:
        try:
            answers = SandboxAuthority(DatabaseLedger()).authorize(signed)
            db.session.commit()
        finally:
            db.session.rollback()
        return answers

    def query(self, access_keys: list[str]) -> list[Answer]:
        answers = SandboxAuthority(DatabaseLedger()).query(access_keys)
        db.session.rollback()
        return answers


class DatabaseLedger:
    """What the sandbox remembers; `webapp.invoices.fiscal.sandbox.Ledger` tells the protocol."""

    def find_key(self, access_key: str) -> Entry | None:
        return self._entry(SandboxNote.access_key == access_key)

    def find_number(self, cnpj: str, series: int, number: int) -> Entry | None:
        return self._entry((SandboxNote.cnpj == cnpj) & (SandboxNote.series == series) & (SandboxNote.number == number))

    def record(self, entry: Entry) -> bool:
        values = {column: getattr(entry, column) for column in COLUMNS}
        return bool(db.session.execute(insert_of(db.engine)(SandboxNote).values(values).on_conflict_do_nothing()).rowcount)

    def _entry(self, condition) -> Entry | None:
        found = db.session.execute(select(*(getattr(SandboxNote, column) for column in COLUMNS)).where(condition)).first()
        return found and Entry(*found)
