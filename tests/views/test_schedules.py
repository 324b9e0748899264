"""A list goes to staff on its schedule: once for each moment, as a link, while they may."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest

from tests.factories import make_product, make_sale, make_user, open_shop, sign_in, work_off
from tests.support.spreadsheets import rows_of
from webapp.platform.clock import utc_now
from webapp.processing.retention import forget_what_is_over
from webapp.views import files
from webapp.views.models import ExportFile, ExportRun, ExportSchedule, Rhythm, following

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


@pytest.fixture
def settings(mail_settings):
    return mail_settings


def at(day: str, hour: int) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(hour), SAO_PAULO)


@pytest.mark.parametrize(
    ("rhythm", "after", "next_"),
    [
        ("daily", ("2026-11-29", 5), ("2026-11-29", 6)),
        ("daily", ("2026-11-29", 6), ("2026-11-30", 6)),
        # A Sunday; the day is Wednesday.
        ("weekly", ("2026-11-29", 5), ("2026-12-02", 6)),
        ("weekly", ("2026-12-02", 7), ("2026-12-09", 6)),
        # Friday's, then Monday's.
        ("weekdays", ("2026-11-27", 5), ("2026-11-27", 6)),
        ("weekdays", ("2026-11-27", 6), ("2026-11-30", 6)),
        ("monthly", ("2026-11-29", 5), ("2026-12-28", 6)),
        ("monthly", ("2026-11-28", 5), ("2026-11-28", 6)),
    ],
)
def test_the_next_moment_is_in_the_shops_zone(rhythm, after, next_):
    schedule = ExportSchedule(rhythm=Rhythm(rhythm), weekday=2, day=28, hour=6)
    assert following(schedule, at(*after), SAO_PAULO) == at(*next_)


def begin(client, **facts):
    form = {"listing": "customers", "query": "", "name": "Buyers", "rhythm": "daily", "hour": "6"}
    return client.post("/schedules", data=form | facts)


def the_schedule(db) -> ExportSchedule:
    return db.session.scalars(db.select(ExportSchedule)).one()


def make_due(db) -> None:
    """Its moment has come."""
    schedule = the_schedule(db)
    schedule.next_at = schedule.due_at = utc_now() - dt.timedelta(seconds=1)
    db.session.commit()


def test_it_goes_out_once_as_a_link_that_speaks_for_the_person(db, client, inbox):
    open_shop()
    email = sign_in(client, "clerk", locale="pt_BR")
    make_sale()
    work_off()
    inbox.letters.clear()
    assert begin(client, query="q=jos%C3%A9", ending="csv").status_code == 303
    work_off()
    assert inbox.letters == []
    make_due(db)
    work_off()
    work_off()
    (letter,) = [each for each in inbox.letters if each["To"] == email]
    text = letter.get_body(("plain",)).get_content()
    assert "Buyers" in text and "1 linha" in text and "José" not in text
    schedule = the_schedule(db)
    assert schedule.sent_at and schedule.next_at > utc_now()
    assert [run.outcome for run in db.session.scalars(db.select(ExportRun))] == ["sent"]
    link = re.search(r"/exports/linked/\S+", text)[0]
    nobody = client.application.test_client()
    assert nobody.get(link).status_code == 200
    rows = rows_of(nobody.get(f"{link}/file", buffered=True))
    # As the clerk reads it: in Portuguese, and no document whole.
    assert rows[0][0] == "Nome" and rows[1][:2] == ["José da Conceição", "•••.444.777-••"]
    assert nobody.get("/customers").status_code == 302
    # It is the list as it stood at its hour, until that is long ago.
    make_sale(customer={"name": "José Maria", "document": "39053344705"})
    assert rows_of(nobody.get(f"{link}/file", buffered=True)) == rows
    file = db.session.scalars(db.select(ExportFile)).one()
    file.given_on -= dt.timedelta(8)
    db.session.commit()
    assert forget_what_is_over() == 1
    assert len(rows_of(nobody.get(f"{link}/file", buffered=True))) == 3
    client.post(f"/schedules/{schedule.id}/deletion")
    assert nobody.get(f"{link}/file").status_code == 410
    assert nobody.get(f"{link[:-2]}").status_code == 410


def test_who_may_not_open_the_list_any_more_gets_nothing(db, client, inbox):
    sign_in(client, "manager")
    person = make_user("manager", name="Bia")
    assert begin(client, listing="commissions", recipient=person.id).status_code == 303
    for change, why in (({"role": "clerk"}, "role"), ({"active": False}, "person")):
        for name, value in change.items():
            setattr(person, name, value)
        make_due(db)
        work_off()
        schedule = the_schedule(db)
        assert (schedule.status, schedule.paused_for) == ("paused", why)
        client.post(f"/schedules/{schedule.id}/resumption")
    assert inbox.letters == []
    # A filter that the list knows no more.
    person.role, person.active = "manager", True
    the_schedule(db).query = {"month": "2026-13"}
    make_due(db)
    work_off()
    assert the_schedule(db).paused_for == "filter" and inbox.letters == []
    page = client.get("/views").text
    assert page.count("Paused") >= 3


def test_what_is_gone_rests_and_a_list_by_role_is_its_readers(db, client, inbox):
    open_shop()
    sign_in(client, "manager")
    client.post("/imports", data={"kind": "products", "pasted": "sku\tname\nA\tAlpha"})
    readers = [make_user(role) for role in ("accountant", "clerk")]
    for reader in readers:
        begin(client, listing="imports", recipient=reader.id)
    begin(client, listing="stock-movements", query=f"product={make_product().id}")
    *_others, gone = db.session.scalars(db.select(ExportSchedule).order_by(ExportSchedule.id))
    gone.query = {"product": "999"}
    db.session.execute(db.update(ExportSchedule).values(next_at=utc_now(), due_at=utc_now()))
    db.session.commit()
    work_off()
    db.session.refresh(gone)
    assert (gone.status, gone.paused_for) == ("paused", "filter")
    told = {each["To"]: each.get_body(("plain",)).get_content() for each in inbox.letters}
    counts = [re.search(r"(\d+) (?:rows|linhas?)", told[reader.email])[1] for reader in readers]
    assert counts == ["0", "1"]


def test_a_schedule_is_for_people_of_the_shop_who_may_have_the_list(db, client):
    sign_in(client, "clerk")
    other = make_user("clerk")
    assert begin(client, recipient=other.id).status_code == 422
    assert begin(client, listing="audit").status_code in (403, 422)
    assert begin(client, hour="24").status_code == 422
    assert begin(client, query="sort=nothing").status_code == 422
    assert begin(client).status_code == 303
    sign_in(client, "manager")
    assert begin(client, listing="commissions", recipient=other.id).status_code == 422
    page = client.get("/schedules/new/products?kind=book")
    assert page.status_code == 200 and "kind=book" in page.text


def test_while_the_server_is_away_its_moment_waits(db, client, inbox, monkeypatch):
    open_shop()
    sign_in(client, "clerk")
    make_product()
    begin(client, listing="products")
    make_due(db)
    moment = the_schedule(db).next_at
    monkeypatch.setattr(inbox, "refuse", {"@": "451 later"})
    work_off()
    schedule = the_schedule(db)
    assert schedule.next_at == moment and schedule.error and not schedule.sent_at
    monkeypatch.setattr(inbox, "refuse", {})
    schedule.due_at = utc_now()
    db.session.commit()
    work_off()
    assert len(inbox.letters) == 1 and the_schedule(db).next_at > utc_now()
    # What was made at its hour is what goes out.
    assert db.session.scalar(db.select(db.func.count(ExportFile.id))) == 1


def test_what_is_too_long_to_be_kept_is_made_when_the_link_is_opened(
    db, client, inbox, monkeypatch
):
    monkeypatch.setattr(files, "MOST_BYTES", 10)
    open_shop()
    sign_in(client, "clerk")
    begin(client, listing="products")
    make_due(db)
    work_off()
    (letter,) = inbox.letters
    text = letter.get_body(("plain",)).get_content()
    assert "made when the link is opened" in text and not db.session.scalar(db.select(ExportFile))
    link = re.search(r"/exports/linked/\S+", text)[0]
    assert "It is made now" in client.application.test_client().get(link).text
