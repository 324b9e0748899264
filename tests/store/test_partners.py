"""Marketplaces, carriers and acquirers: added and edited by an administrator, by page and call."""

import pytest

from tests.factories import api, make_token, sign_in
from tests.support.partners import PARTNERS, make_partners
from webapp.store.models import Partner

CIELO, FEIRA, ANDORINHA = PARTNERS


@pytest.fixture
def calls(client, db):
    return api(client, make_token("admin"))


def test_a_program_adds_and_lists_them(calls, client):
    for facts in PARTNERS:
        assert calls.post("/partners", facts).status_code == 201
    assert calls.post("/partners", CIELO).status_code == 409
    # Another kind may have the same code.
    assert calls.post("/partners", CIELO | {"kind": "carrier"}).status_code == 201
    listed = calls.get("/partners?kind=acquirer").json["items"]
    assert [(row["code"], row["cnpj"]) for row in listed] == [("cielo", "01027058000191")]
    clerk = api(client, make_token("clerk"))
    assert len(clerk.get("/partners").json["items"]) == 4
    assert clerk.post("/partners", FEIRA).status_code == 403


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (CIELO | {"cnpj": "01.027.058/0001-92"}, "cnpj"),
        (CIELO | {"cnpj": "111.444.777-35"}, "cnpj"),
        (CIELO | {"code": "a b"}, "code"),
        (CIELO | {"seller_id": "x1"}, "seller_id"),
        (FEIRA | {"seller_id": ""}, "seller_id"),
        (ANDORINHA | {"state": ""}, "state"),
        (ANDORINHA | {"state": "PR"}, "state_registration"),
        (ANDORINHA | {"city": "Curitiba"}, "city"),
        (CIELO | {"kind": "bank"}, "kind"),
    ],
)
def test_what_is_wrong_is_refused_at_its_field(calls, facts, field):
    answer = calls.post("/partners", facts)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_an_administrator_adds_and_edits_them_on_a_page(client, db):
    sign_in(client, "admin")
    assert client.post("/partners", data=CIELO).status_code == 303
    partner = db.session.scalars(db.select(Partner)).one()
    assert "01.027.058/0001-91" in client.get("/partners").text
    again = client.post("/partners", data=CIELO)
    assert again.status_code == 422 and "has the code cielo already" in again.text
    form = CIELO | {"name": "Cielo", "version": "1"}
    assert client.post(f"/partners/{partner.id}", data=form).status_code == 303
    db.session.expire_all()
    assert partner.name == "Cielo"
    assert client.get(f"/partners/{partner.id}/edit").status_code == 200
    assert client.get("/partners/999/edit").status_code == 404


def test_others_do_not_see_the_page(client, db):
    make_partners()
    sign_in(client, "manager")
    assert client.get("/partners").status_code == 403
