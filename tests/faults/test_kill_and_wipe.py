"""Whatever is killed, wiped, cut or paused in the middle of fifty sales: all are invoiced, once,
numbers consecutive."""

import os
import signal
import time

import pytest
import redis

from tests.services import Postgres, wait_until
from tests.support.checkout_rush import Rush, redis_url


class Faults:
    """What can happen to the processes of a running shop."""

    def __init__(self, shop, postgres=None):
        self.shop, self.postgres = shop, postgres

    def pid(self, name: str) -> int:
        """Of a process of that name, as soon as one runs."""
        wait_until(lambda: self.shop.pids(name) != [], why=f"{name} runs")
        return self.shop.pids(name)[0]

    def kill(self, name: str):
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: pid not in self.shop.pids(), why=f"the death of {name} is noticed")

    def kill_worker(self):
        self.kill("worker")

    def kill_sweeper(self):
        self.kill("sweeper")

    def kill_web(self):
        self.kill("web")

    def kill_redis(self):
        self.kill("redis")

    def wipe_redis(self):
        with redis.Redis.from_url(redis_url(self.shop)) as wiped:
            wiped.flushall()

    def pause_redis(self):
        pid = self.pid("redis")
        os.kill(pid, signal.SIGSTOP)
        time.sleep(2)
        os.kill(pid, signal.SIGCONT)

    def cut_every_connection(self):
        self.postgres.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        )

    def crash_postgres(self):
        self.postgres.crash()
        self.postgres.run()


@pytest.fixture
def own_postgres(folder, guardian):
    """A server of this test's own, which it may crash."""
    home = folder / "crashing"
    home.mkdir(mode=0o700)
    server = Postgres(home, guardian)
    server.start()
    server.execute("CREATE DATABASE balcao")
    yield server
    server.stop()


KILLS = ["kill_worker", "wipe_redis", "kill_web", "kill_sweeper", "kill_redis"]


def test_on_sqlite(shop):
    running = shop(CEP_PROVIDERS="sample").start()
    faults = Faults(running)
    with Rush(running) as rush:
        rush.through([getattr(faults, name) for name in [*KILLS, "pause_redis"]])
        rush.assert_each_is_invoiced_once()
    assert rush.answers.keys() <= {200, 201}, "whoever is answered is never told of an error"
    assert running.stop() == 0


def test_on_postgresql(shop, own_postgres):
    running = shop(CEP_PROVIDERS="sample", DATABASE_URL=own_postgres.url("balcao")).start()
    faults = Faults(running, own_postgres)
    with Rush(running) as rush:
        rush.through(
            [getattr(faults, name) for name in [*KILLS, "cut_every_connection", "crash_postgres"]]
        )
        rush.assert_each_is_invoiced_once()
    assert rush.answers.keys() <= {200, 201, 503}, (
        "while the database is away a checkout is told to come again"
    )
    assert running.stop() == 0
