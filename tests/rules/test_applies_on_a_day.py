"""What applies on a day: the version that was in force then, and of its rules those that count on
that day."""

import datetime as dt
import re

import pytest

from tests.factories import sign_in
from tests.support.rule_drafts import in_force, rule
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.rules.models import RuleSetVersion
from webapp.rules.queries import version_on


@pytest.fixture
def versions(db):
    """Rules as they were in January, and from 10 March, 23:30 in the shop's zone, on."""
    db.session.execute(db.delete(RuleSetVersion))
    old = in_force(rule("a"), rule("gone"), rule("b", name="As it was"))
    old.published_at = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
    new = in_force(
        rule("a"),
        rule("b", name="As it is"),
        rule("off", enabled=False),
        rule("xmas", valid_from="2027-12-01"),
        rule("summer", valid_to="2026-04-01"),
    )
    new.published_at = dt.datetime(2026, 3, 11, 2, 30, tzinfo=dt.UTC)
    db.session.commit()
    return old, new


def on(client, day):
    answer = client.get(f"/rules?on={day}")
    assert answer.status_code == 200
    return answer, re.findall(r'<tr id="rule-([a-z]+)"', answer.text)


@pytest.mark.parametrize(
    ("day", "which"),
    [
        ("2026-01-04", None),
        ("2026-01-05", 0),
        ("2026-03-09", 0),
        ("2026-03-10", 1),
        ("2026-03-11", 1),
        ("2999-12-31", 1),
        ("9999-12-31", 1),
        ("0001-01-01", None),
    ],
)
def test_a_day_is_judged_by_the_version_at_its_end_in_the_shops_zone(versions, day, which):
    found = version_on(dt.date.fromisoformat(day))
    assert found == (None if which is None else versions[which])


@pytest.mark.parametrize(
    ("day", "codes"),
    [
        ("2026-02-01", ["a", "gone", "b"]),
        ("2026-03-31", ["a", "b", "summer"]),
        ("2026-04-01", ["a", "b", "summer"]),
        ("2026-04-02", ["a", "b"]),
        ("2027-12-24", ["a", "b", "xmas"]),
        ("2025-01-01", []),
    ],
)
def test_only_rules_that_count_on_that_day_are_shown(versions, client, day, codes):
    sign_in(client, "manager")
    assert on(client, day)[1] == codes


def test_what_changes_between_then_and_now_is_told(versions, client):
    sign_in(client, "manager")
    told = on(client, "2026-02-01")[0].text.split('id="on-a-day"')[1].split("</section>")[0]
    assert f"Version {versions[0].id}" in told
    assert re.findall(r'fact-term">([^<]+)</dt><dd>([^<]+)', told) == [
        ("Applies then, not today", "Rule gone"),
        ("Said something else", "As it was"),
    ]
    assert f"/rules/versions/{versions[1].id}?against={versions[0].id}" in told
    told = on(client, "2027-12-24")[0].text.split('id="on-a-day"')[1].split("</section>")[0]
    assert "Rule xmas" in told and "against=" not in told


def test_a_day_like_today_says_so(versions, client):
    sign_in(client, "manager")
    assert "The same rules as today." in on(client, utc_now().date().isoformat())[0].text


def test_before_the_first_version_nothing_applied(versions, client):
    sign_in(client, "manager")
    assert "No rules were published by then." in on(client, "2025-01-01")[0].text


@pytest.mark.parametrize("day", ["soon", "2026-13-01", "20/11/2026", "2026-02-30", "%00", "9" * 50])
def test_what_is_no_day_is_refused_in_words(db, client, day):
    sign_in(client, "manager")
    answer = client.get(f"/rules?on={day}")
    assert answer.status_code == 422 and "Write a day like 2026-11-20." in answer.text


def test_the_days_filters_and_language_hold(versions, client):
    sign_in(client, "manager", locale="pt_BR")
    answer = client.get("/rules?on=2026-02-01&q=gone")
    assert (
        re.findall(r'<tr id="rule-([a-z]+)"', answer.text) == ["gone"]
        and "O que vale em 01/02/2026" in answer.text
    )


def test_without_any_version_the_page_stands(db, client):
    database.session.execute(db.delete(RuleSetVersion))
    database.session.commit()
    sign_in(client, "manager")
    for path in ("/rules?on=2026-01-01", "/rules/draft", "/rules/versions"):
        assert client.get(path).status_code == 200
    assert client.get("/rules/export.json").status_code == 404
    assert client.post("/rules/draft/rules/a/switch", data={"enabled": "1"}).status_code == 303
