"""Alerts open once, are told once they hold, come and go as one, and resolve themselves."""

import datetime as dt
import threading
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from jobs.worker import make_worker
from tests.factories import make_user, open_shop, work_off
from webapp.addresses.models import PostalProvider
from webapp.alerts import looking
from webapp.alerts.kinds import KINDS
from webapp.alerts.limits import limits_of, set_limits
from webapp.alerts.looking import Lookout, look
from webapp.alerts.models import Alert
from webapp.messages.models import LetterStatus, StaffLetter
from webapp.monitor.troubles import watch
from webapp.notifications.models import Notification
from webapp.platform.clock import utc_now
from webapp.platform.queue import SWEEPER_KEY, connect
from webapp.store.queries import the_shop

# How the provider of the tests is called.
NAME = "Amostra da demonstração"
T0 = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
# What the tests' own house has no part of.
OFF = ("worker", "sweeper", "redis", "disk", "oldest", "piled_up", "failing")


@pytest.fixture
def settings(mail_settings):
    return mail_settings


@pytest.fixture
def shop(db):
    open_shop()
    set_limits(the_shop(), limits_of(the_shop()) | dict.fromkeys(OFF))
    db.session.commit()


@pytest.fixture
def postal_codes(db, shop):
    """Is away for so many minutes; 0: it answers."""

    def postal_codes(minutes):
        row = db.session.get(PostalProvider, "sample") or PostalProvider(name="sample")
        row.failing_since = utc_now() - dt.timedelta(minutes=minutes) if minutes else None
        row.reason = "refused" if minutes else ""
        db.session.add(row)
        db.session.commit()

    return postal_codes


def at(seconds):
    look(T0 + dt.timedelta(seconds=seconds))


def alerts(db):
    return db.session.scalars(select(Alert).order_by(Alert.id)).all()


def told(db):
    found = db.session.execute(
        select(Notification.user_id, Notification.kind).order_by(Notification.id)
    )
    return [(user_id, kind) for user_id, kind in found]


@pytest.mark.both_databases
def test_a_provider_goes_and_comes_back(db, inbox, postal_codes):
    rosa = make_user("manager", email="rosa@example.com")
    rosa.alert_mail, rosa.locale = True, "pt_BR"
    otto = make_user("admin", email="otto@example.com")
    make_user("clerk", email="ana@example.com")
    make_user("manager", email="gone@example.com").active = False
    db.session.commit()
    postal_codes(4)
    at(0)
    assert alerts(db) == []
    postal_codes(7)
    at(15)
    (alert,) = alerts(db)
    assert (alert.kind, alert.subject, alert.threshold) == ("provider", "sample", 5)
    assert told(db) == [] and alert.told_at is None
    postal_codes(12)
    for seconds in (30, 30, 45):
        at(seconds)
    assert alert.told_at == T0 + dt.timedelta(seconds=30)
    assert (alert.latest, alert.worst) == (12, 12)
    assert told(db) == [(rosa.id, "alert_opened"), (otto.id, "alert_opened")]
    postal_codes(0)
    at(60)
    assert alert.resolved_at is None
    # It comes and goes: still the same one.
    postal_codes(6)
    at(75)
    assert (alert.clear_since, alert.worst) == (None, 12)
    postal_codes(0)
    for seconds in (90, 105, 151, 166):
        at(seconds)
    assert alert.resolved_at == T0 + dt.timedelta(seconds=90)
    both = [(rosa.id, "alert_resolved"), (otto.id, "alert_resolved")]
    assert told(db)[2:] == both and alerts(db) == [alert]
    work_off()
    opened, resolved = inbox.letters
    assert {opened["To"], resolved["To"]} == {"rosa@example.com"}
    text = opened.get_body(("plain",)).get_content()
    assert f"{NAME} não responde sobre CEPs há 12 min" in text and "/alerts" in text
    assert f"Acabou após 1 min: {NAME}" in resolved.get_body(("plain",)).get_content()
    assert set(db.session.scalars(select(StaffLetter.status))) == {LetterStatus.SENT}


def test_what_is_gone_at_the_second_look_was_nothing(db, postal_codes):
    make_user("manager")
    postal_codes(30)
    at(0)
    postal_codes(0)
    at(15)
    assert alerts(db) == [] and told(db) == []


