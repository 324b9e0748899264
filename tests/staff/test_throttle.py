"""How often a password may be tried: no burst passes, no stranger locks anybody out, and what was
refused is told in the audit without filling it."""

from contextlib import ExitStack

import pytest
import redis
from limits.storage import MemoryStorage
from sqlalchemy import select

from tests.factories import make_user, sign_in
from webapp.audit.models import AuditEntry
from webapp.platform.queue import connect
from webapp.staff import throttle
from webapp.staff.throttle import TRIES, Bound, TooManyTries, counted

PASSWORD = "uma frase comprida"
HERE, ELSEWHERE = "192.0.2.7", "198.51.100.9"


@pytest.fixture
def ana(db):
    user = make_user("clerk", email="ana@example.com")
    user.set_password(PASSWORD)
    db.session.commit()
    return user


@pytest.fixture
def redis_away(app, monkeypatch):
    monkeypatch.setattr(throttle, "_alone", MemoryStorage())
    kept = app.extensions["redis"]
    app.extensions["redis"] = connect("unix:///nowhere/redis.sock")
    yield
    app.extensions["redis"] = kept


def try_to_sign_in(client, email="ana@example.com", password="wrong", address=HERE):
    csrf = client.get("/login").text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    return client.post(
        "/login",
        data={"csrf_token": csrf, "email": email, "password": password},
        environ_base={"REMOTE_ADDR": address},
        headers={"Accept-Language": "en"},
    )


def kept(db, action: str) -> list[AuditEntry]:
    wanted = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
    return db.session.scalars(wanted).all()


def test_tries_that_are_under_way_are_counted_so_that_a_burst_passes_no_bound(app, db):
    bounds = [Bound("burst", 3)]
    with ExitStack() as under_way:
        for _ in range(3):
            under_way.enter_context(counted(bounds, "password"))
        with pytest.raises(TooManyTries), counted(bounds, "password"):
            pass


def test_what_was_right_is_given_back_and_what_was_wrong_is_not(app, db):
    bounds = [Bound("narrow", 3), Bound("wide", 3)]
    for _ in range(5):
        with counted(bounds, "password"):
            pass
    for _ in range(3):
        with pytest.raises(ValueError, match="wrong"), counted(bounds, "password"):
            raise ValueError("wrong")

    with pytest.raises(TooManyTries), counted(bounds, "password"):
        pass


def test_a_count_ends_with_its_window_also_when_it_is_given_back_after_it(app, db):
    client = app.extensions["redis"]
    with counted([Bound("late", 3)], "password"):
        client.delete("balcao:tries:late")

    assert not client.exists("balcao:tries:late"), "a count without an end would lock for ever"
    with counted([Bound("late", 3)], "password"):
        assert 0 < client.ttl("balcao:tries:late") <= throttle.WINDOW


def test_an_account_is_closed_to_the_network_that_guessed_and_to_nobody_else(app, client, ana):
    for _ in range(TRIES):
        assert try_to_sign_in(client).status_code == 422

    # It is the network, not the browser, and however the account is written.
    closed = try_to_sign_in(app.test_client(), "ANA@example.com ", PASSWORD)
    assert closed.status_code == 429 and "Too many attempts" in closed.text
    assert try_to_sign_in(client, "bia@example.com").status_code == 422
    assert (
        try_to_sign_in(app.test_client(), password=PASSWORD, address=ELSEWHERE).status_code == 303
    )


def test_unknown_accounts_are_throttled_like_known_ones(client, ana):
    for _ in range(TRIES):
        try_to_sign_in(client, "nobody@example.com")

    assert try_to_sign_in(client, "nobody@example.com").status_code == 429


def test_one_network_guesses_no_more_than_sixty_passwords_a_minute(client, ana, monkeypatch):
    monkeypatch.setattr(throttle, "TRIES_OF_NETWORK", 4)
    for number in range(4):
        assert try_to_sign_in(client, f"person-{number}@example.com").status_code == 422

    assert try_to_sign_in(client, "person-9@example.com").status_code == 429
    assert try_to_sign_in(client, "person-9@example.com", address=ELSEWHERE).status_code == 422


