"""Who is on a record, told to the others on it."""

import time

import pytest

from tests.factories import sign_in
from webapp.platform.queue import connect
from webapp.web.presence import STAYS_SECONDS

ORDER = {"kind": "sale", "id": "12"}


@pytest.fixture
def ana(client, db):
    sign_in(client, name="Ana Prado")
    return client


@pytest.fixture
def bruna(app, db):
    other = app.test_client()
    sign_in(other, name="Bruna Reis")
    return other


def test_who_comes_and_goes_is_seen_by_the_others_alone(ana, bruna):
    assert "is on" not in ana.post("/presence", data=ORDER).text
    seen = bruna.post("/presence", data=ORDER | {"doing": "edit"}).text
    assert "Ana Prado is on this order" in seen and "Bruna" not in seen
    assert "Bruna Reis is changing this order" in ana.get("/presence?kind=sale&id=12").text
    assert "Bruna" not in ana.get("/presence?kind=sale&id=13").text
    assert bruna.post("/presence/end", data=ORDER).status_code == 204
    assert "Bruna" not in ana.post("/presence", data=ORDER).text


def test_who_stays_silent_is_forgotten(ana, bruna, monkeypatch):
    ana.post("/presence", data=ORDER)
    later = time.time() + STAYS_SECONDS
    monkeypatch.setattr("webapp.web.presence.time.time", lambda: later)
    assert "Ana" not in bruna.post("/presence", data=ORDER).text


def test_without_redis_nobody_is_told_of_anybody(ana, bruna, app, monkeypatch):
    ana.post("/presence", data=ORDER)
    monkeypatch.setitem(app.extensions, "redis", connect("unix:///nowhere/redis.sock"))
    answer = bruna.post("/presence", data=ORDER)
    assert answer.status_code == 200 and "Ana" not in answer.text


@pytest.mark.parametrize("asked", [{"kind": "secret", "id": "1"}, {"kind": "sale", "id": "x"}, {}])
def test_what_is_no_record_is_not_found(ana, asked):
    assert ana.post("/presence", data=asked).status_code == 404
