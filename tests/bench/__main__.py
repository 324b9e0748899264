"""`bin/bench`: real numbers of this machine, one line each. Compare figures of one run only;
machines differ."""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bin"))

from _sessions import Guardian

from tests import programs
from tests.bench import (
    authority,
    backtest,
    batching,
    counting,
    document,
    importing,
    live,
    one_row,
    pages,
    pipeline,
    rules,
    scale,
    tables,
)
from tests.bench.figures import tell
from tests.services import Postgres, Shop

PARTS = (
    "document",
    "authority",
    "rules",
    "backtest",
    "import",
    "tables",
    "batch",
    "pipeline",
    "pages",
    "live",
)


def main(names: list[str]) -> None:
    if names[:1] == ["scale"]:
        scale.measure(names[1:])
        return
    wanted = names or PARTS
    if "document" in wanted:
        document.measure()
    if "authority" in wanted:
        authority.measure()
    if "rules" in wanted:
        rules.measure()
    if "backtest" in wanted:
        backtest.measure()
    if "import" in wanted:
        importing.measure()
    if "tables" in wanted:
        tables.measure()
    if "batch" in wanted:
        batching.measure()
    if "counting" in wanted:
        counting.measure()
    guardian = Guardian(dict(os.environ))
    try:
        with tempfile.TemporaryDirectory(prefix="balcao-bench-") as folder:
            _measure_shops(wanted, Path(folder), guardian)
    finally:
        guardian.close()


def _measure_shops(wanted: Sequence[str], folder: Path, guardian: Guardian) -> None:
    folder.chmod(0o755)  # PostgreSQL's user passes through it
    if {"pipeline", "pages"} & set(wanted):
        with _shop(folder / "shop", guardian) as shop:
            if "pipeline" in wanted:
                pipeline.measure(shop)
            if "pages" in wanted:
                pages.measure(shop)
    if "live" in wanted:
        one_row.measure()
        tell("database", "SQLite")
        with _shop(folder / "live", guardian) as shop:
            live.measure(shop)
        if programs.postgres() or programs.postgres_wheel():
            tell("database", "PostgreSQL")
            (folder / "postgres").mkdir(mode=0o700)
            server = Postgres(folder / "postgres", guardian)
            server.start()
            try:
                server.execute("CREATE DATABASE live")
                with _shop(folder / "live-2", guardian, DATABASE_URL=server.url("live")) as shop:
                    live.measure(shop)
            finally:
                server.stop()


@contextmanager
def _shop(folder: Path, guardian: Guardian, **settings: str) -> Iterator[Shop]:
    shop = Shop(folder, guardian, CEP_PROVIDERS="sample", **settings).start()
    try:
        yield shop
    finally:
        shop.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