def test_a_clock_that_is_put_back_holds_nothing_up(db, postal_codes):
    make_user("manager")
    postal_codes(30)
    at(0)
    at(-3600)
    assert len(told(db)) == 1
    postal_codes(0)
    at(-3585)
    at(-7200)
    (alert,) = alerts(db)
    assert alert.resolved_at and len(told(db)) == 2


def test_a_kind_that_is_turned_off_is_over(db, postal_codes):
    postal_codes(30)
    at(0)
    at(15)
    the_shop().alert_limits = {**the_shop().alert_limits, "provider": None}
    db.session.commit()
    at(30)
    at(120)
    (alert,) = alerts(db)
    assert alert.resolved_at == T0 + dt.timedelta(seconds=30)


def test_what_is_not_known_changes_nothing(db, shop, monkeypatch):
    """While Redis is away, nobody knows of workers."""
    figures = dict.fromkeys(("threshold", "latest", "worst"), 1)
    alert = Alert(kind="worker", subject="mail", opened_at=T0, told_at=T0, **figures)
    db.session.add(alert)
    the_shop().alert_limits = {**the_shop().alert_limits, "worker": 1}
    db.session.commit()
    monkeypatch.setitem(KINDS, "worker", _with(KINDS["worker"], lambda: None))
    at(15)
    at(120)
    assert alerts(db)[0].clear_since is None
    monkeypatch.setitem(KINDS, "worker", _with(KINDS["worker"], lambda: {"mail": 0}))
    at(135)
    assert alerts(db)[0].clear_since == T0 + dt.timedelta(seconds=135)


def _with(kind, measure):
    return type(kind)(**{**kind.__dict__, "measure": measure})


def test_a_lookout_looks_every_fifteen_seconds(db, postal_codes):
    postal_codes(30)
    now = [100.0]
    lookout = Lookout(clock=lambda: now[0])
    for second, found in ((100, 1), (101, 1), (114, 0), (115, 1)):
        now[0] = second
        lookout.look_when_due()
        assert len(alerts(db)) == found
        if second == 101:
            db.session.delete(alerts(db)[0])
            db.session.commit()
            assert alerts(db) == []


@pytest.mark.both_databases
def test_two_lookouts_at_once_open_one_and_tell_it_once(app, db, postal_codes, monkeypatch):
    rosa = make_user("manager", email="rosa@example.com")
    rosa.alert_mail = True
    postal_codes(30)
    both = threading.Barrier(2)

    def measured():
        found = looking_measured()
        # Neither writes before the other has measured.
        both.wait(timeout=60)
        return found

    looking_measured = looking.measured
    monkeypatch.setattr(looking, "measured", measured)

    def look_at(seconds):
        with app.app_context():
            at(seconds)

    for seconds in (0, 15):
        threads = [threading.Thread(target=look_at, args=(seconds,)) for _each in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    db.session.rollback()
    assert [alert.told_at for alert in alerts(db)] == [T0 + dt.timedelta(seconds=15)]
    assert told(db) == [(rosa.id, "alert_opened")]
    assert len(db.session.scalars(select(StaffLetter)).all()) == 1


def test_without_a_sweeper_the_workers_look_out(app, db, shop, settings):
    set_limits(the_shop(), limits_of(the_shop()) | {"sweeper": 1})
    db.session.commit()
    # RQ lets it wait for long: never the one that requests of the same app use.
    connection = connect(settings.redis_url, timeout=5)
    worker = make_worker(app, ["mail"], connection)

    def one_look():
        db.session.rollback()
        watch().house = None
        turns = iter((False, True))
        worker._look_out(SimpleNamespace(wait=lambda _seconds: next(turns)))

    connection.set(SWEEPER_KEY, 1)
    one_look()
    assert alerts(db) == []
    connection.delete(SWEEPER_KEY)
    one_look()
    db.session.rollback()
    assert [alert.kind for alert in alerts(db)] == ["sweeper"]
    connection.close()


def test_past_ones_are_forgotten_when_another_is_over(db, postal_codes):
    make_user("manager")
    old = T0 - dt.timedelta(days=401)
    figures = {"threshold": 1, "latest": 1, "worst": 1}
    db.session.add(Alert(kind="disk", subject="", opened_at=old, resolved_at=old, **figures))
    postal_codes(30)
    at(0)
    at(15)
    postal_codes(0)
    at(30)
    assert len(alerts(db)) == 2
    at(91)
    assert [alert.kind for alert in alerts(db)] == ["provider"]
