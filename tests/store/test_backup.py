"""The drill: a backup of a shop at work, brought back elsewhere, is that shop to the last note, and
sends nothing until somebody wakes it."""

import contextvars
import fcntl
import io
import json
import secrets
import sqlite3
import tarfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree
from sqlalchemy import create_engine, func, select, text

from tests import programs
from tests.factories import api, make_product, make_token, open_shop, sale_body, sign_in, work_off
from webapp import create_app, migrations
from webapp.audit.models import AuditEntry
from webapp.fiscal.signature import digest_of, verify
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.messages.models import Message, MessageStatus
from webapp.platform import backup
from webapp.platform.database import db as database
from webapp.platform.queue import QUEUES
from webapp.platform.sealed import seal
from webapp.processing.pipeline import owing_queues
from webapp.processing.pipeline import work_off as work_off_queue
from webapp.processing.sweeping import sweep_once
from webapp.sales.models import Sale, Status
from webapp.staff.models import UserSession
from webapp.store.models import Series, Shop
from webapp.store.queries import CSRT, csrt_of, the_shop

pytestmark = pytest.mark.operations

SOLD = 6


def run(app, *words):
    """The command, in a context of its own, as in a process of its own."""
    typed = [str(word) for word in words]
    done = contextvars.Context().run(app.test_cli_runner().invoke, args=typed)
    return done.exit_code, done.output


@pytest.fixture
def settings(base_settings, database_url, tmp_path):
    """With a folder of its own: a backup holds what is in it."""
    return replace(base_settings, database_url=database_url, data_dir=tmp_path)


@pytest.fixture
def at_work(app, client, db):
    """A shop with issued notes, one order half-way and one e-mail owed."""
    open_shop()
    the_shop().csrt_sealed = seal(CSRT, b"a secret")
    make_product(sku="BOOK-1", stock=100)
    checkout = api(client, make_token())
    customer = {"name": "Ana", "document": "111.444.777-35", "email": "ana@example.com"}
    for number in range(SOLD):
        body = sale_body(reference=f"R-{number}", customer=customer)
        assert checkout.post("/sales", body).status_code == 201
    work_off()
    assert checkout.post("/sales", sale_body(reference="HALF-WAY")).status_code == 201
    db.session.execute(
        text("UPDATE messages SET status = 'pending', due_at = '2026-01-01' WHERE id = 1")
    )
    db.session.commit()
    sign_in(client, "admin")
    db.session.rollback()
    return checkout


@pytest.fixture
def elsewhere(app, settings, database_kind, request, tmp_path_factory):
    """An empty shop of the same kind on another folder."""
    folder = tmp_path_factory.mktemp("elsewhere")
    url = f"sqlite:///{folder / 'balcao.sqlite3'}"
    if database_kind == "postgresql":
        postgres = request.getfixturevalue("postgres")
        url = postgres.url("elsewhere")
        postgres.execute("CREATE DATABASE elsewhere")
    own = {"data_dir": folder, "secret_key": secrets.token_hex()}
    made = create_app(replace(settings, database_url=url, **own))
    yield migrations.bind(made)
    with made.app_context():
        database.engine.dispose()
    if database_kind == "postgresql":
        postgres.execute("DROP DATABASE elsewhere WITH (FORCE)")


@pytest.fixture(autouse=True)
def clients_programs(monkeypatch):
    """Where PostgreSQL came with a package, its programs are in that."""
    if not programs.postgres() and (found := programs.postgres_wheel()):
        monkeypatch.setenv("PATH", str(found), prepend=":")


def facts() -> dict:
    def count(model):
        return database.session.scalar(select(func.count()).select_from(model))

    return {
        "sales": database.session.execute(select(Sale.reference, Sale.status)).all(),
        "next": database.session.scalar(select(Series.next_number)),
        "stock": database.session.scalar(text("SELECT stock FROM products")),
        "messages": database.session.execute(select(Message.id, Message.status)).all(),
        "audited": count(AuditEntry),
    }


