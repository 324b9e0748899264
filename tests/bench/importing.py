"""A past of 10,000 NF-e, imported as a job: looked over, then taken in."""

import io
import os
import secrets
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from _sessions import Guardian
from werkzeug.datastructures import FileStorage

from tests.bench.figures import tell
from tests.factories import open_shop
from tests.services import redis_server
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
    guardian = Guardian(dict(os.environ))
    with (
        tempfile.TemporaryDirectory(prefix="balcao-bench-") as name,
        redis_server(Path(name), guardian) as redis_url,
    ):
        settings = Settings(
            data_dir=Path(name),
            database_url=f"sqlite:///{name}/balcao.sqlite3",
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
    guardian.close()


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
