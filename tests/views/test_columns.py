"""Which columns of a list a person sees: hidden ones of its page, further ones of its file."""

import re

import pytest

from tests.factories import make_product, make_sale, open_shop, sign_in, work_off
from tests.support.processed_sales import counted
from webapp.views.models import ColumnChoice

OWN = ["customer", "status", "total", "note", "shipping", "when"]


@pytest.fixture
def clerk(client, db):
    sign_in(client)
    make_product(sku="P", price="1234.50", stock=50)
    make_sale(reference="C-1", lines=[{"sku": "P", "quantity": 2}], paid=False)
    return client


def choose(client, *shown: str, more=(), query="", columns=OWN, listing="sales"):
    form = {"columns": columns, "shown": list(shown), "more": list(more), "query": query}
    return client.post(f"/columns/{listing}", data=form)


def heads(page: str) -> list[str]:
    return [
        re.sub(r"<[^>]+>", "", head).split("\n")[0].strip()
        for head in re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page, re.DOTALL)
    ]


def test_what_is_not_wanted_is_hidden_and_what_is_stands_behind(clerk, db):
    kept = choose(clerk, "customer", "status", "total", more=["items", "city"], query="status=open")
    assert kept.status_code == 303 and kept.location == "/sales?status=open"
    page = clerk.get(kept.location).text
    table = re.search(r'<table class="([^"]+)"', page)[1].split()
    assert [name for name in table if name.startswith("without-")] == [
        "without-6",
        "without-7",
        "without-8",
    ]
    assert heads(page)[-2:] == ["City", "Items"]
    assert '<td data-label="Items">2 × P</td>' in page
    # Rows that move by themselves bring them along, and nothing is asked for each row.
    rows = clerk.get("/sales/rows?ids=1").text
    assert '<td data-label="City">' in rows and "2 × P" in rows


def test_they_are_kept_for_the_person_in_every_language(clerk, db, app):
    choose(clerk, *OWN, more=["freight", "total_", "never", "../x"])
    choose(clerk, *OWN, more=["freight"])
    assert [row.more for row in db.session.scalars(db.select(ColumnChoice))] == [["freight"]]
    assert '<td data-label="Freight">' in clerk.get("/sales").text
    other = app.test_client()
    sign_in(other, "manager")
    assert '<td data-label="Freight">' not in other.get("/sales").text
    choose(clerk, *OWN)
    assert '<td data-label="Freight">' not in clerk.get("/sales").text


def test_amounts_are_written_as_the_reader_writes_them(clerk, db):
    choose(clerk, *OWN, more=["discount", "freight"])
    assert '<td data-label="Discount">0.00</td>' in clerk.get("/sales").text


def test_nothing_more_is_asked_for_a_choice_that_is_known(clerk, db):
    clerk.get("/sales")
    with counted() as before:
        clerk.get("/sales")
    choose(clerk, "status", more=["city"])
    clerk.get("/sales")
    with counted() as after:
        clerk.get("/sales")
    # The lines of all orders at once, for the columns of the file.
    assert len(after) <= len(before) + 2


def test_a_list_that_is_closed_or_unknown_keeps_nothing(clerk, client, db):
    assert choose(clerk, listing="never").status_code == 404
    assert choose(clerk, listing="audit").status_code == 403
    assert choose(clerk, *OWN, query="status=never").status_code == 422
    assert choose(clerk, columns=["A B", "x" * 50]).status_code == 303
    assert [row.hidden for row in db.session.scalars(db.select(ColumnChoice))] == [[]]


LISTS = {
    "invoices": ["state", "protocol", "issued"],
    "packing-slips": ["city", "carrier", "volumes"],
    "products": ["supplier", "reserved", "weight_g_", "stock"],
    "customers": ["country", "standing_with_icms"],
    "tasks": ["customer", "since"],
    "messages": ["written", "sent"],
}


def test_every_list_of_it_shows_any_column_of_its_file(clerk, app, db):
    """The same number of cells in each row as there are heads."""
    open_shop()
    make_sale(reference="C-2", lines=[{"sku": "P", "quantity": 1}])
    work_off()
    for listing, names in LISTS.items():
        choose(clerk, more=names, listing=listing)
        page = clerk.get(f"/{listing}").text
        table = page[page.index("<table") : page.index("</table>")]
        rows = re.findall(r"<tr id=.*?</tr>", table, re.DOTALL)
        assert rows or listing == "tasks", listing
        for row in rows:
            cells = len(re.findall(r"<t[dh][ >]", row))
            assert cells == len(re.findall(r"<th[ >]", table.split("</thead>")[0])), listing
            assert row.count("data-label") >= len(names), listing
