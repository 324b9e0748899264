"""Staff and the shop's customers and agents."""

import datetime as dt
import re

import pytest
from lxml import html
from sqlalchemy import event

from tests.factories import make_sale, sign_in
from webapp.customers.customer_edits import save_agent, save_customer
from webapp.customers.forms import AgentIn, CustomerIn
from webapp.customers.models import Agent, Customer
from webapp.fulfilment.memberships.models import Membership, MembershipStatus
from webapp.http.forms import parse
from webapp.platform.database import db as database

JOSE = {
    "name": "José da Conceição",
    "document": "111.444.777-35",
    "address.zip_code": "01025-020",
    "address.number": "100",
}


@pytest.fixture
def staff(client, db):
    sign_in(client)
    return client


def make_customer(**facts):
    customer = save_customer(
        Customer(), parse(CustomerIn, {"name": "Ana Souza", "document": "12ABC34501DE35"} | facts)
    )
    database.session.commit()
    return customer


def make_agent(**facts):
    agent = save_agent(
        Agent(),
        parse(AgentIn, {"code": "A1", "name": "Rosa", "commission_percent": "5.00"} | facts),
    )
    database.session.commit()
    return agent


def names(page: str) -> list[str]:
    return re.findall(r'<a[^>]*\shref="/customers/\d+"[^>]*>([^<]+)</a>', page)


def test_a_customer_is_added_by_the_form(staff, db):
    page = staff.post("/customers", data=JOSE, follow_redirects=True).text
    assert "José da Conceição was added." in page
    assert db.session.scalar(db.select(Customer.zip_code)) == "01025-020"


def test_what_the_edit_form_shows_can_be_saved_as_it_is(staff, db):
    customer = make_customer(
        email="ana@example.com",
        phone="1130000010",
        taxpayer="contributor",
        state_registration="110.042.490.114",
    )
    page = html.fromstring(staff.get(f"/customers/{customer.id}/edit").text)
    form = dict(
        next(
            form for form in page.forms if form.get("action") == f"/customers/{customer.id}"
        ).form_values()
    )
    before = {column.key: getattr(customer, column.key) for column in Customer.__table__.columns}
    assert staff.post(f"/customers/{customer.id}", data=form).status_code == 303
    assert {
        column.key: getattr(customer, column.key) for column in Customer.__table__.columns
    } == before


def test_the_second_of_two_editors_is_told_and_overwrites_nothing(staff, db):
    customer = make_customer()
    form = {"document": customer.document, "version": str(customer.version)}
    assert staff.post(f"/customers/{customer.id}", data=form | {"name": "First"}).status_code == 303
    second = staff.post(f"/customers/{customer.id}", data=form | {"name": "Second"})
    assert second.status_code == 422
    assert "Somebody changed this record" in second.text and 'value="Second"' in second.text
    assert customer.name == "First"


def test_a_known_document_is_told_beside_the_field(staff, db):
    make_customer(document="11144477735")
    answer = staff.post("/customers", data=JOSE)
    assert answer.status_code == 422
    assert 'href="#f-document">Another customer has this CPF or CNPJ already.' in answer.text


def test_the_list_is_searched_and_paged(staff, db):
    make_customer(name="Ana Souza")
    make_customer(name="Bruno Lima", document="11144477735")
    assert names(staff.get("/customers").text) == ["Ana Souza", "Bruno Lima"]
    assert names(staff.get("/customers?q=111.444").text) == ["Bruno Lima"]
    assert "No results" in staff.get("/customers?q=nobody").text


@pytest.mark.parametrize(
    ("role", "shown"), [("clerk", "•••.444.777-••"), ("reviewer", "111.444.777-35")]
)
def test_a_cpf_is_masked_for_those_who_need_no_more(client, db, role, shown):
    customer = make_customer(document="11144477735")
    sign_in(client, role)
    for address in ("/customers", f"/customers/{customer.id}"):
        page = client.get(address).text
        assert shown in page
        assert ("111.444.777-35" in page) is (role == "reviewer")


