"""`bin/faults`: a shop of its own, a rush of orders, and whatever can happen to it, drawn by a
seed. Prints what must be nought and how long it took to recover; exit code 1 when it is not."""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bin"))

from _sessions import Guardian

from tests.faults.happenings import Faults, Provider, small_disk
from tests.faults.verdict import Verdict, judge
from tests.services import Postgres, Shop
from tests.support.checkout_rush import Rush


def main() -> int:
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="balcao-faults-") as name, ExitStack() as last:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL's user passes through it
        guardian = Guardian(dict(os.environ))
        last.callback(guardian.close)
        provider = Provider()
        last.callback(provider.close)
        disk = last.enter_context(small_disk(folder / "disk"))
        settings, postgres = provider.settings(), None
        if asked.database == "postgresql":
            postgres = _postgres(folder, guardian)
            last.callback(postgres.stop)
            settings["DATABASE_URL"] = postgres.url("balcao")
        shop = Shop((disk or folder) / "shop", guardian, **settings)
        shop.log = folder / "shop.log"
        shop.start()
        last.callback(shop.stop)
        rush = last.enter_context(Rush(shop, asked.sales))
        faults = Faults(shop, rush, provider, postgres, disk is not None)
        drawn = random.Random(asked.seed).choices(sorted(faults.kinds.items()), k=asked.faults)
        begun = time.monotonic()
        rush.through(drawn)
        verdict = judge(shop, rush)
        _tell(asked, verdict, time.monotonic() - begun)
        return 0 if verdict.holds else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/faults", description=__doc__)
    parser.add_argument("--sales", type=int, default=200)
    parser.add_argument("--faults", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    return parser.parse_args()


def _postgres(folder: Path, guardian: Guardian) -> Postgres:
    home = folder / "postgres"
    home.mkdir(mode=0o700)
    server = Postgres(home, guardian)
    server.start()
    server.execute("CREATE DATABASE balcao")
    return server


def _tell(asked: argparse.Namespace, verdict: Verdict, took: float) -> None:
    print(
        f"{asked.database}, seed {asked.seed}: {asked.sales} orders under {asked.faults} faults "
        f"in {took:.0f} s"
    )
    print(", ".join(f"{found} {name}" for name, found in verdict.found.items()))
    print(f"{'recovery, seconds':26}{'times':>6}{'p50':>7}{'p99':>7}{'worst':>7}")
    everything = [each for times in verdict.recovery.values() for each in times]
    rows = [*sorted(verdict.recovery.items()), ("all", everything)]
    for name, seconds in [*rows, ("order to NF-e", verdict.to_note)]:
        if seconds:
            print(
                f"{name:26}{len(seconds):6}{statistics.median(seconds):7.1f}"
                f"{_percentile(seconds, 99):7.1f}{max(seconds):7.1f}"
            )


def _percentile(seconds: list[float], hundredth: int) -> float:
    return sorted(seconds)[min(len(seconds) - 1, len(seconds) * hundredth // 100)]


if __name__ == "__main__":
    sys.exit(main())
