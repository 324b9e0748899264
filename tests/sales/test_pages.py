"""The list and the page of a sale, as staff see them."""

import csv
import datetime as dt
import io
import re

import pytest
from sqlalchemy import event

from tests.factories import (
    ADDRESS,
    CUSTOMER,
    api,
    make_product,
    make_sale,
    make_token,
    open_shop,
    sign_in,
    work_off,
)
from webapp.invoices.models import Invoice
from webapp.monitor import troubles


@pytest.fixture
def clerk(client, db):
    sign_in(client)
    return client


def text(answer) -> str:
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


def test_an_empty_list_teaches(clerk):
    page = text(clerk.get("/sales"))
    assert "No order yet" in page and page.count("<h1>") == 1 and 'id="sale-rows"' in page


def test_a_row_tells_how_far_the_sale_is_and_its_invoice(clerk, db):
    open_shop()
    sale = make_sale(reference="WEB-7")
    assert "1 of 5: address" in text(clerk.get("/sales"))
    work_off()
    page = text(clerk.get("/sales"))
    assert f'id="sale-{sale.id}" data-status="invoiced"' in page
    assert "5 of 5" in page and "1-000001" in page and "To pack" in page and "São Paulo/SP" in page


def test_a_row_that_waits_tells_why_and_leads_to_the_mend(clerk, db):
    sale = make_sale(address=ADDRESS | {"number": ""})
    work_off()
    page = text(clerk.get("/sales?status=attention"))
    assert "street number is missing" in page and f"/sales/{sale.id}?mend=address#address" in page


def test_rows_are_answered_alone_for_live_pages(clerk, db):
    one, other, _third = make_sale(), make_sale(), make_sale()
    page = text(clerk.get(f"/sales/rows?ids={one.id},{other.id},x,,99999999999"))
    assert page.count("<template>") == 2 and f'id="sale-{one.id}"' in page and "<html" not in page


def test_filters_live_in_the_address(clerk, db):
    product = make_product()
    make_sale(sku=product.sku, reference="WEB-1", channel="phone", paid=False)
    make_sale(sku=product.sku, reference="WEB-2")
    for query, shown, hidden in (
        ("status=open", "WEB-1", "WEB-2"),
        ("channel=site", "WEB-2", "WEB-1"),
        ("q=web-1", "WEB-1", "WEB-2"),
    ):
        page = text(clerk.get(f"/sales?{query}"))
        assert f">{shown}</a>" in page and f">{hidden}</a>" not in page
    assert "No results" in text(clerk.get("/sales?since=2099-01-01"))


def test_a_list_costs_the_same_queries_at_any_length(clerk, db, monkeypatch):
    # Whichever page comes first in some seconds asks how the house is.
    monkeypatch.setattr(troubles, "KNOWN_SECONDS", 3600)
    statements = []

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    def cost(call) -> int:
        statements.clear()
        assert call().status_code == 200
        return len(statements)

    def costs() -> list[int]:
        return [
            cost(lambda: clerk.get("/sales")),
            cost(lambda: clerk.get("/sales/rows?ids=1,2,3,4,5")),
            cost(lambda: checkout.get("/sales?limit=100")),
        ]

    checkout = api(clerk.application.test_client(), make_token())
    open_shop()
    product = make_product(stock=1000)
    # A token's use is noted once a while, and how the house is, is known from then on.
    assert clerk.get("/sales").status_code == checkout.get("/sales").status_code == 200
    event.listen(db.engine, "before_cursor_execute", note)
    found = []
    # More than a page.
    for more in (5, 47):
        for _one in range(more):
            make_sale(sku=product.sku)
        work_off()
        found.append(costs())
    event.remove(db.engine, "before_cursor_execute", note)
    assert found[0] == found[1] and all(found[0])


def test_the_csv_holds_the_filtered_list_and_no_formula(clerk, db):
    product = make_product()
    make_sale(sku=product.sku, reference="=1+1", discount="9.90")
    make_sale(sku=product.sku, reference="WEB-2", paid=False)
    answer = clerk.get("/sales/export.csv?status=address", buffered=True)
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert answer.mimetype == "text/csv" and len(rows) == 2
    assert rows[1][0] == "'=1+1" and "120.00" in rows[1]


