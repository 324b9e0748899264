"""Series of NF-e: each channel in its own, each number once, and a gap only where a person wants
it."""

import pytest
from sqlalchemy import select

from tests.factories import make_sale, open_shop, sign_in, work_off
from webapp.audit.models import AuditEntry
from webapp.invoices.models import Invoice
from webapp.platform.clock import utc_now
from webapp.store.models import Series
from webapp.store.queries import every_series, the_shop
from webapp.store.sleep import put_to_sleep

REASON = "Coming from another system"


@pytest.fixture
def admin(client, db):
    open_shop()
    return sign_in(client, "admin")


def renumber(client, number, **changes):
    sent = {"series": "1", "next_number": str(number), "reason": REASON, **changes}
    return client.post("/settings/next-number", data=sent)


def add_series(client, number, first_number="1"):
    return client.post("/settings/series", data={"number": number, "first_number": first_number})


def next_numbers(db):
    db.session.rollback()
    return {series.number: series.next_number for series in every_series()}


def issued(db):
    rows = db.session.execute(
        select(Invoice.series, Invoice.number).order_by(Invoice.series, Invoice.number)
    )
    return [tuple(row) for row in rows]


@pytest.mark.both_databases
def test_each_channel_is_numbered_in_its_series(client, db, admin):
    assert add_series(client, "7", "100").status_code == 303
    chosen = {"channels.site": "1", "channels.store": "7", "channels.phone": "7"}
    assert client.post("/settings/channels", data=chosen).status_code == 303

    for channel in ("store", "site", "phone", "fair"):
        make_sale(channel=channel)
    work_off()

    assert issued(db) == [(1, 1), (1, 2), (7, 100), (7, 101)], "what has none of its own is in 1"
    assert next_numbers(db) == {1: 3, 7: 102}


def test_a_note_that_bears_a_number_keeps_it_when_its_channel_takes_another_series(
    client, db, admin
):
    make_sale()
    work_off()
    invoice = db.session.scalars(select(Invoice)).one()
    add_series(client, "7")
    client.post("/settings/channels", data={"channels.site": "7"})
    make_sale()
    work_off()
    assert (invoice.series, invoice.number) == (1, 1) and issued(db) == [(1, 1), (7, 1)]


@pytest.mark.both_databases
def test_a_gap_is_left_only_once_a_person_has_confirmed_it(client, db, admin):
    answer = renumber(client, 500)
    assert answer.status_code == 422 and next_numbers(db) == {1: 1}
    assert "numbers 1 to 499" in answer.text and 'name="confirmed"' in answer.text
    assert renumber(client, 600, confirmed="500").status_code == 422, "another number than that"

    assert renumber(client, 500, confirmed="500").status_code == 303
    make_sale()
    work_off()
    assert issued(db) == [(1, 500)]
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.subject == "series")).one()
    assert (entry.actor, entry.after, entry.why) == (admin, {"next_number": 500}, REASON)


def test_going_back_asks_too_and_never_below_what_is_issued(client, db, admin):
    make_sale()
    work_off()
    renumber(client, 500, confirmed="500")

    used = renumber(client, 1, confirmed="1")
    assert used.status_code == 422 and 'id="f-next_number-error"' in used.text
    asked = renumber(client, 2)
    assert asked.status_code == 422 and "numbers 2 to 499 were left out" in asked.text
    assert renumber(client, 2, confirmed="2").status_code == 303
    assert next_numbers(db) == {1: 2}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"next_number": "0"}, "next_number"),
        ({"next_number": "-5"}, "next_number"),
        ({"next_number": "1000000000"}, "next_number"),
        ({"next_number": "x"}, "next_number"),
        ({"next_number": ""}, "next_number"),
        ({"reason": ""}, "reason"),
        ({"confirmed": "maybe", "next_number": "9"}, "confirmed"),
    ],
)
def test_what_is_no_number_or_has_no_reason_is_refused(client, db, admin, changes, field):
    answer = renumber(client, changes.pop("next_number", "9"), **changes)
    assert answer.status_code == 422 and f'id="f-{field}-error"' in answer.text
    assert next_numbers(db) == {1: 1}


@pytest.mark.parametrize("number", ["890", "900", "999", "-1", "x", "", "1"])
def test_series_of_the_authorities_and_those_there_are_refused(client, db, admin, number):
    answer = add_series(client, number)
    assert answer.status_code == 422 and 'id="f-number-error"' in answer.text
    assert list(next_numbers(db)) == [1]


def test_a_channel_takes_a_series_that_there_is(client, db, admin):
    add_series(client, "7")
    answer = client.post("/settings/channels", data={"channels.site": "8"})
    assert answer.status_code == 422 and "There is no such series." in answer.text
    assert the_shop().channel_series == {}


def test_series_zero_is_one_like_any_other(client, db, admin):
    add_series(client, "0")
    client.post("/settings/channels", data={"channels.site": "0"})
    make_sale()
    work_off()
    assert issued(db) == [(0, 1)]


def test_a_shop_out_of_a_backup_is_told_where_every_series_stands(client, db, admin):
    add_series(client, "7", "100")
    put_to_sleep(utc_now())
    second = every_series()[1].id
    db.session.commit()

    for told in ({}, {"others.0.id": second, "others.0.next_number": "99"}):
        answer = client.post("/settings/awakening", data={"next_number": "50"} | told)
        assert answer.status_code == 422 and 'id="f-others-0-next_number-error"' in answer.text
    assert next_numbers(db) == {1: 1, 7: 100}

    told = {"next_number": "50", "others.0.id": second, "others.0.next_number": "120"}
    assert client.post("/settings/awakening", data=told).status_code == 303
    assert next_numbers(db) == {1: 50, 7: 120} and the_shop().asleep_since is None


@pytest.mark.parametrize("role", ["manager", "accountant"])
def test_only_an_administrator_sees_or_changes_them(client, db, role):
    sign_in(client, role)
    assert client.get("/settings/numbering").status_code == 403
    for answer in (renumber(client, 9), add_series(client, "7")):
        assert answer.status_code == 403
    assert db.session.scalar(select(Series.next_number)) == 1
