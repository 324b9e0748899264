"""The tests' own client refuses an answer that is not as the API's document declares it."""

from types import SimpleNamespace

import pytest

from tests.factories import api, make_token
from tests.support.api_contract import contract_of
from webapp.platform.errors import Refusal
from webapp.rules import api as rules_api
from webapp.web.openapi import calls_of

GOOD = {
    "version": 1,
    "published_at": "2026-11-20T14:30:00+00:00",
    "published_by": "a",
    "reason": "",
}


@pytest.fixture
def answered(client, db, monkeypatch):
    """What is said of GET /rules when it answers with such rules."""

    def ask(published):
        version = published and SimpleNamespace(to_json=lambda: published)
        monkeypatch.setattr(rules_api, "published", lambda: version)
        return api(client, make_token("manager")).get("/rules").status_code

    return ask


def test_what_is_declared_passes(answered):
    assert answered(GOOD | {"rules": []}) == 200
    assert answered(None) == 404


@pytest.mark.parametrize(
    ("published", "said"),
    [
        (GOOD | {"rules": [], "secret": 1}, "secret"),
        (GOOD, "rules"),
        (GOOD | {"rules": [], "version": "1"}, "version"),
        (GOOD | {"rules": [], "published_at": "yesterday"}, "published_at"),
        (GOOD | {"rules": [{"code": "a"}]}, "rules.0"),
    ],
)
def test_what_is_not_declared_fails_the_test(answered, published, said):
    with pytest.raises(AssertionError, match=f"GET /api/v1/rules: .*{said}"):
        answered(published)


def test_so_does_a_status_that_is_not_declared(client, db, monkeypatch):
    def refuse():
        raise Refusal("not now")

    monkeypatch.setattr(rules_api, "published", refuse)
    with pytest.raises(AssertionError, match="status 409 is not declared"):
        api(client, make_token("manager")).get("/rules")


def test_the_contract_is_of_every_call(app):
    paths = contract_of(app).document["paths"]
    assert sum(map(len, paths.values())) == len(calls_of(app))