@pytest.mark.parametrize(
    ("locale", "cells"),
    [("pt_BR", ("WEB-1;", ";12,50;")), ("en", ("WEB-1,", ",12.50,"))],
)
def test_the_csv_is_written_as_spreadsheets_of_the_readers_country_read_it(
    client, db, locale, cells
):
    sign_in(client, locale=locale)
    make_sale(sku=make_product().sku, reference="WEB-1", freight="12.50")
    text = client.get("/sales/export.csv", buffered=True).text
    assert text.startswith("\ufeff") and all(cell in text for cell in cells)


def test_the_csv_keeps_the_shops_time_the_key_and_the_items(client, db):
    open_shop()
    sale = make_sale(sku=make_product(sku="MUG").sku, quantity=2, reference="000123")
    work_off()
    sale.created_at = dt.datetime(2026, 11, 29, 2, 30, tzinfo=dt.UTC)
    key = db.session.scalars(db.select(Invoice.access_key)).one()
    db.session.commit()
    for role, document in (("clerk", "•••.444.777-••"), ("manager", "111.444.777-35")):
        sign_in(client, role)
        text = client.get("/sales/export.csv", buffered=True).text
        [row] = csv.reader(io.StringIO(text.partition("\n")[2]))
        assert row[:2] == ["'000123", "2026-11-28 23:30:00"]
        assert row[3:7] == [document, "São Paulo", "SP", "2 × MUG"]
        [written] = [cell for cell in row if cell.replace(" ", "") == key]
        assert written.startswith(key[:4] + " ")


def test_an_access_key_stands_in_groups_of_four_with_a_button_that_copies_it(client, db):
    open_shop()
    sale = make_sale()
    work_off()
    invoice = db.session.scalars(db.select(Invoice)).one()
    key = invoice.access_key
    groups = " ".join(key[place : place + 4] for place in range(0, 44, 4))
    sign_in(client, "reviewer")
    for path in (f"/sales/{sale.id}", f"/invoices/{invoice.id}"):
        page = client.get(path).text
        assert f"<code>{groups}</code>" in page and f'data-copy="{key}"' in page


@pytest.mark.parametrize("name", ["＝1+1", "Ana;=cmd|'/c calc'!A0", "Ana,@SUM(1)", "+55"])
def test_no_cell_is_a_formula_however_a_spreadsheet_parts_cells(clerk, db, name):
    make_sale(customer=CUSTOMER | {"name": name})
    text = clerk.get("/sales/export.csv", buffered=True).text
    for sign in ";,":
        for row in csv.reader(io.StringIO(text), delimiter=sign):
            assert not any(cell.strip('" ').startswith(("=", "＝", "@", "+")) for cell in row)


def test_a_day_alone_begins_at_the_shops_midnight(client, db):
    make_sale().created_at = dt.datetime(2026, 11, 29, 2, 30, tzinfo=dt.UTC)
    db.session.commit()
    calls = api(client, make_token())
    for since, found in (("2026-11-28", 1), ("2026-11-29", 0), ("2026-11-29T00:00:00", 1)):
        assert len(calls.get(f"/sales?since={since}").json["items"]) == found, since


def test_the_page_tells_the_whole_story(clerk, db):
    open_shop()
    gift = make_product(kind="book", royalty_percent="10.00", author="Lívia", name="Travessias")
    stream = make_product(
        kind="streaming", price="10.00", name="Neve", video_url="https://example.com/neve"
    )
    sale = make_sale(
        reference="WEB-9",
        lines=[{"sku": gift.sku, "quantity": 1}, {"sku": stream.sku, "quantity": 1}],
    )
    work_off()
    page = text(clerk.get(f"/sales/{sale.id}"))
    assert page.count("<h1>") == 1 and "Order WEB-9" in page and "paid by Pix" in page
    assert "R$" in page and "139.90" in page and "129.90" in page  # the sale's total and the note's
    words = " ".join(re.sub(r"<[^>]+>", " ", page.replace("\xa0", "")).split())
    assert f"Royalty · {gift.sku} R$12.99 Done" in words and "All of these hold:" in words
    assert "Links to the videos" in page and "Owes an NFS-e, which Balcão does not issue" in page
    assert f'data-live="sale-{sale.id} invoice-' in page
    for told in (
        "Order entered and paid",
        "Address checked",
        "Rules applied",
        "NF-e signed and sent",
        "NF-e authorized",
    ):
        assert told in page


