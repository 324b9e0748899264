"""bin/dev: the shop with reload, debug and the style guide. bin/console: a shell in the shop."""

import os
import subprocess
import sys

import _console
import _debugged
import pytest

from tests.ops.test_run import left_running
from tests.services import ROOT, Shop, wait_until

# What a person types: background work is done here and now, by nobody else.
BY_HAND = """
from webapp.staff.models import Role
from webapp.staff.people import add_user
factories.open_shop()
sale_id = factories.make_sale(reference="BY-HAND").id
work_off()
db.session.expire_all()
print(db.session.get(Sale, sale_id).status, db.session.scalar(select(func.count(Effect.id))) > 0)
print("console" in db.session.scalars(select(AuditEntry.actor)).all())
add_user("ana@example.com", "Ana", Role.ADMIN, "correct horse battery")
db.session.commit()
"""


def console(shop: Shop, script: str) -> str:
    done = subprocess.run(
        [ROOT / "bin/console"], input=script, env=shop.environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_shell_in_the_shop_and_the_shop_in_development(shop):
    """One after the other on one shop, since each process begins with reading all of it."""
    running = shop("bin/dev", DEMO="0", CEP_PROVIDERS="sample")
    assert console(running, BY_HAND).splitlines()[-2:] == ["invoiced True", "True"]

    running.start()
    assert f"Every component is at {running.url}/styleguide\n" in running.log.read_text()
    cookie = running.sign_in("ana@example.com", "correct horse battery")
    status, page = running.get("/styleguide", cookie)
    assert status == 200 and "<h1" in page

    before = {name: running.pids(name) for name in ("redis", "web", "worker", "sweeper")}
    assert all(len(pids) == 1 for pids in before.values())
    os.utime(ROOT / "jobs" / "worker.py")
    wait_until(lambda: "jobs/worker.py changed; the shop's" in running.log.read_text())
    for name in ("web", "worker", "sweeper"):
        wait_until(lambda name=name: running.pids(name) not in ([], before[name]))
    assert running.pids("redis") == before["redis"]
    wait_until(lambda: running.get("/readyz")[0] == 200, 60, pause=0.2)

    assert running.stop() == 0
    assert left_running(running.data_dir) == {}


def test_the_shell_rings_the_redis_of_the_shop_that_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "environ", {"DATA_DIR": str(tmp_path)})
    (tmp_path / "processes.json").write_text('{"redis_url": "redis://127.0.0.1:7001/0"}')
    assert _console._settings().redis_url == "redis://127.0.0.1:7001/0"
    monkeypatch.setitem(os.environ, "REDIS_URL", "redis://127.0.0.1:7002/0")
    assert _console._settings().redis_url == "redis://127.0.0.1:7002/0"


def test_a_program_that_cannot_be_read_is_shown_in_the_browser(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "wsgi", None)
    app = _debugged.the_app()
    assert "import of wsgi halted" in capsys.readouterr().err
    with pytest.raises(ImportError):
        app({}, None)
