"""The published rule set as JSON."""

from tests.factories import api, make_token
from webapp.rules.core.day_one import day_one_rules
from webapp.rules.models import RuleSetVersion


def test_the_published_set_is_given_as_it_was_published(db, client):
    answer = api(client, make_token("manager")).get("/rules")
    assert answer.status_code == 200 and answer.json["rules"] == day_one_rules()
    assert answer.json["version"] == 1 and answer.json["published_by"] and answer.json["reason"]


def test_the_newest_version_is_the_published_one(db, client):
    db.session.add(
        RuleSetVersion(rules=day_one_rules()[:1], published_by="rosa@example.com", reason="Less")
    )
    db.session.commit()
    answer = api(client, make_token("manager")).get("/rules").json
    assert (answer["version"], len(answer["rules"]), answer["reason"]) == (2, 1, "Less")


def test_before_the_first_version_there_is_nothing(db, client):
    db.session.execute(db.delete(RuleSetVersion))
    db.session.commit()
    assert api(client, make_token("manager")).get("/rules").status_code == 404


def test_a_clerks_token_does_not_read_them(db, client):
    assert api(client, make_token("clerk")).get("/rules").status_code == 403


def test_an_unknown_parameter_is_refused(db, client):
    assert (
        api(client, make_token("manager")).get("/rules?version=1").json["errors"][0]["field"]
        == "version"
    )
