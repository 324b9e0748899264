"""Customers from a table: known by document, with the zeros that a spreadsheet took."""

import pytest
from sqlalchemy import select

from tests.factories import api, make_token, open_shop
from tests.support.imported_tables import counts, looked_over, taken, told
from tests.support.made_spreadsheets import xlsx
from webapp.customers.models import Customer
from webapp.imports.models import ImportRow


@pytest.fixture
def calls(client, db):
    open_shop()
    return api(client, make_token("clerk"))


def test_customers_are_added_and_known_again_by_their_document(calls, db):
    rows = [
        ["Nome", "CPF/CNPJ", "E-mail", "Celular", "CEP", "Número", "UF", "País"],
        ["Maria das Dores", "529.982.247-25", "m@ex.com", 11999990000, 1025020, 1, "SP", "Brasil"],
        ["José", 1234567890, "", "", "", "", "", ""],
        ["John", "", "john@example.com", "", "", "", "", "Estados Unidos"],
        ["Ana", "", "", "", "", "", "", ""],
    ]  # fmt: skip
    found = taken(calls, xlsx(rows), kind="customers", name="clientes.xlsx")

    assert counts(found) == ("done", 4, 3, 0, 1)
    assert told(found)[0][:2] == (5, "CPF/CNPJ")
    db.session.rollback()
    by_name = {each.name: each for each in db.session.scalars(select(Customer))}
    maria = by_name["Maria das Dores"]
    assert (maria.document, maria.zip_code, maria.phone) == (
        "52998224725",
        "01025-020",
        "11999990000",
    )
    assert by_name["José"].document == "01234567890"
    assert by_name["John"].country == "US"

    kept = db.session.scalars(select(ImportRow).where(ImportRow.outcome != "refused"))
    assert {(each.name, each.key, str(each.facts)) for each in kept} == {("", "", "{}")}
    again = looked_over(calls, xlsx(rows), kind="customers")
    assert counts(again) == ("ready", 4, 3, 3, 1)
    changed = "CPF;Nome;Telefone\n52998224725;Maria das Dores;1133330000\n"
    assert counts(taken(calls, changed, kind="customers")) == ("done", 1, 1, 0, 0)
    db.session.rollback()
    assert (maria.phone, maria.zip_code) == ("1133330000", "01025-020")
