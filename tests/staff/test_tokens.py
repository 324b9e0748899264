"""API tokens: shown once, kept as a hash, worth nothing once revoked."""

import re

import pytest
from sqlalchemy import select

from tests.factories import api, sign_in
from webapp.audit.models import AuditEntry
from webapp.staff.models import ApiToken, digest


@pytest.fixture
def admin(client, db):
    return sign_in(client, "admin")


def make(client, name="checkout", role="manager"):
    return client.post("/staff/tokens", data={"name": name, "role": role})


def secret_in(page: str) -> str:
    return re.search(r'id="new-token"[^>]*>([^<]+)<', page).group(1)


def test_a_token_is_shown_once_and_opens_the_api_with_its_role(app, client, db, admin):
    answer = make(client)
    secret = secret_in(answer.text)

    assert answer.status_code == 201 and answer.headers["Cache-Control"] == "no-store"
    assert secret not in client.get("/staff").text
    assert db.session.scalars(select(ApiToken)).one().secret_hash == digest(secret)
    assert api(app.test_client(), secret).get("/jobs").status_code == 200


def test_the_secret_is_not_in_the_audit(client, db, admin):
    secret = secret_in(make(client).text)

    kept = [
        str(entry.before) + str(entry.after) + entry.subject_name
        for entry in db.session.scalars(select(AuditEntry))
    ]
    assert any("checkout" in text for text in kept) and not any(
        secret in text or digest(secret) in text for text in kept
    )


def test_a_revoked_token_is_refused_at_once_and_revoking_twice_does_no_harm(app, client, db, admin):
    calls = api(app.test_client(), secret_in(make(client).text))
    token = db.session.scalars(select(ApiToken)).one()

    client.post(f"/staff/tokens/{token.id}/revocation")
    db.session.refresh(token)
    first = token.revoked_at
    assert client.post(f"/staff/tokens/{token.id}/revocation").status_code == 303
    db.session.refresh(token)

    assert token.revoked_at == first
    answer = calls.get("/jobs")
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


def test_a_name_in_use_is_refused_so_that_a_doubled_click_makes_one_token(client, db, admin):
    make(client)
    answer = make(client)

    assert answer.status_code == 422 and "A token of this name is in use" in answer.text
    assert len(db.session.scalars(select(ApiToken)).all()) == 1


@pytest.mark.parametrize(
    ("name", "role"), [("", "clerk"), ("x" * 81, "clerk"), ("checkout", "owner"), ("a\0b", "clerk")]
)
def test_a_token_without_a_name_or_with_a_strange_role_is_refused(client, db, admin, name, role):
    assert make(client, name, role).status_code == 422
    assert db.session.scalars(select(ApiToken)).all() == []


def test_a_token_that_is_not_there(client, admin):
    assert client.post("/staff/tokens/99/revocation").status_code == 404


def test_a_token_does_not_sign_in_to_the_pages(app, client, admin):
    secret = secret_in(make(client, role="admin").text)

    answer = app.test_client().get("/staff", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.location.split("?")[0]) == (302, "/login")
