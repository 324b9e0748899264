"""The list of NF-e as a place to work: what waits by age and reason, many approved at once, four
eyes."""

import datetime as dt
import re

import pytest
from sqlalchemy import select, update

from tests.factories import api, make_product, make_sale, make_token, sign_in, work_off
from tests.support.invoices import (
    decide,
    hold_large_orders,
    in_review,
    invoice_of_sale,
    with_wrong_bar_code,
    worked_off,
)
from webapp.audit.tracking import acting_as
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.store.queries import the_shop

EMOJI = "Caneca 🏔 esmaltada"


def waiting_for(invoice, days):
    db.session.execute(
        update(Invoice)
        .where(Invoice.id == invoice.id)
        .values(created_at=utc_now() - dt.timedelta(days=days, minutes=1))
    )
    db.session.commit()


def ids_on(client, address):
    return [int(found) for found in re.findall(r'<tr id="invoice-(\d+)"', client.get(address).text)]


def approve(client, *invoices, **filters):
    ids = [invoice.id for invoice in invoices]
    return client.post("/invoices/approvals", query_string=filters, data={"ids": ids})


def states(*invoices):
    db.session.rollback()
    return [db.session.get(Invoice, invoice.id).status for invoice in invoices]


def four_eyes(on=True):
    the_shop().four_eyes = on
    db.session.commit()


def test_what_waits_longest_comes_first_and_is_found_by_age_and_reason(client, db):
    hold_large_orders("500.00")
    first, second = in_review(), worked_off()
    large = worked_off(sku=make_product(price="500.00").sku)
    waiting_for(second, 4)
    waiting_for(large, 8)
    sign_in(client, "reviewer")

    assert ids_on(client, "/invoices?status=review") == [large.id, second.id, first.id]
    assert ids_on(client, "/invoices?status=review&age=3") == [large.id, second.id]
    assert ids_on(client, "/invoices?status=review&age=7&reason=large") == [large.id]
    assert ids_on(client, "/invoices?status=review&reason=policy") == [second.id, first.id]
    page = client.get("/invoices?status=review&reason=policy").text
    for words in ("Large orders wait (1)", "The shop has every NF-e reviewed (2)"):
        assert words in page
    assert "1 day or more (2)" in page and "7 days or more (1)" in page
    assert "Remove the filter: The shop has every NF-e reviewed" in page
    assert client.get("/invoices?status=review&age=2").status_code == 422
    assert "day or more" not in client.get("/invoices").text, "no queue, no age"


def test_each_kind_of_fault_has_its_reason(client, db):
    wrong = with_wrong_bar_code()
    returned = in_review()
    sign_in(client, "reviewer")
    decide(client, returned.id, "rejection", code="payment", comment="by Pix")
    work_off()
    assert db.session.scalars(select(Invoice.reason).order_by(Invoice.id)).all() == [
        "items",
        "payment",
    ]
    assert ids_on(client, "/invoices?status=errors&reason=items") == [wrong.id]
    assert "Payment (1)" in client.get("/invoices?status=returned").text


@pytest.mark.both_databases
def test_marked_ones_are_approved_at_once_each_with_its_own_outcome(client, db):
    good, other = in_review(), worked_off()
    warned = worked_off(sku=make_product(name=EMOJI).sku)
    reviewer = sign_in(client, "reviewer")
    answer = approve(client, good, other, warned, status="review")
    assert (answer.status_code, answer.location) == (303, "/invoices?status=review")
    page = " ".join(client.get("/invoices").text.split())
    assert "NF-e approved: 2 of 3." in page
    assert f"Passed over {warned.sale.reference}: it has warnings" in page
    assert states(good, other, warned) == ["approved", "approved", "review"]
    again = approve(client, good, other)
    assert again.status_code == 303
    assert "NF-e approved: 0 of 2. 2 were so before." in client.get("/invoices").text
    work_off()
    assert {invoice_of_sale(each.sale).number for each in (good, other)} == {1, 2}
    assert invoice_of_sale(good.sale).reviewer == reviewer
    approve(client)
    assert "Mark at least one NF-e." in client.get("/invoices").text


def test_a_clerk_approves_none_of_them(client, db):
    invoice = in_review()
    sign_in(client)
    assert approve(client, invoice).status_code == 403
    assert "approvals" not in client.get("/invoices?status=review").text


@pytest.fixture
def mine(client, db):
    """Waits for review, entered by the person who is signed in, in a shop of four eyes."""
    in_review()
    four_eyes()
    person = sign_in(client, "reviewer")
    with acting_as(person):
        sale = make_sale()
    work_off()
    return invoice_of_sale(sale)


def test_with_four_eyes_who_entered_it_does_not_approve_it(app, client, db, mine):
    told = decide(client, mine.id, "approval")
    assert told.status_code == 409 and "You entered or changed this order" in told.text
    page = client.get(f"/invoices/{mine.id}").text
    assert "Somebody else approves it" in page and "Approve and send" not in page
    approve(client, mine)
    assert "Passed over" in client.get("/invoices").text
    assert states(mine) == [InvoiceStatus.REVIEW]
    other = app.test_client()
    sign_in(other, "reviewer")
    assert decide(other, mine.id, "approval").status_code == 303


def test_who_mended_it_does_not_approve_it_and_who_returned_it_may(app, client, db, mine):
    mender = app.test_client()
    sign_in(mender, "reviewer")
    decide(mender, mine.id, "rejection", code="address", comment="another number")
    changed = decide(mender, mine.id, "address", zip_code="05010-000", number="200", country="BR")
    assert changed.status_code == 303
    work_off()
    assert decide(mender, mine.id, "approval").status_code == 409
    third = app.test_client()
    sign_in(third, "reviewer")
    decide(third, mine.id, "rejection", code="other", comment="let me think")
    third.post(f"/invoices/{mine.id}/resubmission")
    work_off()
    assert decide(third, mine.id, "approval").status_code == 303


def test_without_it_one_may_and_a_program_is_told_so_too(client, db, mine):
    secret = make_token("reviewer", "site")
    with acting_as("token site"):
        sale = make_sale()
    work_off()
    calls = api(client, secret)
    refused = calls.post(f"/invoices/{invoice_of_sale(sale).id}/approval")
    assert refused.status_code == 409
    assert refused.json["detail"].startswith("You entered or changed this order yourself")
    four_eyes(False)
    assert decide(client, mine.id, "approval").status_code == 303
