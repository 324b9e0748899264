"""A past of 10,000 NF-e, imported as a job: looked over, then taken in."""

import io
import os
import secrets
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from _sessions import Guardian
from werkzeug.datastructures import FileStorage

from tests import programs
from tests.bench.figures import tell
from tests.factories import open_shop
from tests.services import Postgres, redis_server
from tests.support.incoming_notes import own_file
from webapp import create_app, migrations
from webapp.imports.importing import take_import
from webapp.imports.queries import import_by_id
from webapp.imports.works import Sending
from webapp.incoming.note_imports import NotesImport
from webapp.platform.database import db
from webapp.platform.settings import Settings
from webapp.processing.claims import AnyStep
from webapp.processing.import_steps import CheckStep, TakeStep

NOTES = 10_000


def measure() -> None:
    in_a_shop(lambda: _import(_archive()))


def in_a_shop(run: Callable[[], None]) -> None:
    """On SQLite, without a web process."""
    with _folder() as (folder, guardian):
        _run_in(folder, guardian, f"sqlite:///{folder}/balcao.sqlite3", run)


def in_both_shops(run: Callable[[], None]) -> None:
    """On SQLite and, where there is one, on PostgreSQL."""
    tell("database", "SQLite")
    in_a_shop(run)
    if programs.postgres() or programs.postgres_wheel():
        tell("database", "PostgreSQL")
        with _folder() as (folder, guardian):
            home = folder / "postgres"
            home.mkdir(mode=0o700)
            server = Postgres(home, guardian)
            server.start()
            server.execute("CREATE DATABASE shop")
            _run_in(folder, guardian, server.url("shop"), run)
            server.stop()


@contextmanager
def _folder() -> Iterator[tuple[Path, Guardian]]:
    guardian = Guardian(dict(os.environ))
    try:
        with tempfile.TemporaryDirectory(prefix="balcao-bench-") as name:
            Path(name).chmod(0o755)  # PostgreSQL's user passes through it
            yield Path(name), guardian
    finally:
        guardian.close()


def _run_in(folder: Path, guardian: Guardian, database_url: str, run: Callable[[], None]) -> None:
    with redis_server(folder, guardian) as redis_url:
        settings = Settings(
            data_dir=folder,
            database_url=database_url,
            redis_url=redis_url,
            secret_key=secrets.token_hex(),
        )
        app = create_app(settings)
        migrations.upgrade(app)
        with app.app_context():
            open_shop()
            run()
            db.session.remove()
            db.engine.dispose()


def _archive() -> io.BytesIO:
    """Signed one by one; each has an item of two lines and all that a note tells."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(1, NOTES + 1):
            archive.writestr(f"{number}.xml", own_file(number=number))
    made.seek(0)
    return made


def _import(archive: io.BytesIO) -> None:
    size = len(archive.getbuffer()) / 2**20
    begun = NotesImport().begin(Sending([FileStorage(archive, "past.zip")], "bench"))
    db.session.commit()
    looking = work_through(CheckStep())
    found = import_by_id(begun.id)
    assert found.accepted == NOTES, found.accepted
    take_import(found, skip_refused=False)
    db.session.commit()
    taking = work_through(TakeStep())
    assert import_by_id(begun.id).status == "done"
    tell(
        f"import of {NOTES:,} NF-e ({size:.0f} MB)",
        f"{looking + taking:.0f} s of processor time: {looking:.0f} looked over, "
        f"{taking:.0f} taken in (at most 120)",
    )


def work_through(step: AnyStep) -> float:
    """Processor seconds until nothing of it is owed."""
    time.sleep(0.002)
    began = time.process_time()
    while step.run():
        time.sleep(0.002)
    db.session.rollback()
    return time.process_time() - began
