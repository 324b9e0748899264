"""What can happen to a running shop: to its processes, its disk, its database and to whomever it
asks."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import redis
from sqlalchemy import create_engine, text

from tests.services import Postgres, Shop, wait_until
from tests.support.checkout_rush import ANSWER_LOST, DOUBLED, Rush, redis_url
from webapp.platform.settings import Settings

LASTS_SECONDS = 2
DISK = "96m"


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A file system of its own for a DATA_DIR; None where this user may mount none."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield folder if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


class Provider:
    """A service of postal codes that knows all of them, until it is slow or broken."""

    def __init__(self):
        provider = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self):
                if provider.mood == "slow":
                    time.sleep(LASTS_SECONDS)
                told = {"localidade": "São Paulo", "uf": "SP", "ibge": "3550308"}
                body = b"<html>" if provider.mood == "broken" else json.dumps(told).encode()
                self.send_response(500 if provider.mood == "broken" else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(OSError):  # who asked may have been killed
                    self.wfile.write(body)

            def log_message(self, *_words):
                """Nobody reads it."""

        self.mood = "well"
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def settings(self) -> dict[str, str]:
        return {"CEP_PROVIDERS": "viacep", "VIACEP_URL": self.url}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Faults:
    """Each by its name, as far as it can happen to this shop."""

    def __init__(
        self,
        shop: Shop,
        rush: Rush,
        provider: Provider,
        postgres: Postgres | None = None,
        has_own_disk: bool = False,
    ):
        self.shop, self.rush, self.provider, self.postgres = shop, rush, provider, postgres
        self.kinds: dict[str, Callable[[], object]] = {
            f"kill -9 {name}": lambda name=name: self.kill(name)
            for name in ("web", "worker", "sweeper", "redis")
        } | {
            "wipe redis": self.wipe_redis,
            "pause redis": lambda: self.pause("redis"),
            "pause a worker": lambda: self.pause("worker"),
            DOUBLED: lambda: rush.mishaps.put(DOUBLED),
            ANSWER_LOST: lambda: rush.mishaps.put(ANSWER_LOST),
            "slow provider": lambda: self.be("slow"),
            "broken provider": lambda: self.be("broken"),
            "authority's answer lost": self.kill_while_sending,
        }
        if has_own_disk:
            self.kinds["full disk"] = self.fill_disk
        if postgres:
            self.kinds |= {
                "cut connections": self.cut_every_connection,
                "restart postgresql": self.crash_postgres,
            }

    def pid(self, name: str) -> int:
        """Of a process of that name, as soon as one runs."""
        wait_until(lambda: self.shop.pids(name) != [], why=f"{name} runs")
        return self.shop.pids(name)[0]

    def strike(self, name: str, blow: signal.Signals) -> int:
        """Of one that runs: another one's death may not be noticed yet."""
        while True:
            pid = self.pid(name)
            try:
                os.kill(pid, blow)
                return pid
            except ProcessLookupError:
                self.until_noticed(pid)

    def until_noticed(self, pid: int) -> None:
        wait_until(lambda: pid not in self.shop.pids(), why="the death is noticed")

    def kill(self, name: str) -> None:
        self.until_noticed(self.strike(name, signal.SIGKILL))

    def pause(self, name: str) -> None:
        pid = self.strike(name, signal.SIGSTOP)
        time.sleep(LASTS_SECONDS)
        # It may have been dying already of what happened before.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    def wipe_redis(self) -> None:
        with redis.Redis.from_url(redis_url(self.shop)) as wiped:
            try:
                wiped.flushall()
            except redis.RedisError:
                self.kill("redis")  # it has not come up yet from the fault before

    def be(self, mood: str) -> None:
        self.provider.mood = mood
        time.sleep(LASTS_SECONDS)
        self.provider.mood = "well"

    def fill_disk(self) -> None:
        """Whoever is there goes on afterwards without being started again."""
        watcher, file = self.shop.process.pid, self.shop.data_dir / "filled"
        until = time.monotonic() + LASTS_SECONDS
        with open(file, "wb", buffering=0) as filled:
            # Again and again: what the shop gives up meanwhile is room for others.
            while time.monotonic() < until:
                try:
                    filled.write(b"\0" * 2**20)
                except OSError:
                    time.sleep(0.05)
        status, told = self.shop.get("/readyz")
        file.unlink()
        assert status == 503 and not json.loads(told)["disk"], told
        assert self.shop.process.poll() is None and self.shop.process.pid == watcher

    def kill_while_sending(self) -> None:
        """The worker that has just asked the authority dies before it can note the answer."""
        sending = text("SELECT count(*) FROM invoices WHERE status = 'sending'")
        engine = create_engine(Settings.from_env(self.shop.environment).database_url)
        until = time.monotonic() + LASTS_SECONDS
        with engine.connect() as connection:
            while time.monotonic() < until and not connection.execute(sending).scalar_one():
                connection.rollback()
                time.sleep(0.002)
        engine.dispose()
        killed = self.shop.pids("worker")
        for pid in killed:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in killed:
            self.until_noticed(pid)

    def cut_every_connection(self) -> None:
        try:
            self.postgres.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid()"
            )
        except psycopg.OperationalError:
            self.crash_postgres()  # it has not come up yet from the fault before

    def crash_postgres(self) -> None:
        self.postgres.crash()
        self.postgres.run()
