"""Signing in and what keeps others out: session ids, throttling, time-outs, cookies, where `next`
may lead."""

import datetime as dt
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from sqlalchemy import select, update

from tests.factories import make_user, sign_in
from webapp.audit.models import AuditEntry
from webapp.platform.clock import utc_now
from webapp.staff import models
from webapp.staff.models import ABSOLUTE, HASHER, IDLE, UserSession
from webapp.staff.passwords import DEMO_USERS

PASSWORD = "uma frase comprida"
# Nothing but a page of ours is a place to go to after signing in, however another place is written.
ELSEWHERE = (
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "/%5cevil.example\\",
    "//evil.example/%2f..",
    "http:///evil.example",
    "evil.example",
    "//[",
    "/\u2028/evil.example",
    " //evil.example",
    "/\\/evil.example",
    "data:text/html,x",
)


@pytest.fixture
def ana(db):
    user = make_user("clerk", email="ana@example.com")
    user.set_password(PASSWORD)
    db.session.commit()
    return user


def token_of(page: str) -> str:
    return page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]


def try_to_sign_in(client, email="ana@example.com", password=PASSWORD, next_page=""):
    csrf = token_of(client.get("/login").text)
    return client.post(
        "/login",
        data={"csrf_token": csrf, "email": email, "password": password, "next": next_page},
        headers={"Accept-Language": "en"},
    )


@pytest.fixture
def as_dear_as_in_life(monkeypatch):
    """The hasher of a shop."""
    monkeypatch.setattr(models, "HASHER", HASHER)


def test_the_right_password_opens_the_shop_and_is_audited(as_dear_as_in_life, client, db, ana):
    answer = try_to_sign_in(client)

    assert (answer.status_code, answer.location) == (303, "/")
    assert client.get("/account").status_code == 200
    entry = db.session.scalar(select(AuditEntry).where(AuditEntry.action == "signed_in"))
    assert (entry.actor, entry.subject_id) == ("ana@example.com", str(ana.id))


def test_the_e_mail_may_be_typed_in_any_case(client, ana):
    assert try_to_sign_in(client, email=" Ana@Example.COM ").status_code == 303


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ana@example.com", "falsch"),
        ("nobody@example.com", PASSWORD),
        ("no e-mail", "quatsch"),
    ],
)
def test_a_wrong_password_and_an_unknown_e_mail_get_the_same_answer(client, ana, email, password):
    answer = try_to_sign_in(client, email, password)

    assert answer.status_code == 422
    assert answer.text.count("Wrong e-mail or password.") == 1
    assert password not in answer.text
    assert client.get("/account").status_code == 302


def test_an_unknown_e_mail_costs_as_much_time_as_a_known_one(
    as_dear_as_in_life, client, ana, monkeypatch
):
    verified = []
    monkeypatch.setattr(
        models,
        "HASHER",
        type(
            "Hasher",
            (),
            {
                "verify": lambda self, password_hash, password: (
                    verified.append(password_hash) or False
                )
            },
        )(),
    )

    for email in ("ana@example.com", "nobody@example.com"):
        try_to_sign_in(client, email, "wrong")

    assert len(verified) == 2
    parameters = {password_hash.rsplit("$", 2)[0] for password_hash in verified}
    assert len(parameters) == 1, "one hash is cheaper to verify than the other"


def test_each_sign_in_has_a_new_session_id(client, db, ana):
    with client.session_transaction() as session:
        session["sid"] = "planted by somebody else"
    try_to_sign_in(client)
    with client.session_transaction() as session:
        first = session["sid"]
        del session["sid"]
    try_to_sign_in(client)
    with client.session_transaction() as session:
        second = session["sid"]

    assert len({"planted by somebody else", first, second}) == 3
    assert len(second) >= 43, "fewer than 256 bits"
    kept = set(db.session.scalars(select(UserSession.id_hash)))
    assert kept == {models.digest(first), models.digest(second)}, (
        "the database keeps more than the hashes"
    )


def test_a_cookie_replayed_after_signing_out_opens_nothing(client, app, ana):
    try_to_sign_in(client)
    cookie = client.get_cookie("balcao").value
    client.post("/logout", data={"csrf_token": token_of(client.get("/account").text)})

    thief = app.test_client()
    thief.set_cookie("balcao", cookie)
    assert thief.get("/account").status_code == 302


