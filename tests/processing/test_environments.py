"""From the test environment into production: by typing the CNPJ, with numbers counted apart."""

import datetime as dt
import io
import zipfile
from dataclasses import replace

import pytest

from tests.factories import make_sale, open_shop, sign_in, work_off
from tests.support.certificates import PASSWORD, pfx
from tests.support.invoices import invoice_of_sale, sign_all
from webapp.authority.certificates import signing_hold, take_certificate
from webapp.authority.choosing import Unasked, authority
from webapp.authority.service_states import Watched
from webapp.closings.queries import account_of
from webapp.http.formatting import shop_day
from webapp.invoices.models import InvoiceStatus
from webapp.platform import clock
from webapp.platform.clock import utc_now
from webapp.processing.signing_holds import let_sign
from webapp.store.models import PRODUCTION, Series
from webapp.store.queries import the_shop

CNPJ = "99.888.777/0001-00"


@pytest.fixture
def admin(client, db):
    open_shop()
    return sign_in(client, "admin")


@pytest.fixture
def real(app, monkeypatch):
    """Another authority than the sandbox is named; nothing is sent to it."""
    other = replace(app.extensions["settings"], nfe_authority="sefaz")
    monkeypatch.setitem(app.extensions, "settings", other)


def go(client, environment=PRODUCTION, cnpj=CNPJ):
    sent = {"environment": environment, "typed_cnpj": cnpj}
    return client.post("/settings/environment", data=sent)


def series_of(db):
    db.session.rollback()
    series = db.session.scalars(db.select(Series)).one()
    return series.next_number, series.other_next_number


@pytest.mark.both_databases
def test_numbers_of_tests_use_up_none_of_production(client, db, admin, monkeypatch, request):
    tests = [make_sale() for _sale in range(2)]
    work_off()
    request.getfixturevalue("real")

    assert go(client).status_code == 303 and go(client).status_code == 303, "said twice"

    assert series_of(db) == (1, 3)
    take_certificate(pfx(), PASSWORD)
    sale = make_sale()
    sign_all()
    note = invoice_of_sale(sale)
    assert (note.status, note.series, note.number) == (InvoiceStatus.SENDING, 1, 1)
    assert b"<tpAmb>1</tpAmb>" in note.signed_xml
    of_tests = [invoice_of_sale(test) for test in tests]
    assert [each.printed_number for each in of_tests] == ["1-000001", "1-000002"]
    assert all(each.was_test for each in of_tests)
    page = " ".join(client.get(f"/invoices/{of_tests[0].id}").text.split())
    assert "No. 1 · series 1" in page and "documents with fiscal value" in page
    assert '<span class="tag">issued for tests</span>' in page
    month = f"{shop_day(utc_now()):%Y-%m}"
    assert client.get(f"/invoices/archive?month={month}").status_code == 404


def test_back_to_tests_only_while_nothing_was_issued_in_production(client, db, admin, real):
    assert go(client).status_code == 303
    assert go(client, "homologation").status_code == 303
    assert series_of(db) == (1, 1)
    go(client)
    take_certificate(pfx(), PASSWORD)
    make_sale()
    sign_all()
    refused = go(client, "homologation")
    assert refused.status_code == 422 and "An NF-e is at SEFAZ" in refused.text
    db.session.execute(db.text("UPDATE invoices SET status = 'rejected'"))
    db.session.commit()
    refused = go(client, "homologation")
    assert refused.status_code == 422 and "has issued with fiscal value" in refused.text


def test_a_test_note_that_was_rejected_takes_a_number_of_production(client, db, admin, request):
    sale = make_sale()
    work_off()
    db.session.execute(db.text("UPDATE invoices SET status = 'approved', number = 7"))
    db.session.execute(db.text("UPDATE sales SET status = 'invoice'"))
    db.session.commit()
    request.getfixturevalue("real")
    go(client)
    take_certificate(pfx(), PASSWORD)
    db.session.commit()
    assert let_sign() == 1
    sign_all()
    note = invoice_of_sale(sale)
    assert (note.status, note.series, note.number) == (InvoiceStatus.SENDING, 1, 1)


def test_the_cnpj_is_typed(client, db, admin, real):
    assert "Go to production" in client.get("/settings").text
    other = go(client, cnpj="99.777.666/0001-18")
    assert other.status_code == 422 and "This is not the shop&#39;s CNPJ" in other.text
    assert not the_shop().is_production


def test_the_sandbox_goes_with_no_production(client, db, admin):
    sandbox, said = go(client), "The simulated SEFAZ answers this shop"
    assert sandbox.status_code == 422 and said in sandbox.text
    assert not the_shop().is_production
    page = client.get("/settings").text
    assert said in page and "typed_cnpj" not in page and "Test environment" in page


def test_production_without_the_authority_signs_nothing_and_says_so(app, client, db, admin):
    the_shop().nfe_environment = PRODUCTION
    db.session.commit()
    sale = make_sale()
    work_off()
    assert invoice_of_sale(sale).status is InvoiceStatus.APPROVED
    assert "the simulated SEFAZ would answer it" in client.get(f"/sales/{sale.id}").text
    assert 'data-part="environment"' in client.get("/products").text


def test_a_shop_on_another_day_is_told_so_and_asks_nothing_with_fiscal_value(
    client, db, admin, real, monkeypatch
):
    assert isinstance(authority(), Watched)
    monkeypatch.setattr(clock, "_ahead", dt.timedelta(days=45))
    sign_in(client, "admin")
    day = f"{shop_day(clock.utc_now()):%-d %b %Y}"
    assert f"Test environment · {day}" in " ".join(client.get("/products").text.split())
    the_shop().nfe_environment = PRODUCTION
    db.session.commit()
    assert isinstance(authority(), Unasked)


class TestSetByTheEnvironment:
    @pytest.fixture
    def settings(self, settings):
        return replace(settings, nfe_environment="production", nfe_environment_from_env=True)

    def test_it_is_confirmed_once_and_then_only_shown(self, app, client, db, admin, real):
        assert signing_hold().code == "environment"
        assert 'name="typed_cnpj"' in client.get("/settings").text
        assert go(client).status_code == 303
        page = client.get("/settings").text
        assert "Set by NFE_ENVIRONMENT" in page and "typed_cnpj" not in page
        refused = go(client, "homologation")
        assert refused.status_code == 422
        assert "The environment sets NFE_ENVIRONMENT" in refused.text


def test_its_files_are_production_s_alone(client, db, admin, request):
    make_sale()
    work_off()
    month = f"{shop_day(utc_now()):%Y-%m}"
    before = client.get(f"/invoices/archive?month={month}").data
    assert len(zipfile.ZipFile(io.BytesIO(before)).namelist()) == 1
    request.getfixturevalue("real")
    assert len(account_of(month).sums) == 1
    go(client)
    assert client.get(f"/invoices/archive?month={month}").status_code == 404
    account = account_of(month)
    assert (account.sums, account.series) == ([], []), "no month of production counts them"
    go(client, "homologation")
    assert len(account_of(month).sums) == 1