def test_the_live_part_is_answered_alone(clerk, db):
    sale = make_sale()
    page = text(clerk.get(f"/sales/{sale.id}/live"))
    assert 'id="sale-live"' in page and "<html" not in page


def test_a_mended_address_sends_the_sale_on(clerk, db):
    open_shop()
    sale = make_sale(address=ADDRESS | {"number": ""})
    work_off()
    assert "Fix the address" in text(clerk.get(f"/sales/{sale.id}?mend=address"))
    fields = {f"address.{part}": value for part, value in sale.address_parts.items()} | {
        "address.number": "12"
    }
    answer = clerk.post(f"/sales/{sale.id}/address", data=fields | {"version": sale.version})
    assert answer.status_code == 303
    work_off()
    assert (sale.status, sale.number, sale.address_source["number"]) == (
        "invoiced",
        "12",
        "customer",
    )


def test_two_people_mending_one_address_do_not_overwrite_each_other(clerk, db):
    sale = make_sale(address=ADDRESS | {"number": ""})
    work_off()
    fields = {"address.zip_code": "05010-000", "address.number": "12", "version": sale.version - 1}
    answer = clerk.post(f"/sales/{sale.id}/address", data=fields)
    assert (
        answer.status_code == 422
        and "Somebody changed this record" in answer.text
        and 'value="12"' in answer.text
    )
    assert sale.number == ""


def test_an_address_that_is_on_its_way_is_not_changed(clerk, db):
    open_shop()
    sale = make_sale()
    work_off()
    fields = {"address.zip_code": "05010-000", "address.number": "12", "version": sale.version}
    assert "cannot be changed any more" in clerk.post(f"/sales/{sale.id}/address", data=fields).text


def test_a_product_mended_after_the_refusal_is_taken_anew(clerk, db):
    open_shop()
    product = make_product(ncm="")
    sale = make_sale(sku=product.sku)
    work_off()
    assert sale.status == "attention" and "NCM" in text(clerk.get(f"/sales/{sale.id}"))
    product.ncm = "42029200"
    db.session.commit()
    assert clerk.post(f"/sales/{sale.id}/retry").status_code == 303
    work_off()
    assert sale.status == "invoiced"


def test_an_open_sale_is_paid_once_and_cancelled_once(clerk, db):
    product = make_product(stock=3)
    paid, dropped = make_sale(sku=product.sku, paid=False), make_sale(sku=product.sku, paid=False)
    assert clerk.post(f"/sales/{paid.id}/payment").status_code == 303
    clerk.post(f"/sales/{paid.id}/payment")
    clerk.post(f"/sales/{dropped.id}/cancel")
    clerk.post(f"/sales/{dropped.id}/cancel")
    db.session.expire_all()
    assert (paid.status, dropped.status, product.stock) == ("address", "cancelled", 2)
    assert (
        "cannot be paid any more"
        in clerk.post(f"/sales/{dropped.id}/payment", follow_redirects=True).text
    )


def test_an_accountant_looks_and_changes_nothing(client, db):
    sign_in(client, "accountant")
    sale = make_sale(paid=False)
    page = text(client.get(f"/sales/{sale.id}"))
    assert "Mark as paid" not in page and "Cancel the order" not in page
    assert client.post(f"/sales/{sale.id}/payment").status_code == 403
    assert client.get("/sales/new").status_code == 403


def test_a_product_on_two_lines_is_said_to_be_judged_line_by_line(clerk, db):
    product, other = make_product(), make_product()
    line = {"sku": product.sku, "quantity": 1}
    twice = make_sale(lines=[line, {"sku": other.sku, "quantity": 2}, line])
    told = f"{product.sku}: on more than one line. The rules look at each line by itself."
    assert told in text(clerk.get(f"/sales/{twice.id}"))
    once = make_sale(sku=product.sku, quantity=2)
    assert "on more than one line" not in text(clerk.get(f"/sales/{once.id}"))
