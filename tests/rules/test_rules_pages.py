"""The rules in force, as people read them."""

import datetime as dt

import pytest

from tests.factories import sign_in
from tests.support.processed_sales import publish
from webapp.platform.clock import utc_now
from webapp.rules.core.day_one import day_one_rules
from webapp.rules.models import RuleSetVersion

PAGE = "/rules"


def rule(**changes) -> dict:
    return (
        day_one_rules()[0]
        | {"code": "one", "name": {"pt_BR": "Regra um", "en": "Rule one"}}
        | changes
    )


def test_every_rule_stands_there_by_name_and_sentence(db, client):
    sign_in(client, "manager")
    page = client.get(PAGE).text
    for each in day_one_rules():
        assert (
            f'id="rule-{each["code"]}"' in page and each["name"]["en"].replace("'", "&#39;") in page
        )
    assert "If the product is shipped, then put the item on the packing slip." in page


def test_a_rules_name_is_in_the_readers_language(db, client):
    publish([rule()])
    sign_in(client, "manager", locale="pt_BR")
    page = client.get(PAGE).text
    assert "Regra um" in page and "Rule one" not in page


def test_the_version_says_who_published_it_and_why(db, client):
    version = publish([rule()], "Fewer slips")
    sign_in(client, "manager")
    page = client.get(PAGE).text
    assert f"Version {version.id}" in page and "rosa@example.com" in page and "Fewer slips" in page


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "In force"),
        ({"enabled": False}, "Disabled"),
        ({"valid_from": "2099-01-01"}, "Not yet in force"),
        ({"valid_from": "2020-01-01", "valid_to": "2020-12-31"}, "No longer in force"),
    ],
)
def test_a_rule_says_whether_it_counts_today(db, client, changes, state):
    publish([rule(**changes)])
    sign_in(client, "manager")
    row = client.get(PAGE).text.split('id="rule-one"')[1].split("</tr>")[0]
    assert state in row


def test_rules_stand_in_the_order_in_which_they_are_heard(db, client):
    publish([rule(), rule(code="first", priority=5)])
    sign_in(client, "manager")
    page = client.get(PAGE).text
    assert page.index('id="rule-first"') < page.index('id="rule-one"')


def test_names_are_text_not_markup(db, client):
    publish([rule(name="<script>alert(1)</script>")])
    sign_in(client, "manager")
    assert "<script>alert" not in client.get(PAGE).text


def test_without_a_published_set_the_page_says_what_rules_are(db, client):
    db.session.execute(db.delete(RuleSetVersion))
    db.session.commit()
    sign_in(client, "manager")
    assert "No rules were published yet" in client.get(PAGE).text


@pytest.mark.parametrize(
    ("role", "status"), [("clerk", 403), ("accountant", 403), ("manager", 200), ("admin", 200)]
)
def test_rules_are_read_by_managers(db, client, role, status):
    sign_in(client, role)
    assert client.get(PAGE).status_code == status


def test_the_last_day_of_a_rule_counts(db, client):
    today = utc_now().date()
    publish(
        [
            rule(
                valid_from=str(today - dt.timedelta(days=3)),
                valid_to=str(today + dt.timedelta(days=1)),
            )
        ]
    )
    sign_in(client, "manager")
    assert "In force" in client.get(PAGE).text.split('id="rule-one"')[1]
