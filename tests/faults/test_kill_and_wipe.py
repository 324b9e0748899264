"""Whatever is killed, wiped, cut, paused, filled or lost in the middle of a rush: every order has
its NF-e, once, numbers consecutive. The short form of bin/faults: each kind of fault once."""

import json

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from tests.faults.happenings import Faults, Provider, small_disk
from tests.faults.verdict import judge
from tests.services import wait_until
from tests.support.checkout_rush import Rush
from webapp.demo.load import SHOP
from webapp.platform.settings import Settings
from webapp.store.models import Shop


@pytest.fixture
def own_postgres(make_postgres):
    """A server of this test's own, which it may crash."""
    with make_postgres("crashing") as server:
        server.execute("CREATE DATABASE balcao TEMPLATE pristine")
        yield server


@pytest.fixture
def provider():
    made = Provider()
    yield made
    made.close()


def _open(running) -> None:
    """What `open_shop` of the factories does, in the database of a shop that runs."""
    engine = create_engine(Settings.from_env(running.environment).database_url)
    with Session(engine) as session:
        opened = session.scalars(select(Shop)).one()
        for name, value in json.loads(SHOP.read_text())["shop"].items():
            setattr(opened, name, value)
        session.commit()
    engine.dispose()


def _rush_through(running, provider, postgres=None, has_own_disk=False, kinds=()) -> set[int]:
    """What the checkouts were answered."""
    with Rush(running) as rush:
        faults = Faults(running, rush, provider, postgres, has_own_disk)
        rush.through([(kind, faults.kinds[kind]) for kind in kinds or faults.kinds])
        # How long it takes is the machine's, which others share: bin/faults measures that.
        found = judge(running, rush).found | {"stuck": 0}
        assert found == {
            "lost": 0,
            "double": 0,
            "gaps": 0,
            "numbers twice": 0,
            "stuck": 0,
            "stock off by": 0,
            "broken notes": 0,
        }
    return set(rush.answers)


def test_on_sqlite(shop, provider, tmp_path, pristine_sqlite):
    """Also a full disk, where this user may mount a small one: what is not saved is said (503)."""
    with small_disk(tmp_path / "disk") as disk:
        running = shop(**provider.settings(), DEMO="0")
        running.data_dir = (disk or tmp_path) / "shop"
        running.data_dir.mkdir()
        (running.data_dir / "balcao.sqlite3").write_bytes(pristine_sqlite)
        running.start()
        _open(running)
        answers = _rush_through(running, provider, has_own_disk=disk is not None)
        assert answers <= {200, 201, 503}
        assert running.stop() == 0
    log = running.log.read_text()
    assert "request failed" not in log, "none of it is told as a fault of the program's own"
    assert log.count("notices not sent") < 10, "what lasts is told once a minute by each process"


def test_on_postgresql(shop, own_postgres, provider, tmp_path):
    """Also in a folder too deep for a socket: Redis is reached over loopback with a password."""
    running = shop(**provider.settings(), DATABASE_URL=own_postgres.url("balcao"))
    running.data_dir = tmp_path / ("d" * 100)
    running.start()
    assert "Sign in with the e-mail admin@balcao.example" in running.log.read_text()
    kinds = ("kill -9 web", "kill -9 worker", "cut connections", "restart postgresql")
    answers = _rush_through(running, provider, own_postgres, kinds=kinds)
    assert answers <= {200, 201, 503}, "while the database is away one is told to come again"
    assert not (running.data_dir / "redis.sock").exists()
    wait_until(lambda: '"redis":true' in running.get("/readyz")[1].replace(" ", ""))
    assert not list(running.data_dir.glob("*.sqlite3"))
    assert running.stop() == 0
