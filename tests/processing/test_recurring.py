"""Work that recurs: owed for each moment once, whoever passes, and done as all work is."""

import datetime as dt
import re
import threading
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from tests.factories import (
    api,
    make_attempt,
    make_cause,
    make_failing,
    make_token,
    make_user,
    sign_in,
    work_off,
)
from webapp.attempts.models import Attempt
from webapp.imports.models import Import, ImportKind, ImportPart, ImportStatus
from webapp.messages.models import LetterStatus, StaffLetter
from webapp.platform.clock import utc_now
from webapp.processing import recurring
from webapp.processing.models import RecurringRun, RunStatus
from webapp.processing.recurring import (
    RECURRING,
    owe_recurring,
    run_now,
    turn_off,
    turn_on,
)
from webapp.processing.retention import forget_what_is_over
from webapp.processing.timing import Timing
from webapp.staff.models import IDLE, UserSession
from webapp.store.queries import issuer_zone
from webapp.views.models import ExportSchedule, Rhythm
from webapp.views.words import rhythm_words

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
NIGHT = Timing(1, within=5)
FIFTH = Timing(6, within=20 * 24, day=5)


def at(written: str) -> dt.datetime:
    """By the shop's clock, in UTC."""
    return dt.datetime.fromisoformat(written).replace(tzinfo=SAO_PAULO).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("timing", "now", "owed", "following"),
    [
        (NIGHT, "2026-11-20T00:59", None, "2026-11-20T01:00"),
        (NIGHT, "2026-11-20T01:00", "2026-11-20T01:00", "2026-11-21T01:00"),
        (NIGHT, "2026-11-20T05:59", "2026-11-20T01:00", "2026-11-21T01:00"),
        (NIGHT, "2026-11-20T06:00", None, "2026-11-21T01:00"),
        (Timing(22, within=5), "2026-12-01T02:59", "2026-11-30T22:00", "2026-12-01T22:00"),
        (FIFTH, "2026-11-05T05:59", None, "2026-11-05T06:00"),
        (FIFTH, "2026-11-24T12:00", "2026-11-05T06:00", "2026-12-05T06:00"),
        (FIFTH, "2026-11-25T06:00", None, "2026-12-05T06:00"),
    ],
)
def test_a_moment_is_owed_until_its_time_is_over(timing, now, owed, following):
    assert timing.owed_for(at(now), SAO_PAULO) == (owed and at(owed))
    assert timing.following(at(now), SAO_PAULO) == at(following)


@pytest.fixture
def passing_at(monkeypatch):
    """A sweeper passes at a moment of the shop's clock; how many were owed."""

    def passing_at(written: str) -> int:
        monkeypatch.setattr(recurring, "utc_now", lambda: at(written))
        return owe_recurring()

    return passing_at


def runs(db, name="retention"):
    db.session.expire_all()
    found = db.session.scalars(select(RecurringRun).where(RecurringRun.name == name))
    return [(run.owed_for, run.status) for run in found]


@pytest.mark.both_databases
def test_of_many_machines_that_pass_at_once_one_owes_it(app, db, monkeypatch):
    db.session.remove()
    monkeypatch.setattr(recurring, "utc_now", lambda: at("2026-11-20T03:00"))
    gate, owed = threading.Barrier(4), []

    def sweep():
        with app.app_context():
            gate.wait()
            owed.append(owe_recurring())

    sweepers = [threading.Thread(target=sweep) for _sweeper in range(4)]
    for sweeper in sweepers:
        sweeper.start()
    for sweeper in sweepers:
        sweeper.join()
    assert sorted(owed) == [0, 0, 0, 2]
    assert runs(db) == [(at("2026-11-20T03:00"), RunStatus.PENDING)]


def test_each_moment_is_one_run_and_what_is_off_is_none(db, passing_at):
    assert [passing_at("2026-11-20T12:00") for _pass in range(3)] == [2, 0, 0]
    turn_off("retention", "the disk is being moved")
    turn_off("retention", "said twice")
    db.session.commit()
    assert passing_at("2026-11-21T03:00") == 1, "the look at files alone"
    turn_on("retention")
    db.session.commit()
    assert passing_at("2026-11-22T03:00") == 2
    moments = [moment for moment, _status in runs(db)]
    assert moments == [at("2026-11-20T03:00"), at("2026-11-22T03:00")]


def test_a_run_is_done_by_slices_until_the_last(db, monkeypatch):
    slices = iter([recurring.SliceDone(2, False), recurring.SliceDone(1, True)])
    work = RECURRING["retention"]
    sliced = recurring.Recurring(
        work.name, work.label, work.help, work.timing, lambda _day, _found: next(slices)
    )
    monkeypatch.setitem(RECURRING, "retention", sliced)
    run_now("retention")
    with pytest.raises(recurring.Refusal):
        run_now("retention")
    db.session.commit()
    work_off()
    (run,) = db.session.scalars(select(RecurringRun))
    assert (run.count, run.status, run.due_at) == (3, RunStatus.DONE, None) and run.ended_at


