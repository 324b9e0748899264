"""Weak passwords are refused by one rule, wherever one is chosen, and told why in words."""

import pytest
from sqlalchemy import select

from tests.factories import make_user, sign_in
from webapp.platform.errors import Invalid
from webapp.staff import passwords
from webapp.staff.models import HASHER, NOBODY, User
from webapp.staff.passwords import DEMO_PASSWORD, refuse_weak
from webapp.store.queries import the_shop

# Taken until zxcvbn judged them, or on the list of seventeen that stood there before.
WEAK = (
    "Password123! senha1234567 12345678901 123456789012 qwerty123456 brasil2024 flamengo123 "
    "Senha@1234 iloveyou123 administrador1 picopiconevado balcao-demo 1234567890 0123456789 "
    "12345678910 123456789a qwertyuiop password12 password123 senha12345 senha123456 balcao1234 "
    "administrador 1q2w3e4r5t abcdefghij abc1234567 iloveyou12 brasil2026 brasil1234 aaaaaaaaaaaa "
    "corinthians1 palmeiras2024 saopaulo2024 minhasenha1 mudar12345 teste12345 fluminense1902 "
    "beatriz.reis beatrizreis bia@example.com"
).split()
STRONG = ("uma frase comprida", "café com leite quente", "correct horse battery", "xK9#vQ2!mP7z")


@pytest.fixture
def shop(db):
    the_shop().trade_name = "Pico Pico Nevado"
    db.session.commit()


def is_refused(password: str) -> bool:
    try:
        refuse_weak(password, "Beatriz Reis", "bia@example.com")
    except Invalid:
        return True
    return False


def test_a_weak_password_is_refused_and_a_strong_one_is_taken(shop):
    assert [password for password in (*WEAK, *STRONG) if not is_refused(password)] == [*STRONG]


def test_a_long_one_costs_no_time_to_speak_of(shop):
    for password in ("a" * 200, "senha" * 40):
        with pytest.raises(Invalid):
            refuse_weak(password)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("picopiconevado", "It holds a name or a word"),
        ("zzzzzzzzzzzz", "It repeats the same signs"),
        ("hijklmnopq", "in the alphabet"),
        ("iloveyou12", "among the first that anybody tries"),
    ],
)
def test_why_is_told_in_words(shop, client, db, password, why):
    sign_in(client, "admin")
    form = {"email": "bia@example.com", "name": "Bia", "role": "clerk", "password": password}
    page = client.post("/staff", data=form).text

    assert why in page and 'id="f-password-error"' in page
    assert not db.session.scalar(select(User).where(User.email == "bia@example.com"))


def test_it_is_one_rule_for_the_staff_page_ones_own_and_the_command_line(app, client, db, shop):
    me = db.session.scalar(select(User).where(User.email == sign_in(client, "admin")))
    me.set_password("uma frase comprida")
    bia = make_user(email="bia@example.com", name="Beatriz Reis")
    db.session.commit()

    told = client.post(f"/staff/{bia.id}/password", data={"password": "beatrizreis"})
    assert told.status_code == 422 and "It holds a name" in told.text
    own = {"old_password": "uma frase comprida", "password": "Ana Paula Reis"}
    assert "It holds a name" in client.post("/account/password", data=own).text
    said = app.test_cli_runner().invoke(
        args=["user", "create", "eva@example.com", "--role", "clerk", "--password-stdin"],
        input="eva@example.com\n",
    )
    assert said.exit_code == 1 and "Error: " in said.output
    assert not db.session.scalar(select(User).where(User.email == "eva@example.com"))


def test_the_former_password_is_no_new_one(client, db, shop):
    me = db.session.scalar(select(User).where(User.email == sign_in(client, "admin")))
    me.set_password("uma frase comprida")
    bia = make_user(email="bia@example.com")
    bia.set_password("outra frase comprida")
    db.session.commit()

    for new in ("uma frase comprida", "uma frase comprida1"):
        own = {"old_password": "uma frase comprida", "password": new}
        assert client.post("/account/password", data=own).status_code == 422
    again = client.post(f"/staff/{bia.id}/password", data={"password": "outra frase comprida"})
    assert again.status_code == 422 and "This is the present password" in again.text


def test_the_demos_password_opens_nothing_in_a_shop_that_is_no_demo(client, db):
    user = make_user("admin", email="admin@balcao.example")
    user.set_password(DEMO_PASSWORD)
    db.session.commit()
    csrf = client.get("/login").text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    form = {"csrf_token": csrf, "email": user.email, "password": DEMO_PASSWORD}

    assert client.post("/login", data=form).status_code == 422


def test_the_word_lists_are_loaded_only_when_a_password_is_chosen():
    assert not hasattr(passwords, "zxcvbn")


def test_a_try_for_nobody_costs_as_much_as_one_for_somebody():
    assert not HASHER.check_needs_rehash(NOBODY)
