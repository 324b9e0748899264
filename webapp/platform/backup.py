"""A shop in one file, and a shop out of it: its database as it was at one moment, and with it the
secret and the certificates.

SQLite copies itself online (its backup API: one read transaction, no writer waits); PostgreSQL is
dumped by its own `pg_dump`, in one snapshot. Copying the files of a running shop does neither.
"""

import contextlib
import fcntl
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Engine, inspect, text

from webapp.platform.clock import utc_now
from webapp.platform.settings import Settings, inherited
from webapp.platform.transactions import only_reading

FORMAT = 1
MANIFEST, DATABASE, SECRET, CERTIFICATE = (
    "manifest.json",
    "database",
    "secret_key",
    "certificate.pfx",
)
TEST_CERTIFICATES = "test_certificate_*.pfx"
# A shop that holds none of these holds nothing of anybody's.
TELLING = ("users", "customers", "products", "sales")


class BackupError(Exception):
    """Why it cannot be done, in one line for whoever typed the command."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself: of which kind of database and version of the schema it is, when
    it was made, and the SHA-256 of each part."""

    format: int
    kind: str
    revision: str
    made_at: str
    parts: dict[str, str]


# Making one


def back_up(engine: Engine, settings: Settings, file: Path) -> None:
    """Writes the file, readable by its owner only; there is a whole one or none."""
    if file.exists():
        raise BackupError(f"{file} is there already; give another name")
    draft = file.with_name(f".{file.name}.part")
    try:
        with _private(draft) as out, tempfile.TemporaryDirectory(dir=file.parent) as folder:
            parts = _secrets(settings) | {DATABASE: _copy(engine, Path(folder) / DATABASE)}
            _write(out, _manifest(engine, parts), parts)
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, file)
    except FileExistsError:
        raise BackupError(f"{file} is there already; give another name") from None
    except OSError as error:
        raise BackupError(f"{file} cannot be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def _private(file: Path) -> Iterator[IO[bytes]]:
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        yield out


def _secrets(settings: Settings) -> dict[str, Path | bytes]:
    parts: dict[str, Path | bytes] = {SECRET: settings.secret_key.encode()}
    if settings.nfe_certificate:
        parts[CERTIFICATE] = settings.nfe_certificate
    return parts | {each.name: each for each in settings.data_dir.glob(TEST_CERTIFICATES)}


def _copy(engine: Engine, target: Path) -> Path:
    if engine.dialect.name == "sqlite":
        with (
            contextlib.closing(sqlite3.connect(str(engine.url.database))) as source,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
        return target
    _call(engine, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
    return target


def _manifest(engine: Engine, parts: dict[str, Path | bytes]) -> Manifest:
    with only_reading(), engine.connect() as connection:
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    sums = {}
    for name, part in parts.items():
        with _opened(part) as file:
            sums[name] = hashlib.file_digest(file, "sha256").hexdigest()
    made_at = utc_now().isoformat(timespec="seconds")
    return Manifest(FORMAT, engine.dialect.name, revision, made_at, sums)


def _opened(part: Path | bytes) -> io.BytesIO | io.BufferedReader:
    return io.BytesIO(part) if isinstance(part, bytes) else open(part, "rb")


def _write(out: IO[bytes], manifest: Manifest, parts: dict[str, Path | bytes]) -> None:
    told = json.dumps(vars(manifest), indent=1).encode()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, part in [(MANIFEST, told), *parts.items()]:
            entry = tarfile.TarInfo(name)
            entry.mode = 0o600
            with _opened(part) as file:
                entry.size = file.seek(0, os.SEEK_END)
                file.seek(0)
                archive.addfile(entry, file)


# Bringing one back


def read_manifest(file: Path) -> Manifest:
    """Raises BackupError for what is no backup, or one of another program's time."""
    try:
        with tarfile.open(file) as archive:
            manifest = Manifest(**json.loads(_part(archive, MANIFEST).read()))
    except OSError as error:
        raise BackupError(f"{file} cannot be read: {error.strerror or error}") from error
    except (tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{file} is no backup of a shop") from error
    if manifest.format != FORMAT:
        raise BackupError(f"{file} is of format {manifest.format}; this program knows {FORMAT}")
    return manifest


def bring_back(engine: Engine, settings: Settings, file: Path, manifest: Manifest) -> None:
    """Puts the parts where a shop has them. The shop must hold nothing and not be running; the
    parts are looked through before anything is touched."""
    if manifest.kind != engine.dialect.name:
        raise BackupError(
            f"{file} is of {manifest.kind}, and this shop is on {engine.dialect.name}"
        )
    refuse_if_used(engine)
    with _stopped(engine, settings), tempfile.TemporaryDirectory(dir=settings.data_dir) as name:
        folder = Path(name)
        _unpack(file, manifest, folder)
        _place_database(engine, folder / DATABASE)
        (folder / DATABASE).unlink(missing_ok=True)
        for part in folder.iterdir():
            part.replace(settings.data_dir / part.name)


def refuse_if_used(engine: Engine) -> None:
    with only_reading(), engine.connect() as connection:
        there = set(inspect(connection).get_table_names())
        for table in TELLING:
            if (
                table in there
                and connection.execute(text(f"SELECT 1 FROM {table} LIMIT 1")).first()
            ):
                raise BackupError(f"this shop is not empty (it has {table}): nothing was changed")


@contextlib.contextmanager
def _stopped(engine: Engine, settings: Settings) -> Iterator[None]:
    """Holds what bin/run holds, so that it cannot start meanwhile."""
    with open(settings.data_dir / "run.lock", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"bin/run is running on {settings.data_dir}: stop it first") from None
        if engine.dialect.name != "sqlite":
            engine.dispose()
            _refuse_if_connected(engine)
        yield


def _refuse_if_connected(engine: Engine) -> None:
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    with engine.connect() as connection:
        if connection.execute(others).scalar_one():
            raise BackupError(
                "somebody works in this database: stop web, workers and sweeper first"
            )
    engine.dispose()


def _unpack(file: Path, manifest: Manifest, folder: Path) -> None:
    with tarfile.open(file) as archive:
        for name, told in manifest.parts.items():
            if Path(name).name != name:
                raise BackupError(f"{file} is no backup of a shop")
            with _private(folder / name) as out:
                shutil.copyfileobj(_part(archive, name), out)
            with open(folder / name, "rb") as part:
                if hashlib.file_digest(part, "sha256").hexdigest() != told:
                    raise BackupError(f"{file} is damaged ({name}): nothing was changed")


def _part(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    part = archive.extractfile(name)
    if part is None:
        raise KeyError(name)
    return part


def _place_database(engine: Engine, copy: Path) -> None:
    engine.dispose()
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
        _call(engine, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", str(copy))
        return
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        (found,) = connection.execute("PRAGMA integrity_check").fetchone()
    if found != "ok":
        raise BackupError(f"the copy of the database is damaged ({found}): nothing was changed")
    place = Path(str(engine.url.database))
    for suffix in ("-wal", "-shm"):
        place.with_name(place.name + suffix).unlink(missing_ok=True)
    copy.replace(place)


# PostgreSQL's own programs


def _call(engine: Engine, program: str, *arguments: str) -> None:
    """Runs one on the engine's database; its password goes by the environment, where no list of
    processes shows it."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    reached_by = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    password = {"PGPASSWORD": reached_by.pop("password")} if "password" in reached_by else {}
    command = [_program(program), f"--dbname={make_conninfo('', **reached_by)}", *arguments]
    done = subprocess.run(command, env=inherited(password), capture_output=True, text=True)
    if done.returncode:
        reason = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise BackupError(f"{program}: {reason[0]}")


def _program(name: str) -> str:
    """The newest on the machine: an older one refuses a newer server."""
    of_debian = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = max(of_debian, key=lambda path: path.parts[-3].zfill(4), default=None)
    found = str(newest) if newest else shutil.which(name)
    if found is None:
        raise BackupError(
            f"{name} is not on this machine: install PostgreSQL's client programs, of the server's "
            "version or newer"
        )
    return found