def assert_every_note_verifies() -> None:
    notes = database.session.scalars(select(Invoice).where(Invoice.number.is_not(None))).all()
    assert sorted(note.number for note in notes) == list(range(1, SOLD + 1))
    for note in notes:
        assert note.status is InvoiceStatus.AUTHORIZED
        verify(etree.fromstring(note.signed_xml))
        assert digest_of(note.signed_xml) == database.session.scalar(
            text("SELECT digest FROM sandbox_notes WHERE access_key = :key"),
            {"key": note.access_key},
        )


@pytest.mark.both_databases
def test_a_shop_comes_back_whole_asleep_and_wakes_once_its_numbers_are_told(
    app, db, at_work, elsewhere, tmp_path, monkeypatch
):
    file = tmp_path / "shop.tar"
    code, said = run(app, "backup", file)
    assert code == 0, said
    assert file.stat().st_mode & 0o777 == 0o600
    before = facts()
    db.session.rollback()

    code, said = run(elsewhere, "restore", file)
    assert code == 0, said
    with elsewhere.app_context():
        assert facts() == before | {"audited": before["audited"] + 1}
        assert_every_note_verifies()
        kept = elsewhere.extensions["settings"].data_dir
        secret = (kept / "secret_key").read_text()
        opened = replace(elsewhere.extensions["settings"], secret_key=secret)
        with monkeypatch.context() as next_start:
            next_start.setitem(elsewhere.extensions, "settings", opened)
            assert csrt_of(the_shop()) == "a secret"
        assert csrt_of(the_shop()) == "", "another secret opens nothing"
        assert list(kept.glob("test_certificate_*.pfx"))
        for each in kept.iterdir():
            assert each.stat().st_mode & 0o077 == 0 or each.name == "run.lock", each

        assert database.session.scalar(select(func.count()).select_from(UserSession)) == 0
        database.session.rollback()
        assert [work_off_queue(queue) for queue in QUEUES] == [False] * len(QUEUES)
        assert sweep_once() == [] and owing_queues(), "it owes, and does nothing"
        assert facts()["sales"] == before["sales"] and facts()["messages"] == before["messages"]
        database.session.rollback()

    admin = elsewhere.test_client()
    with elsewhere.app_context():
        sign_in(admin, "admin")
    page = admin.get("/settings").text
    assert 'data-part="asleep"' in page and 'id="wake"' in page
    low = admin.post("/settings/awakening", data={"next_number": str(SOLD)})
    assert low.status_code == 422, "a number of the backup's own"
    assert admin.post("/settings/awakening", data={"next_number": ""}).status_code == 422
    assert admin.post("/settings/awakening", data={"next_number": "50"}).status_code == 303
    assert 'data-part="asleep"' not in admin.get("/settings").text
    with elsewhere.app_context():
        work_off()
        half_way = select(Sale).where(Sale.reference == "HALF-WAY")
        sale = database.session.scalars(half_way).one()
        assert sale.status is Status.INVOICED
        numbers = select(Invoice.number).where(Invoice.sale_id == sale.id)
        assert database.session.scalar(numbers) == 50
        (owed,) = database.session.scalars(select(Message.status).where(Message.id == 1))
        assert owed is not MessageStatus.PENDING
        database.session.rollback()


def test_it_is_one_moment_of_a_shop_that_goes_on(app, db, at_work, settings, tmp_path):
    """Orders come while it is made; each is in it with its stock, or not at all. Copying the files
    loses what stands in the log beside the database."""
    taken: list[int] = []

    def check_out():
        caller = api(app.test_client(), at_work.headers["Authorization"].split()[1])
        taken.extend(caller.post("/sales", sale_body()).status_code for _sale in range(20))

    rush = threading.Thread(target=check_out)
    rush.start()
    made = 0
    while rush.is_alive():
        backup.back_up(db.engine, settings, tmp_path / f"{made}.tar")
        made += 1
    rush.join()
    assert taken == [201] * 20
    for number in range(made):
        with tarfile.open(tmp_path / f"{number}.tar") as archive:
            copy = tmp_path / f"{number}.sqlite3"
            copy.write_bytes(archive.extractfile(backup.DATABASE).read())
        found = sqlite3.connect(copy)
        assert found.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        ((sold, stock),) = found.execute(
            "SELECT (SELECT count(*) FROM sales), (SELECT stock FROM products)"
        )
        assert sold + stock == 100
        found.close()


