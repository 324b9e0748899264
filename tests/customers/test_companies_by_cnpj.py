"""A company's data by CNPJ, in the customer's form and by GET /api/v1/companies/<cnpj>."""

import pytest
from lxml import html

from tests.factories import api, make_token, sign_in
from tests.support.company_providers import BRANCH, SEAT, UNKNOWN, FakeCompanies
from webapp.addresses import company_providers
from webapp.addresses.lookup import Lookup
from webapp.addresses.providers import HttpSource
from webapp.addresses.registers import COMPANIES
from webapp.customers.models import Customer


@pytest.fixture
def fake():
    with FakeCompanies() as server:
        yield server


@pytest.fixture
def looked_up(app, db, fake):
    """The shop asks BrasilAPI's form, on the fake server."""
    lookup = Lookup(COMPANIES, app.extensions["settings"], db.session.session_factory, sources=())
    provider = company_providers.brasilapi(fake.url("brasilapi"))
    lookup._sources = [HttpSource(provider, lookup._clients.current, lambda *_: True)]
    app.extensions["company_lookup"] = lookup
    yield
    app.extensions.pop("company_lookup").close()


@pytest.fixture
def staff(client, db):
    sign_in(client)
    return client


def filled(staff, path="/customers/company", **typed):
    page = html.fromstring(
        staff.post(path, data={name.replace("__", "."): typed[name] for name in typed}).text
    )
    form = page.get_element_by_id("customer-form")
    values = {
        name: form.fields[name]
        for name in form.fields.keys()
        if name == "name" or name.startswith("address.")
    }
    return values, form.text_content()


def test_blanks_are_filled_in_and_nothing_is_saved(staff, looked_up, db):
    values, words = filled(staff, document="27.865.757/0001-02")
    assert values["name"] == "GLOBO COMUNICACAO E PARTICIPACOES S/A"
    assert [values[f"address.{part}"] for part in ("zip_code", "street", "number", "state")] == [
        "22460-901",
        "RUA LOPES QUINTAS",
        "303",
        "RJ",
    ]
    assert "as registered, by brasilapi" in words
    assert words.count("From BrasilAPI.") == 5
    assert db.session.query(Customer).count() == 0


def test_what_was_typed_stays_and_no_two_addresses_are_mixed(staff, looked_up):
    values, words = filled(staff, document=SEAT, name="Globo", address__city="Niterói")
    assert (values["name"], values["address.city"], values["address.street"]) == (
        "Globo",
        "Niterói",
        "",
    )
    assert "stays as typed" in words


def test_the_same_place_as_typed_is_completed_around_it(staff, looked_up):
    values, _words = filled(
        staff, document=SEAT, address__zip_code="22460901", address__city="Rio de Janeiro"
    )
    assert (values["address.zip_code"], values["address.city"], values["address.number"]) == (
        "22460901",
        "Rio de Janeiro",
        "303",
    )


def test_a_closed_company_is_said_to_be_one(staff, looked_up):
    assert "calls this company BAIXADA" in filled(staff, document=BRANCH)[1]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("111.444.777-35", "This is not a CNPJ: a CNPJ has 14 digits or letters."),
        ("", "This is not a CNPJ: a CNPJ has 14 digits or letters."),
        ("27.865.757/0001-03", "This is not a CNPJ: its check digits do not fit."),
        (UNKNOWN, "No service knows a company with this CNPJ."),
    ],
)
def test_what_cannot_be_filled_in_is_told_at_the_field(staff, looked_up, document, words):
    values, told = filled(staff, document=document, name="Ana")
    assert words in told
    assert (values["name"], values["address.street"]) == ("Ana", "")


def test_a_service_that_is_away_is_told_and_the_form_goes_on(staff, looked_up, fake):
    fake.modes["brasilapi"] = "too_many"
    values, told = filled(staff, document=SEAT, name="Ana")
    assert "No company service answers right now" in told
    assert values["name"] == "Ana"


def test_the_edited_customer_s_form_stays_theirs(staff, looked_up, db):
    staff.post("/customers", data={"name": "Globo", "document": SEAT})
    number = db.session.scalar(db.select(Customer.id))
    page = staff.post(f"/customers/{number}/company", data={"document": SEAT, "version": "1"}).text
    form = html.fromstring(page).get_element_by_id("customer-form")
    assert (form.action, form.fields["version"]) == (f"/customers/{number}", "1")
    assert form.fields["address.number"] == "303"


def test_switched_off_there_is_no_button_and_nobody_is_asked(staff, db):
    assert "Fill in by CNPJ" not in staff.get("/customers/new").text
    assert "This shop looks up no companies" in filled(staff, document=SEAT)[1]
    answer = api(staff, make_token("clerk")).get(f"/companies/{SEAT}")
    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")


def test_where_it_is_on_the_form_has_the_button(staff, looked_up):
    assert "Fill in by CNPJ" in staff.get("/customers/new").text


def test_a_program_gets_the_company(client, db, looked_up):
    told = api(client, make_token("clerk")).get(f"/companies/{BRANCH.lower()}").json
    assert told.pop("fetched_at").endswith("+00:00")
    assert told == {
        "cnpj": BRANCH,
        "name": "LIVROS DO SUL LTDA",
        "trade_name": "",
        "situation": "BAIXADA",
        "zip_code": "01311-902",
        "street": "AVENIDA PAULISTA",
        "number": "S/N",
        "complement": "SALA 2",
        "neighborhood": "BELA VISTA",
        "city": "SAO PAULO",
        "state": "SP",
        "ibge": "3550308",
        "provider": "brasilapi",
    }


def test_a_program_is_refused_what_is_none(client, db, looked_up):
    caller = api(client, make_token("clerk"))
    answer = caller.get("/companies/52998224725")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "cnpj")
    assert caller.get(f"/companies/{UNKNOWN}").status_code == 404