def test_a_network_of_version_six_is_as_wide_as_one_customer_has_it(client, ana):
    for number in range(TRIES):
        try_to_sign_in(client, address=f"2001:db8:0:1::{number}")

    assert try_to_sign_in(client, address="2001:db8:0:1:ffff::9").status_code == 429
    assert try_to_sign_in(client, address="2001:db8:0:2::9").status_code == 422


def test_many_networks_do_not_lock_the_owner_out_of_a_browser_that_knows_the_account(
    app, client, ana, monkeypatch
):
    monkeypatch.setattr(throttle, "TRIES_OF_ACCOUNT", 4)
    assert try_to_sign_in(client, password=PASSWORD).status_code == 303
    page = client.get("/account").text
    token = page.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]
    client.post("/logout", data={"csrf_token": token})
    for number in range(4):
        stranger = app.test_client()
        assert try_to_sign_in(stranger, address=f"203.0.113.{number}").status_code == 422
    refused = try_to_sign_in(app.test_client(), password=PASSWORD, address=ELSEWHERE)

    assert refused.status_code == 429, "many networks together guess without end"
    assert try_to_sign_in(client, password=PASSWORD).status_code == 303


def test_without_redis_each_process_counts_for_itself(client, ana, redis_away):
    for _ in range(TRIES):
        assert try_to_sign_in(client).status_code == 422

    assert try_to_sign_in(client, password=PASSWORD).status_code == 429
    for _ in range(TRIES + 1):
        right = try_to_sign_in(client, password=PASSWORD, address=ELSEWHERE)
        assert right.status_code == 303
        client.delete_cookie("balcao")


def test_redis_holds_no_address_of_a_person(app, client, ana):
    try_to_sign_in(client)

    names = b" ".join(app.extensions["redis"].scan_iter("balcao:tries:*"))
    assert names and b"ana" not in names


def test_failed_sign_ins_are_audited_without_a_flood(client, db, ana):
    for _ in range(TRIES + 5):
        try_to_sign_in(client)
    for number in range(5):
        try_to_sign_in(client, f"nobody-{number}@example.com", address=ELSEWHERE)

    first, last, unknown = kept(db, "sign_in_failed")
    assert [entry.after["tries"] for entry in (first, last)] == [1, TRIES]
    assert (first.actor, first.subject_name) == ("anonymous", ana.email)
    assert first.after["network_address"] == HERE
    assert (unknown.subject_id, unknown.subject_name) == ("", ""), "what was typed is kept"
    sign_in(client, "admin")
    assert "Sign-in refused" in client.get("/audit").text


def test_signing_out_is_audited(client, db):
    email = sign_in(client)
    client.post("/logout")
    client.post("/logout")

    assert [entry.actor for entry in kept(db, "signed_out")] == [email]


def test_refusals_by_role_and_of_forms_are_audited_once_for_each_page(app, client, db):
    email = sign_in(client)
    for _ in range(3):
        assert client.get("/staff").status_code == 403
    assert client.post("/staff", data={}).status_code == 403
    client.environ_base["HTTP_X_CSRFTOKEN"] = "made up"
    for _ in range(3):
        assert client.post("/account/theme", data={"theme": "dark"}).status_code == 400

    told = [(entry.actor, entry.subject_name) for entry in kept(db, "access_refused")]
    assert told == [(email, "GET /staff"), (email, "POST /staff")]
    assert [entry.subject_name for entry in kept(db, "form_refused")] == ["POST /account/theme"]


def test_redis_says_no_and_the_refusal_is_still_one(client, db, redis_away):
    sign_in(client)
    for _ in range(2):
        assert client.get("/staff").status_code == 403
    assert len(kept(db, "access_refused")) == 1


def test_a_redis_that_goes_between_counting_and_giving_back_is_no_error(app, db, monkeypatch):
    def gone(*_args):
        raise redis.ConnectionError

    with counted([Bound("gone", 3)], "password"):
        monkeypatch.setattr(app.extensions["redis"], "eval", gone)
