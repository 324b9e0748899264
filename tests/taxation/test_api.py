"""Tax profiles and the fiscal calendar for programs."""

import datetime as dt

import pytest

from tests.factories import api, make_product, make_token, open_shop
from webapp.store.queries import the_shop
from webapp.taxation.queries import issuer_today

BODY = {
    "code": "cosmetics",
    "name": "Cosmetics",
    "valid_from": "2026-01-01",
    "icms": "500",
    "cest": "20.016.00",
    "pis_cofins": "49",
    "ibs_cbs": "000",
    "ibs_cbs_class": "000001",
}


@pytest.fixture
def accountant(client, db):
    open_shop()
    the_shop().crt = "1"
    db.session.commit()
    return api(client, make_token("accountant"))


def test_a_profile_is_written_read_and_taken_by_a_product(accountant, client):
    made = accountant.post("/tax-profiles", BODY)

    assert made.status_code == 201
    assert made.json | {"name": ""} == {
        "code": "cosmetics",
        "version": 1,
        "name": "",
        "valid_from": "2026-01-01",
        "regime": "simples",
        "nature": "st_paid",
        "icms": "500",
        "reduction": "0.00",
        "credit_rate": "0.00",
        "origin": "",
        "cest": "2001600",
        "benefit_code": "",
        "pis_cofins": "49",
        "ibs_cbs": "000",
        "ibs_cbs_class": "000001",
        "activity": "",
        "signed_off": False,
        "waits": False,
    }
    later = str(issuer_today() + dt.timedelta(9))
    accountant.post("/tax-profiles", BODY | {"valid_from": later, "name": "Later"})
    shown = accountant.get("/tax-profiles/cosmetics").json
    assert shown["name"] == "Cosmetics"
    assert [each["version"] for each in shown["versions"]] == [2, 1]
    listed = accountant.get("/tax-profiles").json["items"]
    assert [each["code"] for each in listed] == ["book", "cosmetics", "export", "gift", "goods"]

    clerk = api(client, make_token("clerk"))
    sku = make_product().sku
    assert clerk.patch(f"/products/{sku}", {"tax_profile": "cosmetics"}).json["tax_profile"] == (
        "cosmetics"
    )
    assert fields(clerk.patch(f"/products/{sku}", {"tax_profile": "none"})) == ["tax_profile"]


def test_what_makes_no_profile_is_refused(accountant, client):
    assert fields(accountant.post("/tax-profiles", BODY | {"cest": ""})) == ["cest"]
    assert fields(accountant.post("/tax-profiles", BODY | {"icms": "00"})) == ["icms"]
    assert fields(accountant.post("/tax-profiles", BODY | {"reduction": "100.01"})) == ["reduction"]
    assert accountant.get("/tax-profiles/none").status_code == 404
    accountant.post("/tax-profiles", BODY)
    again = accountant.post("/tax-profiles", BODY)
    assert (again.status_code, again.json["errors"][0]["field"]) == (409, "valid_from")
    assert api(client, make_token("clerk")).post("/tax-profiles", BODY).status_code == 403


def test_a_value_of_the_calendar_is_put(accountant, client):
    body = {"from": "2027-01-01", "value": "8.8", "source": "Resolução 1/2026"}
    path = "/fiscal-calendar/pCBS"

    first = accountant.call("PUT", path, body)
    assert accountant.call("PUT", path, body).json == first.json
    assert first.json | {"what": ""} == {
        "code": "pCBS",
        "what": "",
        "from": "2027-01-01",
        "to": None,
        "source": "Resolução 1/2026",
        "value": "8.8000",
        "asked": False,
    }
    terms = accountant.get("/fiscal-calendar").json["items"]
    assert first.json in terms and [term["from"] for term in terms] == sorted(
        term["from"] for term in terms
    )
    assert fields(accountant.call("PUT", path, body | {"value": "101"})) == ["value"]
    assert fields(accountant.call("PUT", path, body | {"from": "2027"})) == ["from"]
    assert fields(accountant.call("PUT", path, {"value": "1.00", "source": "x"})) == ["from"]
    assert accountant.call("PUT", "/fiscal-calendar/vat", body).status_code == 404
    manager = api(client, make_token("manager"))
    assert manager.call("PUT", path, body).status_code == 403


def fields(answer) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [error["field"] for error in answer.json["errors"]]
