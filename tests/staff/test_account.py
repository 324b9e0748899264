"""One's own account: password, sessions, language and colours."""

import pytest
from sqlalchemy import select

from tests.factories import make_user, sign_in
from webapp.staff.models import User, UserSession

OLD, NEW = "uma frase comprida", "quatro palavras sem nexo"


@pytest.fixture
def ana(client, db):
    user = db.session.scalars(select(User).where(User.email == sign_in(client, "clerk"))).one()
    user.set_password(OLD)
    db.session.commit()
    return user


def another_browser_of(app, db, user):
    """A client signed in as the same person, and its session's id hash."""
    client = app.test_client()
    row, secret = UserSession.open(user)
    db.session.add(row)
    db.session.commit()
    with client.session_transaction() as session:
        session["sid"] = secret
    return client, row.id_hash


def change(client, old=OLD, new=NEW):
    return client.post("/account/password", data={"old_password": old, "password": new})


def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(app, client, db, ana):
    other, _ = another_browser_of(app, db, ana)

    assert change(client).status_code == 303

    db.session.refresh(ana)
    assert ana.has_password(NEW) and not ana.has_password(OLD)
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("wrong", NEW, "old_password"),
        ("", NEW, "old_password"),
        (OLD, "short", "password"),
    ],
)
def test_a_refused_change_leaves_all_as_it_was(app, client, db, ana, old, new, field):
    other, _ = another_browser_of(app, db, ana)

    answer = change(client, old, new)

    assert answer.status_code == 422 and f'id="f-{field}-error"' in answer.text
    db.session.refresh(ana)
    assert ana.has_password(OLD)
    assert other.get("/account").status_code == 200


def test_the_old_password_cannot_be_guessed_from_an_open_browser(client, ana):
    for _ in range(10):
        change(client, old="wrong")

    assert change(client).status_code == 429


def test_sessions_are_listed_and_one_of_them_ended(app, client, db, ana):
    other, id_hash = another_browser_of(app, db, ana)
    assert id_hash in client.get("/account").text

    assert client.post("/account/sessions/end", data={"session": id_hash}).status_code == 303

    assert other.get("/account").status_code == 302
    assert client.get("/account").status_code == 200
    assert client.post("/account/sessions/end", data={"session": id_hash}).status_code == 404


def test_all_other_sessions_end_at_once(app, client, db, ana):
    others = [another_browser_of(app, db, ana)[0] for _ in range(2)]

    client.post("/account/sessions/end")

    assert [other.get("/account").status_code for other in others] == [302, 302]
    assert client.get("/account").status_code == 200


def test_nobody_ends_anothers_session(app, client, db, ana):
    bia, id_hash = another_browser_of(app, db, make_user(email="bia@example.com"))

    assert client.post("/account/sessions/end", data={"session": id_hash}).status_code == 404
    assert bia.get("/account").status_code == 200
    assert id_hash not in client.get("/account").text


def test_language_colours_and_density_are_kept_with_the_person(client, db, ana):
    client.post("/account/locale", data={"locale": "pt_BR", "next": "/account"})
    client.post("/account/theme", data={"theme": "dark"})
    client.post("/account/density", data={"density": "compact"})

    page = client.get("/account").text
    for kept in ('lang="pt-BR"', 'data-theme="dark"', 'data-density="compact"'):
        assert kept in page


def test_a_strange_language_or_colour_changes_nothing(client, db, ana):
    client.post("/account/locale", data={"locale": "xx", "next": "//evil.example"})
    client.post("/account/theme", data={"theme": "<b>"})
    client.post("/account/density", data={"density": "<b>"})

    db.session.refresh(ana)
    assert (ana.locale, ana.theme, ana.density) == ("en", None, None)
