"""The page of goods that come back, and where return notes are seen."""

import re

import pytest

from tests.factories import make_product, open_shop, sign_in, work_off
from tests.support.processed_sales import sold
from tests.support.released_notes import hold_every_note
from tests.support.sale_reversals import manager, open_tasks, refund, stock
from webapp.invoices.models import InvoiceStatus
from webapp.invoices.queries import returns_of
from webapp.platform.database import db as database

TYPED = r'value="(\d*)" id="f-quantity-\d+" name="(quantity\.\d+)"'


@pytest.fixture
def sale(db):
    """Two goods and an e-book."""
    open_shop()
    make_product(sku="CUP", stock=10, price="50.00", name="Cup")
    make_product(sku="POT", stock=10, price="80.00", name="Pot")
    make_product(sku="EBOOK", kind="ebook", name="Story")
    lines = [{"sku": sku, "quantity": 2} for sku in ("CUP", "EBOOK", "POT")]
    return sold(lines=lines)


def typed(page: str) -> dict[str, str]:
    return {name: value for value, name in re.findall(TYPED, page)}


def give_back(client, sale, **fields):
    return client.post(f"/sales/{sale.id}/returns", data={"cause": "regret", "reason": ""} | fields)


def test_a_clerk_returns_one_of_three_lines(client, sale):
    sign_in(client)
    assert f"/sales/{sale.id}/returns/new" in client.get(f"/sales/{sale.id}").text
    page = client.get(f"/sales/{sale.id}/returns/new").text
    # What is on no NF-e does not come back with a note.
    assert "Cup" in page and "Pot" in page and "Story" not in page
    whole = typed(client.get(f"/sales/{sale.id}/returns/new?all=1").text)
    assert whole == {"quantity.1": "2", "quantity.3": "2"}
    answer = give_back(client, sale, **{"quantity.3": "1", "form_key": "once"})
    again = give_back(client, sale, **{"quantity.3": "1", "form_key": "once"})
    assert answer.location == again.location and answer.status_code == 303
    work_off()
    assert stock("POT") == 9 and stock("CUP") == 8
    made = client.get(answer.location).text
    assert "Return note of order" in made and "Return of NF-e 1-000001" in made
    assert "Devolucao referente a NF-e 1" in made
    order = client.get(f"/sales/{sale.id}").text
    assert "Return note 1-000002" in order and "Return of goods begun" in order
    # No parcel leaves with it.
    assert "label.pdf" not in made and client.get(f"{answer.location}/label.pdf").status_code == 409
    listed = client.get("/invoices?status=goods_returned").text
    assert "Return of NF-e 1-000001" in listed and "1 of 1" not in listed
    assert len(re.findall(r'id="invoice-\d+"', listed)) == 1


def test_what_is_wrong_stands_at_its_line(client, sale):
    sign_in(client)
    answer = give_back(client, sale, **{"quantity.3": "5"})
    assert answer.status_code == 422 and "Only 2 of this line are left to return." in answer.text
    assert typed(answer.text)["quantity.3"] == "5"
    assert "Say how many units of which item come back." in give_back(client, sale).text
    unexplained = give_back(client, sale, cause="other", **{"quantity.3": "1"})
    assert "Say why the goods come back." in unexplained.text
    assert returns_of(sale.id) == []


def test_a_task_leads_to_the_form_with_what_was_refunded(client, sale):
    refund(manager(client), sale, (1, 1))
    assert open_tasks() == ["return_note"]
    sign_in(client)
    page = client.get(f"/sales/{sale.id}/returns/new").text
    assert typed(page)["quantity.1"] == "1" and "needs its return note" in page
    tasks = client.get("/tasks").text
    task = re.search(r'href="(/tasks/\d+)"', tasks)[1]
    assert f"/sales/{sale.id}/returns/new" in client.get(task).text


def test_a_reviewer_returns_it_for_correction_and_drops_it(client, sale):
    hold_every_note()
    sign_in(client, "reviewer")
    made = give_back(client, sale, **{"quantity.1": "2"}).location
    work_off()
    page = client.get(made).text
    assert "Under review" in page and "Approve and send" in page and 'id="address"' not in page
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    client.post(f"{made}/rejection", data={"code": "items", "version": version})
    page = client.get(made).text
    assert "Drop this return" in page
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    assert client.post(f"{made}/dropping", data={"version": version}).status_code == 303
    assert "This return was given up before it was sent." in client.get(made).text
    database.session.rollback()
    assert [each.status for each in returns_of(sale.id)] == [InvoiceStatus.DISCARDED]
    assert "Return note" not in client.get(f"/sales/{sale.id}").text