def test_a_run_of_a_work_that_no_version_knows_any_more_fails(db):
    db.session.add(RecurringRun.owed("horoscope", utc_now(), utc_now()))
    db.session.commit()
    work_off()
    (run,) = db.session.scalars(select(RecurringRun))
    assert (run.status, run.error) == (RunStatus.FAILED, "unknown")


@pytest.mark.both_databases
def test_what_is_over_is_forgotten_and_nothing_else(db):
    ana = make_user("clerk", email="ana@example.com")
    over, live = UserSession.open(ana)[0], UserSession.open(ana)[0]
    over.seen_at = utc_now() - IDLE - dt.timedelta(minutes=1)
    files = [
        Import(kind=ImportKind.STOCK, status=status, file_name=f"{status}.csv", asked_by="ana")
        for status in (ImportStatus.READY, ImportStatus.READY, ImportStatus.DONE)
    ]
    db.session.add_all([over, live, *files])
    db.session.flush()
    db.session.add(ImportPart(import_id=files[0].id, position=0, content=b"sku;stock"))
    long_ago = utc_now() - dt.timedelta(days=31)
    old = [files[0].id, files[2].id]
    db.session.execute(update(Import).where(Import.id.in_(old)).values(updated_at=long_ago))
    db.session.add(RecurringRun.owed("files", utc_now() - dt.timedelta(days=401), utc_now()))
    ages_ago = utc_now() - dt.timedelta(days=181)
    make_attempt(ages_ago, cause_id=make_cause(last_at=ages_ago).id)
    make_failing(make_cause(last_at=ages_ago))
    young = make_attempt(utc_now() - dt.timedelta(days=179))
    for key, status, asked_at in (
        ("old", LetterStatus.SENT, ages_ago),
        ("owed", LetterStatus.PENDING, ages_ago),
        ("new", LetterStatus.KEPT, utc_now()),
    ):
        letter = StaffLetter.owed(ana, key, "Over", "It is over.", "/alerts", asked_at)
        letter.status = status
        db.session.add(letter)
    db.session.commit()

    assert forget_what_is_over() == 7
    db.session.commit()
    assert list(db.session.scalars(select(UserSession))) == [live]
    kept = [ImportStatus.REFUSED, ImportStatus.READY, ImportStatus.DONE]
    assert [each.status for each in files] == kept
    assert db.session.scalar(select(ImportPart.position)) is None
    assert db.session.scalar(select(RecurringRun.id)) is None
    assert list(db.session.scalars(select(Attempt))) == [young]
    assert set(db.session.scalars(select(StaffLetter.key))) == {"owed", "new"}
    assert forget_what_is_over() == 0


def test_a_manager_sees_the_schedule_runs_a_work_now_and_turns_it_off(client, db):
    sign_in(client, "manager")
    schedule = ExportSchedule(
        name="Buyers",
        listing="customers",
        ending="csv",
        rhythm=Rhythm.WEEKDAYS,
        hour=18,
        recipient=make_user("clerk", email="rosa@example.com"),
    )
    schedule.begin(utc_now(), issuer_zone())
    db.session.add(schedule)
    db.session.commit()
    assert rhythm_words(schedule) == "De segunda a sexta às 18:00"
    page = client.get("/schedule").text
    assert 'id="work-files"' in page and "01:00" in page
    assert 'id="standing-sweeper"' in page and "Every second" in page
    assert "18:00" in page and "step=exportschedule.active" in page
    assert client.post("/schedule/retention/runs").status_code == 303
    work_off()
    work = client.get("/schedule/retention").text
    assert 'data-status="done"' in work
    refused = client.post("/schedule/retention/off", data={"reason": ""})
    assert refused.status_code == 422
    client.post("/schedule/retention/off", data={"reason": "nothing may be deleted"})
    assert "nothing may be deleted" in client.get("/schedule/retention").text
    found = {
        each["name"]: each
        for each in api(client, make_token("manager")).get("/schedule").json["items"]
    }
    assert found["retention"]["off"] and found["retention"]["next_at"] is None
    assert found["retention"]["last"]["outcome"] == "done"
    assert found["closing"]["next_at"] is None and found["files"]["next_at"]
    client.post("/schedule/retention/on")
    assert 'action="/schedule/retention/off"' in client.get("/schedule/retention").text
    assert client.get("/schedule/horoscope").status_code == 404


def test_all_that_the_schedule_links_to_opens_for_who_sees_it(client, db):
    for role in ("manager", "admin"):
        sign_in(client, role)
        main = client.get("/schedule").text.partition("<main")[2].partition("</main>")[0]
        links = set(re.findall(r'href="(/[^"]+)"', main))
        assert ("/settings/alerts" in links) is (role == "admin")
        assert {client.get(unescape(link)).status_code for link in links} == {200}
