"""A reviewer releases an NF-e, and it is sent."""

import threading

import pytest
from sqlalchemy import select

from tests.factories import api, make_product, make_token, sign_in, work_off
from tests.support.invoices import (
    authorized,
    decide,
    hold_large_orders,
    in_review,
    invoice_of_sale,
    version_on,
    worked_off,
)
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.invoices.models import InvoiceStatus
from webapp.sales.models import Status

EMOJI = "Caneca 🏔 esmaltada"


@pytest.mark.both_databases
def test_an_approved_invoice_is_sent_and_authorized(db, client):
    invoice = in_review()
    reviewer = sign_in(client, "reviewer")

    answer = decide(client, invoice.id, "approval")

    assert (answer.status_code, answer.location) == (303, "/invoices")
    work_off()
    invoice = invoice_of_sale(invoice.sale)
    assert (invoice.status, invoice.number, invoice.reviewer) == (
        InvoiceStatus.AUTHORIZED,
        1,
        reviewer,
    )
    assert invoice.sale.status is Status.INVOICED


def test_the_reviewer_goes_on_to_the_next_of_the_queue(db, client):
    first, second, third = in_review(), worked_off(), worked_off()
    sign_in(client, "reviewer")
    assert decide(client, second.id, "approval").location == f"/invoices/{third.id}"
    assert decide(client, third.id, "approval").location == f"/invoices/{first.id}"


def test_approving_twice_does_no_harm(db, client):
    invoice = in_review()
    sign_in(client, "reviewer")
    seen = version_on(client, invoice.id)
    assert [decide(client, invoice.id, "approval", seen).status_code for _time in range(2)] == [
        303,
        303,
    ]
    work_off()
    assert decide(client, invoice.id, "approval", seen).status_code == 303
    assert invoice_of_sale(invoice.sale).number == 1


def test_of_two_reviewers_the_second_is_told_and_nothing_is_overwritten(app, db, client):
    invoice = in_review()
    first, other = sign_in(client, "reviewer"), app.test_client()
    sign_in(other, "reviewer")
    seen = version_on(other, invoice.id)
    decide(client, invoice.id, "approval")

    told = decide(other, invoice.id, "rejection", seen, code="items", comment="wrong book")

    assert told.status_code == 409
    assert "Somebody changed this record" in told.text
    invoice = invoice_of_sale(invoice.sale)
    assert (invoice.status, invoice.reviewer) == (InvoiceStatus.APPROVED, first)


@pytest.mark.both_databases
def test_at_the_very_same_moment_one_of_them_decides(app, db, client):
    invoice = in_review()
    people = [client, app.test_client()]
    for person in people:
        sign_in(person, "reviewer")
    seen, url = version_on(client, invoice.id), f"/invoices/{invoice.id}"
    db.session.rollback()
    start, told = threading.Barrier(2), {}

    def act(person, verb, **fields):
        start.wait()
        told[verb] = person.post(f"{url}/{verb}", data={"version": seen, **fields}).status_code

    acts = [
        threading.Thread(target=act, args=(people[0], "approval")),
        threading.Thread(target=act, args=(people[1], "rejection"), kwargs={"code": "items"}),
    ]
    for thread in acts:
        thread.start()
    for thread in acts:
        thread.join()

    assert sorted(told.values()) == [303, 409]
    decided = invoice_of_sale(invoice.sale).status
    assert decided is (
        InvoiceStatus.APPROVED if told["approval"] == 303 else InvoiceStatus.REJECTED
    )


def test_a_page_of_an_earlier_draft_approves_nothing(db, client):
    invoice = in_review()
    sign_in(client, "reviewer")
    seen = version_on(client, invoice.id)
    decide(client, invoice.id, "address", zip_code="05010-000", number="200", country="BR")
    work_off()
    assert decide(client, invoice.id, "approval", seen).status_code == 409
    assert invoice_of_sale(invoice.sale).status is InvoiceStatus.REVIEW


def test_over_a_warning_it_is_asked_a_second_time(db, client):
    invoice = in_review(sku=make_product(name=EMOJI).sku)
    sign_in(client, "reviewer")

    asked = decide(client, invoice.id, "approval")

    assert asked.status_code == 422
    assert 'name="confirm" value="1"' in " ".join(asked.text.split())
    assert "Approve all the same" in asked.text
    assert "data-dirty" in asked.text, "a live change would take the question away"
    assert invoice_of_sale(invoice.sale).status is InvoiceStatus.REVIEW
    assert decide(client, invoice.id, "approval", confirm="1").status_code == 303
    assert invoice_of_sale(invoice.sale).status is InvoiceStatus.APPROVED