@pytest.mark.parametrize(("column", "age"), [("seen_at", IDLE), ("created_at", ABSOLUTE)])
def test_a_session_ends_when_left_alone_and_when_it_is_old(client, db, column, age):
    sign_in(client)
    for past, status in (
        (age - dt.timedelta(minutes=2), 200),
        (age + dt.timedelta(minutes=2), 302),
    ):
        # The other clock stands at now, so that each is tested alone.
        times = {"seen_at": utc_now(), "created_at": utc_now()} | {column: utc_now() - past}
        db.session.execute(update(UserSession).values(**times))
        db.session.commit()
        assert client.get("/account").status_code == status


def test_what_an_open_page_asks_by_itself_keeps_no_session_alive(client, db):
    sign_in(client, "manager")
    asked = (
        ("/events/poll", {}),
        ("/jobs/state", {}),
        ("/events", {}),
        ("/sales?ids=1", {"X-Unattended": "1", "HX-Request": "true"}),
    )
    before = utc_now() - dt.timedelta(hours=1)
    for address, headers in (*asked, ("/sales", {})):
        db.session.execute(update(UserSession).values(seen_at=before))
        db.session.commit()
        with client.get(address, headers=headers) as answer:
            assert answer.status_code in (200, 503)
        seen = db.session.scalar(select(UserSession.seen_at))
        assert (seen == before) == ((address, headers) in asked), address


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 303),
        ("http://localhost", 303),
        ("http://127.0.0.1:8000", 303),
        ("http://evil.example", 400),
        ("http://localhost.evil.example", 400),
        ("http://localhost:8001", 400),
        ("null", 400),
    ],
)
def test_a_form_sent_from_another_site_is_refused_whatever_its_token(client, ana, origin, status):
    csrf = token_of(client.get("/login").text)
    form = {"csrf_token": csrf, "email": "ana@example.com", "password": PASSWORD}
    headers = {"Origin": origin} if origin else {}

    assert client.post("/login", data=form, headers=headers).status_code == status


def test_a_person_who_is_deactivated_is_out_with_the_next_request(client, db):
    email = sign_in(client)
    assert client.get("/account").status_code == 200

    user = db.session.scalar(select(models.User).where(models.User.email == email))
    user.active = False
    db.session.commit()

    assert client.get("/account").status_code == 302
    assert client.get("/account", headers={"HX-Request": "true"}).status_code == 401


def test_a_deactivated_person_cannot_sign_in_and_is_told_no_more_than_others(client, db, ana):
    ana.active = False
    db.session.commit()

    answer = try_to_sign_in(client)
    assert answer.status_code == 422
    assert (
        try_to_sign_in(client, email="nobody@example.com").text.count("field-error")
        == answer.text.count("field-error")
        > 0
    )


@pytest.mark.parametrize("target", ELSEWHERE)
def test_next_never_leads_elsewhere(client, ana, target):
    answer = try_to_sign_in(client, next_page=target)

    assert (answer.status_code, answer.headers.get("Location", "/")) in ((303, "/"), (422, "/"))


@pytest.mark.parametrize(
    "target", ["/sales?status=attention&q=a%20b", "/invoices/12", "/search?q=Jos%C3%A9"]
)
def test_after_signing_in_one_is_where_one_wanted_to_be(client, ana, target):
    asked = urlsplit(client.get(target).location)
    assert asked.path == "/login"

    location = try_to_sign_in(client, next_page=parse_qs(asked.query)["next"][0]).location
    assert unquote(location) == unquote(target)


def test_signing_in_needs_the_token_of_the_form(client, ana):
    assert (
        client.post("/login", data={"email": "ana@example.com", "password": PASSWORD}).status_code
        == 400
    )


def test_without_demo_there_is_neither_a_list_of_people_nor_a_default_password(client, db):
    page = client.get("/login").text
    assert "balcao.example" not in page and "balcao-demo" not in page
    for role in DEMO_USERS:
        assert try_to_sign_in(client, f"{role}@balcao.example", "balcao-demo").status_code == 422


def test_over_http_the_cookie_is_still_closed_to_scripts_and_other_sites(client):
    answer = client.get("/login")

    assert {"HttpOnly", "SameSite=Lax"} <= set(answer.headers["Set-Cookie"].split("; "))
    assert "Strict-Transport-Security" not in answer.headers
