"""When no postal code service answers, the sale waits with a reason in words and is tried again by
itself."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import update

from tests.factories import make_sale, open_shop, work_off
from tests.support.postal_code_providers import FakeProviders
from webapp.invoices.issues import issue_of
from webapp.platform.clock import utc_now
from webapp.sales.models import Sale, Status


@pytest.fixture(scope="module")
def fake():
    with FakeProviders() as fake:
        yield fake


@pytest.fixture
def settings(base_settings, database_url, fake):
    return replace(
        base_settings,
        database_url=database_url,
        cep_providers=("viacep",),
        viacep_url=fake.url("viacep"),
    )


@pytest.fixture(autouse=True)
def fresh_lookup(app):
    """Breakers remember; each test begins with closed ones."""
    yield
    if lookup := app.extensions.pop("lookup", None):
        lookup.close()


def test_a_sale_waits_and_goes_on_when_the_provider_is_back(app, db, fake):
    open_shop()
    fake.modes["viacep"] = "server_error"
    sale = make_sale(address={"zip_code": "05010-000", "number": "100"})
    work_off()
    assert (sale.status, sale.reason_code) == (Status.ADDRESS, "providers_unavailable")
    assert "05010-000" in issue_of(sale).text
    assert utc_now() < sale.due_at < utc_now() + dt.timedelta(seconds=30)

    fake.modes["viacep"] = "ok"
    app.extensions.pop("lookup").close()
    db.session.execute(update(Sale).values(due_at=utc_now()))
    work_off()
    assert (sale.status, sale.reason_code, sale.street) == (Status.INVOICED, None, "Rua Caiubi")
    assert sale.address_source["street"] == "viacep"
    assert sale.address_source["zip_code"] == "customer"