def test_a_shop_that_holds_something_is_never_overwritten(app, db, at_work, tmp_path):
    file = tmp_path / "shop.tar"
    assert run(app, "backup", file)[0] == 0
    before = facts()
    db.session.rollback()
    code, said = run(app, "restore", file)
    assert code == 1 and "not empty" in said and len(said.splitlines()) == 1
    assert facts() == before
    code, said = run(app, "backup", file)
    assert code == 1 and "there already" in said


def _changed(file: Path, change) -> Path:
    """The same archive with a part changed."""
    other = file.with_name("other.tar")
    with tarfile.open(file) as old, tarfile.open(other, "w") as new:
        for entry in old:
            data = change(entry, old.extractfile(entry).read())
            entry.size = len(data)
            new.addfile(entry, io.BytesIO(data))
    return other


def _other_manifest(**facts):
    def change(entry, data):
        if entry.name != backup.MANIFEST:
            return data
        return json.dumps(json.loads(data) | facts).encode()

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_other_manifest(format=2), "format 2"),
        (_other_manifest(revision="9999"), "newer program"),
        (_other_manifest(kind="postgresql"), "of postgresql"),
        (_other_manifest(parts={"../../secret": "00"}), "no backup"),
        (lambda entry, data: data[:-1] + b"!" if entry.name == "secret_key" else data, "damaged"),
        (lambda entry, data: b"{" if entry.name == backup.MANIFEST else data, "no backup"),
    ],
    ids=["format", "revision", "kind", "elsewhere", "damaged", "rubbish"],
)
def test_what_is_no_whole_backup_is_refused_and_nothing_is_touched(
    app, db, elsewhere, tmp_path, change, words
):
    file = tmp_path / "shop.tar"
    backup.back_up(db.engine, app.extensions["settings"], file)
    code, said = run(elsewhere, "restore", _changed(file, change))
    assert code == 1 and words in said and len(said.splitlines()) == 1
    assert not list(elsewhere.extensions["settings"].data_dir.glob("secret_key"))


def test_a_running_shop_is_not_replaced(app, db, elsewhere, tmp_path):
    file = tmp_path / "shop.tar"
    backup.back_up(db.engine, app.extensions["settings"], file)
    kept = elsewhere.extensions["settings"].data_dir
    with open(kept / "run.lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        code, said = run(elsewhere, "restore", file)
    assert code == 1 and "bin/run is running" in said


def test_a_full_disk_leaves_no_half_of_a_backup(app, db, tmp_path, monkeypatch):
    def full(*_given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup.shutil, "copyfileobj", full)
    monkeypatch.setattr(backup.os, "fsync", full)
    file = tmp_path / "shop.tar"
    code, said = run(app, "backup", file)
    assert code == 1 and "No space left" in said
    assert list(tmp_path.glob("*shop.tar*")) == []


def test_what_the_shop_keeps_is_its_owners_alone(app, db):
    with db.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    file = Path(db.engine.url.database)
    assert file.stat().st_mode & 0o777 == 0o600


def test_without_postgresqls_programs_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(backup.Path, "glob", lambda *_given: iter(()))
    monkeypatch.setattr(backup.shutil, "which", lambda _name: None)
    with pytest.raises(backup.BackupError, match="install PostgreSQL's client programs"):
        backup._call(create_engine("postgresql+psycopg://a:b@h/n"), "pg_dump")


def test_a_password_stands_in_no_list_of_processes(monkeypatch):
    heard = {}

    def run_it(command, env, **_options):
        heard.update(command=" ".join(command), password=env["PGPASSWORD"])
        return type("Done", (), {"returncode": 0})

    monkeypatch.setattr(backup.subprocess, "run", run_it)
    backup._call(create_engine("postgresql+psycopg://a:s%40cret@h:5433/n"), "pg_dump", "-x")
    assert heard["password"] == "s@cret" and "cret" not in heard["command"]
    assert "host=h" in heard["command"] and "port=5433" in heard["command"]


def test_a_shop_is_awake_from_its_start(db):
    assert db.session.scalar(select(Shop.asleep_since)) is None
