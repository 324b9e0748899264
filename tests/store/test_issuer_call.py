"""The issuer by the API: read, changed in part, and never half."""

import datetime as dt

import pytest
from sqlalchemy import select

from tests.factories import api, make_token, open_shop
from webapp.audit.models import AuditEntry
from webapp.invoices.composition import issuer_of
from webapp.store.queries import the_shop

CONTACT = {
    "cnpj": "99.777.666/0001-18",
    "name": "Ana Souza",
    "email": "suporte@example.com",
    "phone": "(11) 3000-0010",
}


@pytest.fixture
def calls(client, db):
    open_shop()
    return api(client, make_token("admin"))


def errors(answer):
    return [error["field"] for error in answer.json["errors"]]


def test_it_tells_the_shop_as_issuer(calls):
    told = calls.get("/issuer").json
    assert (told["crt"], told["pis_cofins"], told["state"]) == ("1", "cumulative", "SP")
    assert told["technical_contact"]["cnpj"] == "" and told["authorized_parties"] == []


def test_what_is_sent_is_changed_and_the_rest_stays(calls):
    before = calls.get("/issuer").json
    answer = calls.patch(
        "/issuer", {"crt": "3", "pis_cofins": "non_cumulative", "technical_contact": CONTACT}
    )
    bare = {"cnpj": "99777666000118", "phone": "1130000010", "csrt_id": ""}
    changed = {"crt": "3", "pis_cofins": "non_cumulative", "technical_contact": CONTACT | bare}
    assert (answer.status_code, answer.json) == (200, before | changed)


def test_its_choice_for_ibs_and_cbs_holds_from_a_day_on(calls):
    choice = {"ibs_cbs_regime": "regular", "ibs_cbs_from": "2027-01-01"}
    usual = {"ibs_cbs_regime": "", "ibs_cbs_from": "2027-07-01"}
    for _said_twice in range(2):
        told = calls.patch("/issuer", choice).json
        assert told.items() >= choice.items()
    assert the_shop().ibs_cbs_choices == [["2027-01-01", "regular"]]
    calls.patch("/issuer", {"trade_name": "Outra"})
    assert calls.patch("/issuer", usual).json.items() >= usual.items()
    issuer = issuer_of(the_shop())
    days = dt.date(2026, 12, 31), dt.date(2027, 1, 1), dt.date(2027, 6, 30), dt.date(2027, 7, 1)
    assert [issuer.ibs_cbs_choice(day) for day in days] == ["", "regular", "regular", ""]
    calls.patch("/issuer", choice)
    assert the_shop().ibs_cbs_choices == [["2027-01-01", "regular"]], "the later one is dropped"
    assert errors(calls.patch("/issuer", {"crt": "3"})) == ["ibs_cbs_regime"]
    assert errors(calls.patch("/issuer", usual | {"ibs_cbs_from": None})) == ["ibs_cbs_from"]


def test_who_may_download_the_note_is_told_by_document(calls):
    parties = ["999.104.828-60", "99.777.666/0001-18", "99910482860"]
    told = calls.patch("/issuer", {"authorized_parties": parties}).json["authorized_parties"]
    assert told == ["99910482860", "99777666000118"], "each once"
    assert issuer_of(the_shop()).authorized_parties == tuple(told)


def test_the_code_of_another_city_is_found_anew(calls):
    town = {"city": "Curitiba", "state": "PR", "state_registration": "1234567850"}
    assert calls.patch("/issuer", town).json["ibge"] == "4106902"


def test_the_secret_is_kept_and_never_told(calls, db):
    whole = CONTACT | {"csrt_id": "01", "csrt": "G8063VRTNDMO886SFNK5"}
    told = calls.patch("/issuer", {"technical_contact": whole})
    assert "G8063" not in told.text and told.json["technical_contact"]["csrt_id"] == "01"
    calls.patch("/issuer", {"technical_contact": {"name": "Rui Lima"}})
    contact = issuer_of(the_shop()).technical_contact
    assert (contact.name, contact.csrt) == ("Rui Lima", "G8063VRTNDMO886SFNK5")
    assert b"G8063" not in the_shop().csrt_sealed
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.subject == "shop")).all()
    assert not any("G8063" in str((entry.before, entry.after)) for entry in entries)


def test_without_its_number_the_secret_goes(calls):
    calls.patch("/issuer", {"technical_contact": CONTACT | {"csrt_id": "01", "csrt": "SECRET"}})
    calls.patch("/issuer", {"technical_contact": {"csrt_id": ""}})
    assert (the_shop().csrt_sealed, the_shop().csrt_id) == (None, "")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"technical_contact": {"name": "Ana Souza"}}, "technical_contact.cnpj"),
        ({"technical_contact": CONTACT | {"email": ""}}, "technical_contact.email"),
        ({"technical_contact": CONTACT | {"csrt": "SECRET"}}, "technical_contact.csrt_id"),
        ({"technical_contact": CONTACT | {"csrt_id": "01"}}, "technical_contact.csrt"),
        ({"technical_contact": CONTACT | {"csrt_id": "1"}}, "technical_contact.csrt_id"),
        ({"authorized_parties": ["123"]}, "authorized_parties"),
        ({"pis_cofins": "both"}, "pis_cofins"),
        ({"crt": "9"}, "crt"),
        ({"ibs_cbs_regime": "pending", "ibs_cbs_from": "2027-01-01"}, "ibs_cbs_regime"),
        ({"ibs_cbs_regime": "regular"}, "ibs_cbs_from"),
        ({"cnpj": "99.888.777/0001-01"}, "cnpj"),
        ({"state": "RJ"}, "state_registration"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_changed(calls, sent, field):
    before = calls.get("/issuer").json
    answer = calls.patch("/issuer", sent)
    assert (answer.status_code, errors(answer)) == (422, [field])
    assert calls.get("/issuer").json == before


@pytest.mark.parametrize("role", ["clerk", "reviewer", "manager", "accountant"])
def test_only_an_administrator_may(client, db, role):
    calls = api(client, make_token(role))
    assert calls.get("/issuer").status_code == calls.patch("/issuer", {}).status_code == 403
