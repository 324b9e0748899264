"""200 products counted during 500 orders, a hundred times: right to the unit, each time."""

import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from _sessions import Guardian

from tests import programs
from tests.bench.figures import tell
from tests.factories import make_token, open_shop
from tests.services import Postgres, redis_server
from tests.support.counted_rush import CountedRush
from webapp import create_app, migrations
from webapp.platform.database import db
from webapp.platform.settings import Settings

PRODUCTS, ORDERS, TIMES = 200, 500, 100


def measure() -> None:
    guardian = Guardian(dict(os.environ))
    with (
        tempfile.TemporaryDirectory(prefix="balcao-bench-") as name,
        redis_server(Path(name), guardian) as redis_url,
    ):
        Path(name).chmod(0o755)  # PostgreSQL's user passes through it
        for label, url in _databases(Path(name), guardian):
            tell("database", label)
            settings = Settings(
                data_dir=Path(name),
                database_url=url,
                redis_url=redis_url,
                secret_key=secrets.token_hex(),
            )
            _count(settings)
    guardian.close()


def _databases(folder: Path, guardian: Guardian) -> Iterator[tuple[str, str]]:
    yield "SQLite", f"sqlite:///{folder}/balcao.sqlite3"
    if programs.postgres() or programs.postgres_wheel():
        with _postgres(folder / "postgres", guardian) as server:
            server.execute("CREATE DATABASE counting")
            yield "PostgreSQL", server.url("counting")


@contextmanager
def _postgres(folder: Path, guardian: Guardian) -> Iterator[Postgres]:
    folder.mkdir(mode=0o700)
    server = Postgres(folder, guardian)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _count(settings: Settings) -> None:
    app = create_app(settings)
    migrations.upgrade(app)
    began, wrong, failed = time.monotonic(), 0, 0
    with app.app_context():
        open_shop()
        token = make_token()
        for seed in range(TIMES):
            rush = CountedRush(app, token, PRODUCTS, ORDERS, seed)
            rush.run()
            wrong += len(rush.wrong())
            failed += len(rush.failed)
        db.session.remove()
        db.engine.dispose()
    tell("products counted during orders", f"{PRODUCTS * TIMES} during {ORDERS * TIMES}")
    tell("of them wrong, calls failed", f"{wrong}, {failed}")
    tell("seconds for one count", f"{(time.monotonic() - began) / TIMES:.1f}")
