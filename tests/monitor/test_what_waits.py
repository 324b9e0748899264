"""What the queue monitor says of tries, causes, outcomes and the postal code services."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import update

from tests.factories import make_sale, open_shop, sign_in, work_off
from tests.support.postal_code_providers import FakeProviders, asking_viacep, forget_lookup
from webapp.addresses.models import PostalProvider
from webapp.monitor.causes import cause_of
from webapp.monitor.queries import FailingRow, failing_rows, providers
from webapp.monitor.registries import queue_counts
from webapp.platform.clock import utc_now
from webapp.processing.address_step import pause
from webapp.sales.models import Sale, Status

UNFINISHED = {"zip_code": "05010-000", "number": "100"}


@pytest.fixture(scope="module")
def fake():
    with FakeProviders() as fake:
        yield fake


@pytest.fixture
def settings(base_settings, database_url, fake):
    return asking_viacep(replace(base_settings, database_url=database_url), fake)


@pytest.fixture(autouse=True)
def fresh_lookup(app, fake):
    fake.modes["viacep"] = "forbidden"
    yield
    forget_lookup(app)


@pytest.fixture
def try_again(app, db):
    """What waits is due again, and the provider has been left alone for long enough."""

    def again():
        app.extensions["lookup"]._sources[0].breaker.succeeded()
        waiting = update(Sale).where(Sale.status == Status.ADDRESS)
        db.session.execute(waiting.values(due_at=utc_now()))
        db.session.commit()
        work_off()

    return again


def since(db, **fields):
    db.session.execute(update(PostalProvider).values(**fields))
    db.session.commit()


def card(page, name="viacep"):
    return page.split(f'id="provider-{name}"')[1].split("</li>")[0]


@pytest.mark.both_databases
def test_waits_are_counted_as_tries_since_when_and_not_as_outcomes(app, db, fake, try_again):
    open_shop()
    sale = make_sale(address=UNFINISHED)
    work_off()
    (first,) = failing_rows()
    for _time in range(9):
        try_again()
    (row,) = failing_rows()
    assert (first.tries, row.tries) == (1, 10)
    assert row.since == first.since and row.since > utc_now() - dt.timedelta(minutes=1)
    # more of them than attempts that may fail
    assert (sale.status, sale.attempts) == (Status.ADDRESS, 0)
    assert queue_counts([])["addresses"]["finished"] == 0

    fake.modes["viacep"] = "ok"
    try_again()
    assert (sale.status, sale.waits, sale.unmet_since) == (Status.INVOICED, 0, None)
    counts = queue_counts([])
    assert [counts[name]["finished"] for name in ("addresses", "rules", "invoices")] == [1, 1, 1]
    assert providers()["viacep"].reason == "" and providers()["viacep"].failing_since is None


def test_who_waits_for_a_provider_is_tried_more_and_more_rarely():
    waits = [pause(tries).total_seconds() for tries in range(1, 8)]
    for wait, about in zip(waits, (10, 20, 40, 60, 60, 60, 60), strict=True):
        assert about * 0.8 <= wait <= about * 1.2
    assert pause(10_000).total_seconds() <= 72


def test_the_cause_is_told_in_words_with_since_when_and_what_comes_next(client, db, fake):
    sign_in(client, "manager")
    assert "Not asked yet" in card(client.get("/jobs").text)
    open_shop()
    sale = make_sale(address=UNFINISHED)
    work_off()
    since(
        db,
        failing_since=utc_now() - dt.timedelta(minutes=52),
        answered_at=utc_now() - dt.timedelta(hours=1),
        rests_until=utc_now() + dt.timedelta(seconds=40),
        reason="refused",
    )
    page = client.get("/jobs").text
    row = page.split(f'id="owed-sale-{sale.id}"')[1].split("</tr>")[0]
    said = "ViaCEP has refused the connection for 52 min"
    assert said in row and "breaker_open" not in page
    assert said in card(page) and "Last answer 1 h 00 min ago" in card(page)
    assert "Left alone for another" in card(page) and 'data-status="warn"' in card(page)

    since(db, rests_until=utc_now())
    assert "Tried again with the next order" in card(client.get("/jobs").text)
    since(db, reason="busy")
    page = card(client.get("/jobs").text)
    assert "limit of queries" in page and "Paused" in page


def test_a_provider_that_fails_in_another_way_is_away_since_the_first(app, db, fake, try_again):
    make_sale(address=UNFINISHED)
    work_off()
    first = providers()["viacep"]
    began = first.failing_since
    assert (first.reason, first.answered_at) == ("blocked", None) and first.rests_until > began
    fake.modes["viacep"] = "server_error"
    try_again()
    db.session.refresh(first)
    assert (first.reason, first.failing_since) == ("server_error", began)


@pytest.mark.parametrize(
    ("kind", "error", "reason", "told"),
    [
        ("message", "away: ConnectionRefusedError", "", "The mail server does not answer."),
        ("invoice", "OperationalError: database is locked", "", "The database did not answer"),
        ("effect", "NotYet: no_active_membership", "No membership to extend", "No membership"),
        ("sale", "KeyError: 'x'", "", "An error of the program: KeyError"),
        ("sale", "no_time", "", "No postal code service could be asked"),
    ],
)
def test_every_kind_of_work_tells_its_cause_in_words(app, kind, error, reason, told):
    now = utc_now()
    row = FailingRow(kind, 1, "WEB-1", "/", "rules", "pending", 1, now, error, reason, now)
    assert cause_of(row, {}, now).startswith(told)
