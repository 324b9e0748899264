"""When no postal code service answers, the sale waits with a reason in words and is tried again by
itself."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import text, update

from tests.factories import make_sale, open_shop, sign_in, work_off
from tests.support.postal_code_providers import FakeProviders, asking_viacep, forget_lookup
from webapp.addresses.questions import warnings_of
from webapp.dashboard.queries import sales_in_attention
from webapp.invoices.issues import issue_of
from webapp.platform.clock import utc_now
from webapp.processing.attention import resume
from webapp.sales.models import Sale, Status
from webapp.sales.queries import sales


@pytest.fixture(scope="module")
def fake():
    with FakeProviders() as fake:
        yield fake


@pytest.fixture
def settings(base_settings, database_url, fake):
    return asking_viacep(replace(base_settings, database_url=database_url), fake)


@pytest.fixture(autouse=True)
def fresh_lookup(app):
    """Breakers remember; each test begins with closed ones."""
    yield
    forget_lookup(app)


BY_HAND = {
    "zip_code": "05010-000",
    "number": "100",
    "street": "Rua Caiubi",
    "neighborhood": "Perdizes",
    "city": "São Paulo",
    "state": "SP",
}


def test_a_complete_address_goes_on_unchecked_while_providers_are_away(app, db, fake):
    open_shop()
    fake.modes["viacep"] = "server_error"
    sale = make_sale(address=BY_HAND)
    work_off()
    assert (sale.status, sale.reason_code, sale.ibge) == (Status.INVOICED, None, "3550308")
    assert [warning.code for warning in warnings_of(sale)] == ["zip_code_unchecked"]


@pytest.mark.parametrize(
    ("part", "typed", "code"),
    [
        ("city", "Cidade Nenhuma", "city_unknown"),
        ("state", "RJ", "city_unknown"),
        ("street", "R", "street_length"),
        ("complement", "c" * 70, "complement_length"),
    ],
)
def test_what_is_wrong_in_a_complete_address_is_asked_while_providers_are_away(
    app, db, fake, part, typed, code
):
    open_shop()
    fake.modes["viacep"] = "server_error"
    sale = make_sale(address=BY_HAND | {part: typed})
    work_off()
    assert (sale.status, sale.reason_code) == (Status.ATTENTION, code)
    assert sale.needs_person


def test_an_incomplete_one_says_how_to_go_on_and_waits_for_somebody_after_a_while(
    app, client, db, fake
):
    open_shop()
    fake.modes["viacep"] = "server_error"
    sale = make_sale(address=BY_HAND | {"street": ""})
    work_off()
    assert (sale.status, sale.reason_code) == (Status.ADDRESS, "providers_unavailable")
    assert "complete à mão" in issue_of(sale).text
    assert sales_in_attention(1).rows == []
    sign_in(client)
    button = f'href="/sales/{sale.id}?mend=address#address"'
    page = client.get(f"/sales/{sale.id}").text
    assert "Complete by hand and go on" in page and button in page
    assert f"sale-{sale.id}" not in client.get("/sales?status=attention").text

    since = utc_now() - dt.timedelta(minutes=16)
    db.session.execute(update(Sale).values(waits_since=since, due_at=utc_now()))
    work_off()
    assert sale.status is Status.ADDRESS
    assert [row.id for row in sales_in_attention(1).rows] == [sale.id]
    assert button in client.get("/").text
    listed = client.get("/sales?status=attention").text
    assert f'id="sale-{sale.id}"' in listed and button in listed

    fake.modes["viacep"] = "ok"
    forget_lookup(app)
    db.session.execute(update(Sale).values(due_at=utc_now()))
    work_off()
    assert (sale.status, sale.waits_since) == (Status.INVOICED, None)
    assert sales_in_attention(1).rows == []


def test_whoever_tries_again_asks_the_provider_again(app, db, fake):
    open_shop()
    fake.modes["viacep"] = "unknown_boolean"
    sale = make_sale(address={"zip_code": "05010-000", "number": "100"})
    work_off()
    assert (sale.status, sale.reason_code) == (Status.ATTENTION, "zip_code_unknown")
    fake.modes["viacep"] = "ok"
    resume(sale)
    work_off()
    assert (sale.status, sale.street) == (Status.INVOICED, "Rua Caiubi")


def test_another_sale_asks_again_what_was_unknown_to_the_first(app, db, fake):
    open_shop()
    unknown = {"zip_code": "05010-000", "number": "100"}
    fake.modes["viacep"] = "unknown_boolean"
    first = make_sale(address=unknown)
    work_off()
    asked = fake.asked("viacep")
    fake.modes["viacep"] = "ok"
    second = make_sale(address=unknown)
    work_off()
    assert (first.status, first.reason_code) == (Status.ATTENTION, "zip_code_unknown")
    assert (second.status, second.street) == (Status.INVOICED, "Rua Caiubi")
    assert fake.asked("viacep") == asked + 1


def test_a_sale_waits_and_goes_on_when_the_provider_is_back(app, db, fake):
    open_shop()
    fake.modes["viacep"] = "server_error"
    sale = make_sale(address={"zip_code": "05010-000", "number": "100"})
    work_off()
    assert (sale.status, sale.reason_code) == (Status.ADDRESS, "providers_unavailable")
    assert "05010-000" in issue_of(sale).text
    assert utc_now() < sale.due_at < utc_now() + dt.timedelta(seconds=30)

    fake.modes["viacep"] = "ok"
    forget_lookup(app)
    db.session.execute(update(Sale).values(due_at=utc_now()))
    work_off()
    assert (sale.status, sale.reason_code, sale.street) == (Status.INVOICED, None, "Rua Caiubi")
    assert sale.address_source["street"] == "viacep"
    assert sale.address_source["zip_code"] == "customer"


def test_who_needs_a_person_is_found_without_walking_all_orders(app, db):
    waiting = sales(needs_person=True).with_only_columns(Sale.id).order_by(Sale.id.desc())
    written = waiting.compile(db.engine, compile_kwargs={"literal_binds": True})
    plan = db.session.execute(text(f"EXPLAIN QUERY PLAN {written}")).all()
    assert "ix_sales_needs_person_id (needs_person=?)" in plan[0].detail and len(plan) == 1
