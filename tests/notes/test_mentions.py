"""Notes of an order, and whom they mention: told in the bell, once."""

import pytest

from tests.factories import api, make_product, make_sale, make_token, make_user, sign_in
from webapp.notes.mentions import mentioned
from webapp.notes.models import StaffNote
from webapp.notifications.models import Notification
from webapp.platform.errors import Invalid
from webapp.staff.models import User

ANA = User(id=1, name="Ana Prado", email="ana.prado@loja.example")
ANA_LIMA = User(id=2, name="Ana Lima", email="ana.lima@loja.example")
JOSE = User(id=3, name="José da Conceição", email="jose@loja.example")
PEOPLE = [ANA, ANA_LIMA, JOSE]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("@jose, veja", [JOSE]),
        ("ver com @José da Conceição e @ANA LIMA.", [JOSE, ANA_LIMA]),
        ("(@ana.prado) @ana.prado@loja.example", [ANA]),
        ("escreva a jose@loja.example ou @josefa", []),
        ("@ninguem @ @@", []),
    ],
)
def test_whom_a_text_mentions(text, people, app):
    assert mentioned(text, PEOPLE) == people


def test_two_of_one_name_are_asked_about(app):
    with app.test_request_context(), pytest.raises(Invalid) as refused:
        mentioned("olá @Ana!", PEOPLE)
    assert "@ana.prado, @ana.lima" in str(refused.value.errors[0].message)


@pytest.fixture
def colleagues(client, app, db):
    """Two signed-in people, the second called Bruna, and an order."""
    sign_in(client, name="Ana Prado")
    other = app.test_client()
    sign_in(other, name="Bruna Reis")
    make_product(sku="A")
    return client, other, make_sale(sku="A", quantity=1, paid=False, reference="R-1")


def test_who_is_mentioned_on_an_order_is_told_once(colleagues, db):
    ana, bruna, sale = colleagues
    for _twice in range(2):
        answer = ana.post(f"/sales/{sale.id}/notes", data={"text": "@Bruna e @Ana: ligar antes"})
        assert answer.status_code == 303
    assert "ligar antes" in bruna.get(f"/sales/{sale.id}").text
    [told] = db.session.scalars(db.select(Notification))
    page = bruna.get("/notifications").text
    assert "Ana Prado mentions you in a note on order R-1" in page and "bell-count" in page
    assert "bell-count" not in ana.get("/notifications/bell").text
    assert ana.post(f"/notifications/{told.id}/reading").status_code == 404
    read = bruna.post(f"/notifications/{told.id}/reading")
    assert read.location == f"/sales/{sale.id}#notes"
    assert "bell-count" not in bruna.get("/notifications/bell").text


def test_all_are_read_at_once(colleagues, db):
    ana, bruna, sale = colleagues
    for text in ("@bruna 1", "@bruna 2"):
        ana.post(f"/customers/{sale.customer_id}/notes", data={"text": text})
    assert ">2</span>" in bruna.get("/notifications/bell").text
    bruna.post("/notifications/reading")
    assert "bell-count" not in bruna.get("/notifications").text


def test_a_note_of_an_order_is_its_writer_s(colleagues, db):
    ana, bruna, sale = colleagues
    assert ana.post(f"/sales/{sale.id}/notes", data={"text": " "}).status_code == 422
    ana.post(f"/sales/{sale.id}/notes", data={"text": "Rings twice"})
    note = db.session.scalars(db.select(StaffNote)).one()
    assert bruna.post(f"/sales/{sale.id}/notes/{note.id}/deletion").status_code == 403
    ana.post(f"/sales/{sale.id}/notes/{note.id}/deletion")
    assert "Rings twice" not in ana.get(f"/sales/{sale.id}/notes").text


def test_a_program_writes_and_reads_notes_of_an_order(colleagues, client, db):
    _ana, bruna, sale = colleagues
    calls = api(client, make_token())
    made = calls.post(f"/sales/{sale.id}/notes", {"text": "Pago em dobro, @Bruna Reis"})
    assert made.status_code == 201
    assert calls.get(f"/sales/{sale.id}/notes").json["items"] == [made.json]
    assert "Token “checkout” mentions you" in bruna.get("/notifications").text
    make_user("clerk", name="Bruna Souza")
    asked = calls.post(f"/sales/{sale.id}/notes", {"text": "@Bruna"}).json
    assert asked["errors"][0]["field"] == "text"