def test_the_customers_page_shows_orders_and_membership(staff, db):
    sale = make_sale()
    customer = sale.customer
    page = staff.get(f"/customers/{customer.id}").text
    assert (
        f'id="sale-{sale.id}"' in page
        and f'href="/sales/{sale.id}"' in page
        and sale.reference in page
    )
    assert "It begins with an order that has a membership in it." in page
    db.session.add(
        Membership(
            customer_id=customer.id,
            plan="gold",
            status=MembershipStatus.ACTIVE,
            since=dt.date(2026, 11, 2),
        )
    )
    db.session.commit()
    page = staff.get(f"/customers/{customer.id}").text
    assert "gold" in page and "2 Nov 2026" in page


def test_an_empty_shop_says_where_customers_come_from(staff):
    assert "No customers yet" in staff.get("/customers").text
    assert "No agents yet" in staff.get("/agents").text


@pytest.mark.parametrize(
    "path", ["/customers/7", "/customers/99999999999999999999", "/customers/7/edit"]
)
def test_an_unknown_customer_is_not_found(staff, path):
    assert staff.get(path).status_code == 404


# Agents


def test_an_agent_is_added_and_a_wrong_one_keeps_what_was_typed(staff, db):
    page = staff.post(
        "/agents",
        data={"code": "A1", "name": "Rosa", "commission_percent": "7,5"},
        follow_redirects=True,
    ).text
    assert "Rosa was added." in page and "7.50 %" in page
    refused = staff.post(
        "/agents", data={"code": "A2", "name": "Caio", "commission_percent": "lots"}
    )
    assert refused.status_code == 422
    assert 'value="lots"' in refused.text and 'value="Caio"' in refused.text
    twice = staff.post("/agents", data={"code": "A1", "name": "Caio", "commission_percent": "1"})
    assert "Another agent has the code A1 already." in twice.text
    assert db.session.scalar(db.select(db.func.count(Agent.id))) == 1


def test_a_percentage_is_changed_by_a_manager_and_never_over_another_change(client, db):
    agent = make_agent()
    sign_in(client, "manager")
    page = html.fromstring(client.get(f"/agents/{agent.id}/edit").text)
    form = dict(
        next(
            form for form in page.forms if form.get("action") == f"/agents/{agent.id}"
        ).form_values()
    )
    assert (
        client.post(f"/agents/{agent.id}", data=form | {"commission_percent": "6,25"}).status_code
        == 303
    )
    assert str(agent.commission_percent) == "6.25"
    second = client.post(f"/agents/{agent.id}", data=form | {"commission_percent": "9"})
    assert second.status_code == 422 and "Somebody changed this record" in second.text
    assert str(agent.commission_percent) == "6.25"


def test_a_clerk_does_not_change_a_percentage(staff, db):
    agent = make_agent()
    assert f"/agents/{agent.id}/edit" not in staff.get("/agents").text
    assert (
        staff.post(f"/agents/{agent.id}", data={"version": str(agent.version)}).status_code == 403
    )


# As the shop grows


def cpf(number: int) -> str:
    body = f"{number:09d}"
    for _twice in range(2):
        rest = (
            sum(
                int(digit) * weight
                for digit, weight in zip(body, range(len(body) + 1, 1, -1), strict=True)
            )
            % 11
        )
        body += str(0 if rest < 2 else 11 - rest)
    return body


def test_the_list_asks_the_database_as_often_for_100_rows_as_for_5(staff, db):
    sent = []

    def note(_connection, _cursor, statement, *_rest):
        sent.append(statement)

    def asked():
        staff.get("/customers")
        sent.clear()
        return names(staff.get("/customers").text), len(sent)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        for number in range(5):
            make_customer(name=f"Customer {number}", document=cpf(number + 1))
        few = asked()
        for number in range(5, 100):
            make_customer(name=f"Customer {number}", document=cpf(number + 1))
        many = asked()
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    assert (len(few[0]), len(many[0])) == (5, 50)
    assert few[1] == many[1] < 20