def test_an_invoice_without_warning_is_asked_for_only_once(db, client):
    invoice = in_review()
    sign_in(client, "reviewer")
    assert "second confirmation" not in client.get(f"/invoices/{invoice.id}").text


def test_what_was_sent_is_not_approved_nor_returned(db, client):
    invoice = authorized()
    sign_in(client, "reviewer")
    refused = client.post(
        f"/invoices/{invoice.id}/rejection", data={"version": invoice.version, "code": "items"}
    )
    assert refused.status_code == 409
    assert "cannot be returned" in refused.text


def test_a_rule_holds_the_invoice_and_what_goes_out_with_it(db, client):
    authorized()
    hold_large_orders("500.00")
    small, large = worked_off(), worked_off(sku=make_product(price="500.00").sku)
    assert (small.status, large.status) == (InvoiceStatus.AUTHORIZED, InvoiceStatus.REVIEW)
    slip = db.session.scalar(select(PackingSlip).where(PackingSlip.sale_id == large.sale_id))
    assert slip.released_at is None
    sign_in(client, "reviewer")
    assert "Held by the rule “Large orders wait”" in client.get(f"/invoices/{large.id}").text

    decide(client, large.id, "approval")
    work_off()

    db.session.refresh(slip)
    assert slip.released_at is not None
    assert invoice_of_sale(large.sale).status is InvoiceStatus.AUTHORIZED


def test_the_api_approves_and_answers_the_invoice(db, client):
    invoice = in_review()
    calls = api(client, make_token("reviewer"))
    answer = calls.post(f"/invoices/{invoice.id}/approval")
    assert (answer.status_code, answer.json["status"], answer.json["reasons"]) == (
        202,
        "approved",
        [],
    )
    assert calls.post(f"/invoices/{invoice.id}/approval").status_code == 202


def test_the_api_tells_the_state_that_forbids_it(db, client):
    invoice = in_review()
    calls = api(client, make_token("reviewer"))
    returned = calls.post(
        f"/invoices/{invoice.id}/rejection", {"code": "address", "comment": "no such street"}
    )
    assert (returned.json["status"], returned.json["rejected_by"]) == ("rejected", "reviewer")
    assert returned.json["reasons"] == [
        {"code": "address", "message": "no such street", "field": "address.street"}
    ]
    refused = calls.post(f"/invoices/{invoice.id}/approval")
    assert (refused.status_code, refused.json["detail"]) == (
        409,
        "An NF-e in the state “Returned for correction” cannot be approved.",
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "code"),
        ({"code": "because"}, "code"),
        ({"code": "other"}, "comment"),
        ({"code": "items", "note": ""}, "note"),
        ({"code": "items", "comment": "x" * 501}, "comment"),
    ],
)
def test_the_api_names_what_is_wrong_with_a_rejection(db, client, body, field):
    invoice = in_review()
    refused = api(client, make_token("reviewer")).post(f"/invoices/{invoice.id}/rejection", body)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, field)
    assert invoice_of_sale(invoice.sale).status is InvoiceStatus.REVIEW


@pytest.mark.parametrize("role", ["clerk", "accountant"])
def test_a_token_of_a_lesser_role_decides_nothing(db, client, role):
    invoice = in_review()
    assert api(client, make_token(role)).post(f"/invoices/{invoice.id}/approval").status_code == 403


def test_what_is_not_checked_yet_is_not_approved(db, client):
    """A corrected address sends the sale its way again: what a person saw is not what would go
    out."""
    invoice = in_review()
    calls = api(client, make_token("reviewer"))
    calls.patch(f"/sales/{invoice.sale_id}/address", {"number": "200"})
    refused = calls.post(f"/invoices/{invoice.id}/approval")
    assert (refused.status_code, refused.json["detail"]) == (
        409,
        "An NF-e in the state “Being prepared” cannot be approved.",
    )
    work_off()
    assert calls.post(f"/invoices/{invoice.id}/approval").status_code == 202
