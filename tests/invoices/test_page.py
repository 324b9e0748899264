"""What the page of an NF-e shows, and to whom."""

import pytest

from tests.factories import make_product, sign_in
from tests.support.invoices import authorized, in_review, worked_off


def test_a_draft_is_shown_as_a_preview_without_number(db, client):
    invoice = in_review()
    sign_in(client, "reviewer")
    page = client.get(f"/invoices/{invoice.id}").text
    assert "PREVIEW · NO FISCAL VALUE" in page
    assert "1 of 1 in the queue" in page
    assert "checks passed" in page
    assert "José da Conceição" in page
    assert "42029200" in page
    assert "Access key" not in page.split('id="preview-title"')[1].split("</section>")[0]
    # Not the document's code, 17.
    assert "Pix: R$129.90" in page.replace("\xa0", "")


def test_an_authorized_one_shows_number_key_and_protocol(db, client):
    invoice = authorized()
    sign_in(client, "accountant")
    page = client.get(f"/invoices/{invoice.id}").text
    key = invoice.access_key
    assert " ".join(key[at : at + 4] for at in range(0, 44, 4)) in page
    assert invoice.protocol in page
    assert "PREVIEW" not in page


def test_both_totals_are_shown_where_they_differ(db, client):
    goods, stream = make_product(), make_product(kind="streaming", price="20.00")
    invoice = in_review(
        lines=[{"sku": goods.sku, "quantity": 1}, {"sku": stream.sku, "quantity": 1}]
    )
    sign_in(client, "clerk")
    page = client.get(f"/invoices/{invoice.id}").text
    assert "R$149.90" in page.replace("\xa0", "")
    assert "carries only the goods" in page


@pytest.mark.parametrize(
    ("role", "decides"),
    [("clerk", False), ("accountant", False), ("reviewer", True), ("manager", True)],
)
def test_only_reviewers_and_those_above_decide(db, client, role, decides):
    invoice = in_review()
    sign_in(client, role)
    page = client.get(f"/invoices/{invoice.id}").text
    forms = [
        f'action="/invoices/{invoice.id}/{verb}"' in page
        for verb in ("approval", "rejection", "address")
    ]
    assert forms == [decides] * 3
    for verb in ("approval", "rejection", "resubmission", "address", "zip-code"):
        assert (client.post(f"/invoices/{invoice.id}/{verb}").status_code == 403) is not decides


def test_the_queue_stands_beside_it_the_oldest_first_and_keys_lead_through_it(db, client):
    first, second, third = in_review(), worked_off(), worked_off()
    sign_in(client, "reviewer")
    page = client.get(f"/invoices/{second.id}").text
    assert "2 of 3 in the queue" in page
    places = [
        page.index(f'class="queue-link" href="/invoices/{one.id}"')
        for one in (first, second, third)
    ]
    assert places == sorted(places)
    assert f'href="/invoices/{first.id}" aria-label="Previous NF-e of the queue"' in page
    assert f'href="/invoices/{third.id}" aria-label="Next NF-e of the queue"' in page
    assert all(f'data-key="{key}"' in page for key in "jkar")


def test_the_moving_part_is_the_pages_own(db, client):
    invoice = in_review()
    sign_in(client, "clerk")
    part = " ".join(client.get(f"/invoices/{invoice.id}/state").text.split())
    assert part.startswith('<div id="invoice" data-live="invoice-')
    assert "<html" not in part
    assert 'id="review-queue"' in client.get(f"/invoices/{invoice.id}/queue").text


def test_the_timeline_tells_who_did_what(db, client):
    invoice = authorized()
    sign_in(client, "clerk")
    page = client.get(f"/invoices/{invoice.id}").text
    assert "Order entered and paid" in page
    assert "NF-e signed and sent" in page and "Number 1 of series 1" in page
    assert "NF-e authorized" in page and f"Protocol {invoice.protocol}" in page


def test_returning_it_for_no_reason_asks_for_one_in_words(db, client):
    invoice = in_review()
    sign_in(client, "reviewer")
    typed = {"version": invoice.version, "code": "", "comment": "no such street"}
    refused = client.post(f"/invoices/{invoice.id}/rejection", data=typed)
    assert refused.status_code == 422 and "no such street" in refused.text
    assert "Choose one from the list." in refused.text and "customer, items" not in refused.text
