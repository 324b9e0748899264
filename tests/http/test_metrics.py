"""Measured values are for whoever watches from near; from elsewhere it takes an API token. What
docs/operations.md lists is what is told."""

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.factories import make_token
from webapp.alerts.metrics import METRICS
from webapp.attempts.models import Attempt, AttemptOutcome, FailureCause
from webapp.platform.clock import utc_now

LIST = Path(__file__).parents[2] / "docs" / "operations.md"


def status(client, address: str, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    asked = client.get("/metrics", environ_base={"REMOTE_ADDR": address}, headers=named)
    return asked.status_code


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "172.18.0.5", "fd00::5"])
def test_from_this_machine_and_its_private_network_they_are_open(client, db, address):
    assert status(client, address) == 200


@pytest.mark.parametrize("address", ["200.147.3.1", "2804:14c::1", ""])
def test_from_elsewhere_they_are_not(client, db, address):
    assert status(client, address) == 403


def test_through_a_proxy_everybody_is_from_elsewhere(client, db):
    assert status(client, "127.0.0.1", X_Forwarded_For="200.147.3.1") == 403
    assert status(client, "10.0.0.1", Forwarded="for=200.147.3.1") == 403


def test_a_token_opens_them_from_anywhere(client, db):
    secret = make_token()
    assert status(client, "200.147.3.1", Authorization=f"Bearer {secret}") == 200
    assert status(client, "200.147.3.1", Authorization="Bearer balcao_made-up") == 403


def test_the_list_for_who_operates_names_all_that_is_told(client, db):
    """Their labels too; those of which nothing is known here are held by the table."""
    table = re.findall(r"^\| `(balcao_\w+)` \|(.*?)\| (.*) \|$", LIST.read_text(), re.M)
    listed = {name: (re.findall("`(.*?)`", labels), meaning) for name, labels, meaning in table}
    known = {
        each.name + ("_total" if each.counts else ""): ([*each.labels], each.meaning)
        for each in METRICS
    }
    known["balcao_database_up"] = ([], "Whether the database answers")
    assert listed == known
    told = set(re.findall(r"^(balcao_\w+)", client.get("/metrics").text, re.M))
    assert told <= listed.keys() and len(told) > 20


def test_what_fails_is_counted_and_weighed(client, db):
    now = utc_now()
    cause = FailureCause(
        fingerprint="f",
        queue="mail",
        kind="message",
        step="pending",
        error="away",
        first_at=now,
        last_at=now,
        count=40,
        healed=3,
        waiting=12,
        orders=9,
        amount=Decimal(1234),
    )
    db.session.add(cause)
    for outcome in (AttemptOutcome.DONE, *[AttemptOutcome.FAILED] * 9):
        figures = dict.fromkeys(("row_id", "waited_ms", "took_ms", "batch"), 1)
        moment = now - dt.timedelta(minutes=1)
        row = Attempt(kind="message", step="pending", queue="mail", outcome=outcome, **figures)
        row.began_at, row.ended_at, row.worker = moment, moment, "w1"
        db.session.add(row)
    db.session.commit()
    told = client.get("/metrics").text
    for line in (
        'balcao_failures_total{queue="mail"} 40.0',
        'balcao_healed_total{queue="mail"} 3.0',
        'balcao_failing_steps{queue="mail"} 12.0',
        'balcao_failing_orders{queue="mail"} 9.0',
        'balcao_failing_amount_reais{queue="mail"} 1234.0',
        'balcao_failing_percent{queue="mail"} 90.0',
        'balcao_tries_recent{outcome="failed",queue="mail"} 9.0',
        'balcao_causes_open{queue="mail"} 1.0',
        'balcao_alerts_open{kind="oldest"} 0.0',
    ):
        assert line in told
