"""An NF-e that is not right: returned, rejected by the checks or by the authority, mended, and sent
again."""

import datetime as dt

import pytest

from tests.factories import make_sale, sign_in, work_off
from tests.support.invoices import (
    authorized,
    decide,
    in_review,
    invoice_of_sale,
    with_wrong_bar_code,
)
from webapp.authority.models import SandboxNote
from webapp.catalog.models import Product
from webapp.customers.models import Customer
from webapp.fiscal.sandbox import SandboxAuthority
from webapp.invoices.models import Invoice, InvoiceStatus, RejectedBy
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.sales.models import Status


def test_a_returned_invoice_waits_with_the_reviewers_words(db, client):
    invoice = in_review()
    reviewer = sign_in(client, "reviewer")

    decide(client, invoice.id, "rejection", code="address", comment="Ask for the street.")

    invoice = invoice_of_sale(invoice.sale)
    assert (invoice.status, invoice.rejected_by, invoice.reviewer) == (
        InvoiceStatus.REJECTED,
        RejectedBy.REVIEWER,
        reviewer,
    )
    assert invoice.sale.status is Status.ATTENTION
    page = client.get(f"/invoices/{invoice.id}").text
    assert "Ask for the street." in page
    assert "Returned for correction" in page


def test_returning_asks_for_a_reason_and_keeps_what_was_typed(db, client):
    invoice = in_review()
    sign_in(client, "reviewer")
    refused = decide(client, invoice.id, "rejection", code="", comment="The street is missing")
    assert refused.status_code == 422
    assert "The street is missing</textarea>" in refused.text
    unexplained = decide(client, invoice.id, "rejection", code="other", comment="")
    assert "Say what is to be fixed." in unexplained.text
    assert invoice_of_sale(invoice.sale).status is InvoiceStatus.REVIEW


def test_returned_mended_and_reviewed_again(db, client):
    invoice = in_review()
    sign_in(client, "reviewer")
    decide(client, invoice.id, "rejection", code="address", comment="")

    decide(client, invoice.id, "address", zip_code="05010-000", number="222", country="BR")
    work_off()

    invoice = invoice_of_sale(invoice.sale)
    assert (invoice.status, invoice.sale.number, invoice.comment) == (
        InvoiceStatus.REVIEW,
        "222",
        "",
    )


def test_a_mended_address_that_is_none_stays_in_the_form(db, client):
    invoice = in_review()
    sign_in(client, "reviewer")
    refused = decide(client, invoice.id, "address", zip_code="0102", number="9", country="BR")
    assert refused.status_code == 422
    assert 'value="0102"' in refused.text
    assert "This is not a CEP" in refused.text
    assert invoice_of_sale(invoice.sale).sale.zip_code == "05010-000"


def test_what_the_checks_refuse_names_the_field_and_goes_on_once_mended(db, client):
    invoice = with_wrong_bar_code()
    sign_in(client, "reviewer")
    page = client.get(f"/invoices/{invoice.id}").text
    product = database.session.query(Product).one()
    assert (invoice.rejected_by, invoice.number) == (RejectedBy.CHECKS, None)
    assert page.count(f"The bar code of product {product.sku} is wrong") == 1, (
        "611 and 612 are one fault"
    )
    assert f'href="/products/{product.id}/edit"' in page

    product.gtin = ""
    database.session.commit()
    assert client.post(f"/invoices/{invoice.id}/resubmission").status_code == 303
    work_off()

    assert invoice_of_sale(invoice.sale).status is InvoiceStatus.AUTHORIZED


def test_checking_again_twice_does_no_harm(db, client):
    invoice = with_wrong_bar_code()
    sign_in(client, "reviewer")
    answers = [
        client.post(f"/invoices/{invoice.id}/resubmission").status_code for _time in range(2)
    ]
    work_off()
    assert (answers, invoice_of_sale(invoice.sale).status) == ([303, 303], InvoiceStatus.REJECTED)


@pytest.fixture
def slow_clock(monkeypatch):
    """An authority whose clock is an hour behind ours: what we send was issued in its future
    (703)."""
    made = SandboxAuthority.__init__

    def behind(self, ledger, **known):
        made(self, ledger, lambda: utc_now() - dt.timedelta(hours=1), **known)

    with monkeypatch.context() as patched:
        patched.setattr(SandboxAuthority, "__init__", behind)
        yield patched


def test_the_authoritys_refusal_is_told_in_words_and_the_number_stays(db, client, slow_clock):
    invoice = authorized()
    assert (invoice.status, invoice.rejected_by, invoice.rejection_code) == (
        InvoiceStatus.REJECTED,
        RejectedBy.AUTHORITY,
        "703",
    )
    sign_in(client, "reviewer")
    page = client.get(f"/invoices/{invoice.id}").text
    assert "the server&#39;s clock is fast" in page
    assert "SEFAZ, code 703" in page
    assert "Send again with the same number" in page

    slow_clock.undo()
    client.post(f"/invoices/{invoice.id}/resubmission")
    work_off()

    invoice = invoice_of_sale(invoice.sale)
    assert (invoice.status, invoice.number, invoice.rejection_code) == (
        InvoiceStatus.AUTHORIZED,
        1,
        None,
    )


def test_a_number_that_another_system_used_is_left_and_told(db, client):
    other = authorized()
    entry = database.session.query(SandboxNote).one()
    taken = {column.name: getattr(entry, column.name) for column in SandboxNote.__table__.columns}
    key = taken["access_key"]
    database.session.add(
        SandboxNote(**taken | {"number": 2, "access_key": key[:25] + "000000002" + key[34:]})
    )
    database.session.commit()

    sale = make_sale()
    work_off()

    sent = invoice_of_sale(sale)
    assert (sent.status, sent.number, other.number) == (InvoiceStatus.AUTHORIZED, 3, 1)
    sign_in(client, "clerk")
    page = client.get(f"/invoices/{sent.id}").text
    assert "Its number is another NF-e&#39;s; it takes the next one" in page
    assert "Number 2 of series 1" in page


def test_the_record_may_lend_its_address_to_the_order(db, client):
    invoice = with_another_zip_code_on_record()
    sign_in(client, "reviewer")
    page = client.get(f"/invoices/{invoice.id}").text
    assert "The order&#39;s postal code is not the one in the customer&#39;s record" in page
    assert "1 warning" in page

    decide(client, invoice.id, "zip-code", source="customer")
    work_off()

    assert invoice_of_sale(invoice.sale).sale.zip_code == "18072-856"


def test_the_orders_own_address_may_stay(db, client):
    invoice = with_another_zip_code_on_record()
    sign_in(client, "reviewer")
    decide(client, invoice.id, "zip-code", source="order")
    assert invoice_of_sale(invoice.sale).sale.zip_code == "05010-000"
    assert decide(client, invoice.id, "approval").status_code == 422


def with_another_zip_code_on_record() -> Invoice:
    invoice = in_review()
    customer = database.session.query(Customer).one()
    customer.zip_code, customer.number, customer.street = "18072-856", "88", "Rua Seraphim Banietti"
    customer.neighborhood, customer.city, customer.state = "Caguassu", "Sorocaba", "SP"
    database.session.commit()
    return invoice
