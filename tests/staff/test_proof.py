"""Who gives others power has typed their own password lately: an open browser is not its owner."""

import datetime as dt

import pytest
from sqlalchemy import select, update

from tests.factories import make_user, sign_in
from webapp.audit.models import AuditEntry
from webapp.platform.clock import utc_now
from webapp.staff.models import ApiToken, User, UserSession
from webapp.staff.pages.proof import OPENS, SENDS

PASSWORD = "uma frase comprida"
LATER = dt.timedelta(minutes=1)


@pytest.fixture
def admin(client, db):
    user = db.session.scalars(select(User).where(User.email == sign_in(client, "admin"))).one()
    user.set_password(PASSWORD)
    db.session.commit()
    return user


def proved(db, ago: dt.timedelta) -> None:
    db.session.execute(update(UserSession).values(proved_at=utc_now() - ago))
    db.session.commit()


@pytest.mark.parametrize("page", ["/staff", "/staff/new", "/staff/1"])
def test_pages_that_give_power_ask_for_the_password_first_and_lead_back(client, db, admin, page):
    assert client.get(page).status_code == 200
    proved(db, OPENS + LATER)
    asked = client.get(page)
    assert (asked.status_code, asked.location.split("?")[0]) == (303, "/account/proof")
    form = {"password": PASSWORD, "next": page}
    wrong = client.post("/account/proof", data=form | {"password": "wrong"})
    assert wrong.status_code == 422 and 'id="f-password-error"' in wrong.text
    assert client.get(page).status_code == 303

    assert client.post("/account/proof", data=form).location == page
    assert client.get(page).status_code == 200


def test_what_was_filled_in_meanwhile_is_still_taken_but_not_for_ever(client, db, admin):
    bia = make_user(email="bia@example.com")
    acts = {
        "/staff/tokens": {"name": "checkout", "role": "admin"},
        "/staff": {"email": "e@example.com", "name": "E", "role": "admin", "password": PASSWORD},
        f"/staff/{bia.id}": {"email": bia.email, "name": "B", "role": "admin", "active": "1"},
        f"/staff/{bia.id}/password": {"password": PASSWORD},
    }
    proved(db, SENDS + LATER)
    for address, form in acts.items():
        answer = client.post(address, data=form | {"version": bia.version})
        assert answer.location.startswith("/account/proof"), address
    assert db.session.scalars(select(ApiToken)).all() == []
    proved(db, SENDS - LATER)
    assert client.post("/staff/tokens", data=acts["/staff/tokens"]).status_code == 201


def test_power_is_taken_away_at_any_time(client, db, admin):
    client.post("/staff/tokens", data={"name": "checkout", "role": "clerk"})
    token = db.session.scalars(select(ApiToken)).one()
    proved(db, SENDS + LATER)

    assert client.post(f"/staff/tokens/{token.id}/revocation").location == "/staff"
    db.session.refresh(token)
    assert token.revoked_at


def test_the_password_cannot_be_guessed_there_and_tries_are_audited(client, db, admin):
    for _ in range(11):
        answer = client.post("/account/proof", data={"password": "wrong"})

    assert answer.status_code == 429
    wanted = select(AuditEntry.after).where(AuditEntry.action == "password_refused")
    assert db.session.scalars(wanted).all() == [{"tries": 1}, {"tries": 10}]


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", ""])
def test_it_leads_nowhere_else(client, db, admin, target):
    form = {"password": PASSWORD, "next": target}
    assert client.post("/account/proof", data=form).location == "/staff"
