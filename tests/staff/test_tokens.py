"""API tokens: shown once, kept as a hash, worth nothing once revoked."""

import datetime as dt
import re

import flask_migrate
import pytest
from sqlalchemy import select, text, update

from tests.factories import api, make_token, sign_in
from webapp import migrations
from webapp.audit.models import AuditEntry
from webapp.platform.clock import utc_now
from webapp.staff.models import ApiToken, User, digest


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
    assert "counts no more" in answer.json["detail"]
    bare = app.test_client().get("/api/v1/sales", headers={"Accept-Language": "en"})
    assert "Send your token" in bare.json["detail"]


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


def the_token(db) -> ApiToken:
    return db.session.scalars(select(ApiToken).execution_options(populate_existing=True)).one()


def test_a_token_is_told_with_who_made_it_when_it_was_used_and_when_it_ends(app, client, db, admin):
    calls = api(app.test_client(), secret_in(make(client).text))
    never = client.get("/staff").text
    calls.get("/jobs")
    token = the_token(db)

    assert "Never" in never and "Ana Paula Reis" in never
    assert token.owner.email == admin and utc_now() - token.used_at < dt.timedelta(minutes=1)
    assert abs(token.expires_at - utc_now() - dt.timedelta(days=365)) < dt.timedelta(hours=1)
    assert "Never" not in client.get("/staff").text


def test_being_used_is_noted_by_the_hour_and_not_with_each_call(app, client, db, admin):
    calls = api(app.test_client(), secret_in(make(client).text))
    for ago, noted in ((dt.timedelta(minutes=50), False), (dt.timedelta(minutes=70), True)):
        before = utc_now() - ago
        db.session.execute(update(ApiToken).values(used_at=before))
        db.session.commit()
        assert calls.get("/jobs").status_code == 200
        assert (the_token(db).used_at != before) == noted


def test_a_token_ends_on_its_day_and_its_name_is_free_again(app, client, db, admin):
    answer = client.post("/staff/tokens", data={"name": "checkout", "role": "clerk", "days": "30"})
    calls = api(app.test_client(), secret_in(answer.text))
    soon = client.get("/staff").text
    db.session.execute(update(ApiToken).values(expires_at=utc_now() - dt.timedelta(seconds=1)))
    db.session.commit()

    assert "Ends soon" in soon and calls.get("/sales").status_code == 401
    page = client.get("/staff").text
    assert 'data-status="over"' in page and "revocation" not in page
    assert make(client).status_code == 201


@pytest.mark.parametrize("days", ["0", "731", "x"])
def test_no_token_is_made_for_ever(client, db, admin, days):
    form = {"name": "checkout", "role": "clerk", "days": days}
    assert client.post("/staff/tokens", data=form).status_code == 422


@pytest.mark.parametrize("change", [{"active": "0"}, {"role": "manager"}])
def test_a_token_ends_with_the_standing_of_whoever_made_it(app, client, db, admin, change):
    owner = app.test_client()
    email = sign_in(owner, "admin")
    calls = api(app.test_client(), secret_in(make(owner).text))
    assert calls.get("/sales").status_code == 200
    bia = db.session.scalars(select(User).where(User.email == email)).one()
    facts = {"email": bia.email, "name": bia.name, "role": "admin", "active": "1"}
    assert "checkout: revoked once" in client.get(f"/staff/{bia.id}").text
    client.post(f"/staff/{bia.id}", data=facts | {"version": bia.version} | change)

    assert calls.get("/sales").status_code == 401
    told = select(AuditEntry).where(AuditEntry.subject == "api_tokens")
    assert [entry.action for entry in db.session.scalars(told)] == ["created", "changed"]


def test_the_command_line_makes_tokens_of_nobody_that_end_too(app, db):
    said = app.test_cli_runner().invoke(args=["token", "create", "site", "--role", "clerk"])
    token = the_token(db)

    assert digest(said.output.splitlines()[-1]) == token.secret_hash
    assert token.owner is None and token.state == "active"
    assert token.expires_at - utc_now() < dt.timedelta(days=366)


@pytest.mark.operations
@pytest.mark.both_databases
def test_tokens_from_before_they_ended_have_a_year_left(app, db):
    make_token()
    db.session.remove()
    migrations.bind(app)
    flask_migrate.downgrade(revision="0016")
    assert db.session.scalar(text("SELECT name FROM api_tokens")) == "checkout"
    db.session.remove()
    flask_migrate.upgrade(revision="0017")

    ends_at = db.session.scalars(select(ApiToken.expires_at)).one()
    # A migration asks the machine's clock, whichever day it is in the shop.
    now = dt.datetime.now(dt.UTC)
    assert dt.timedelta(days=364) < ends_at - now < dt.timedelta(days=366)
