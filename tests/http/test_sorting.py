"""Every list sorts by the columns that have an index, in keyset pages, and tells how."""

import datetime as dt
from html import unescape

import pytest
from sqlalchemy import event, select, text, update

from tests.factories import Api, make_product, make_sale, make_token, sign_in
from webapp.catalog import listing as catalog
from webapp.catalog.filters import ProductFilter, ProductView
from webapp.catalog.models import Product
from webapp.catalog.queries import products
from webapp.customers import listing as customers
from webapp.customers.models import Customer
from webapp.fulfilment.memberships.listing import MEMBERSHIPS
from webapp.fulfilment.memberships.models import Membership
from webapp.fulfilment.parcels import listing as slips
from webapp.fulfilment.parcels.queries import sales_to_ship
from webapp.http import lists
from webapp.http.cursors import encode_cursor
from webapp.http.lists import newest_first, page_of
from webapp.invoice_pages import listing as invoices
from webapp.messages.models import Message
from webapp.platform.clock import utc_now
from webapp.sale_pages import listing
from webapp.sales.models import Sale

LISTS = {
    "/sales": listing.ORDERS,
    "/products": catalog.ORDERS,
    "/customers": customers.CUSTOMER_ORDERS,
    "/invoices": invoices.ORDERS,
    "/packing-slips": slips.ORDERS,
    "/memberships": MEMBERSHIPS.orders_of({}),
    "/messages": newest_first(Message.id),
}
SORTS = [
    (path, sign + name) for path, orders in LISTS.items() for name in orders for sign in ("-", "")
]


@pytest.fixture
def sales(db):
    """Of three totals and two buyers."""
    return [
        make_sale(
            reference=f"S-{place}",
            customer={"name": name, "document": document},
            freight=str(freight),
        )
        for place, (name, document, freight) in enumerate(
            (
                ("Bruno", "52998224725", 30),
                ("Ana", "11144477735", 10),
                ("Bruno", "52998224725", 10),
                ("Ana", "11144477735", 20),
                ("Bruno", "52998224725", 10),
            )
        )
    ]


def walked(app, query, orders, asked: str) -> list:
    """All rows of a list, two a page; what is before the last page is the page before it."""
    rows, cursor, pages = [], "", []
    while cursor is not None:
        with app.test_request_context(f"/list?sort={asked}&after={cursor}"):
            page = page_of(query, orders, limit=2)
        rows += page.items
        pages.append(page)
        cursor = page.next_cursor
    if len(pages) > 1:
        with app.test_request_context(f"/list?sort={asked}&before={pages[-1].prev_cursor}"):
            assert page_of(query, orders, limit=2).items == pages[-2].items
    return rows


@pytest.mark.both_databases
@pytest.mark.parametrize("name", listing.ORDERS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_orders_are_sorted_over_all_pages(app, sales, name, sign):
    def rank(sale):
        return [getattr(sale, key.key) for key in listing.ORDERS[name].keys]

    expected = sorted(sales, key=rank, reverse=bool(sign))
    assert walked(app, select(Sale), listing.ORDERS, sign + name) == expected


@pytest.mark.both_databases
def test_what_keeps_no_stock_stands_before_what_has_none(app, db):
    for stock in (5, 0, 7):
        make_product(name=f"Goods {stock}", stock=stock)
    make_product(name="E-book", kind="ebook")
    found = walked(app, select(Product), catalog.ORDERS, "stock")
    assert [product.stock for product in found] == [None, 0, 5, 7]


@pytest.mark.both_databases
def test_memberships_are_sorted_by_their_day(app, db):
    for day, document in ((3, "52998224725"), (1, "11144477735"), (2, "39053344705")):
        sale = make_sale(customer={"name": "Ana", "document": document})
        db.session.add(
            Membership.begin(sale.customer_id, "gold", dt.date(2026, 11, day), sale_id=sale.id)
        )
    db.session.commit()
    found = walked(app, select(Membership), MEMBERSHIPS.orders_of({}), "since")
    assert [membership.since.day for membership in found] == [1, 2, 3]


@pytest.mark.parametrize(("path", "asked"), SORTS)
def test_a_sorted_list_is_read_from_an_index(client, db, path, asked):
    """At a million rows nothing is sorted in memory."""
    sign_in(client, "manager")
    said = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: said.append(args[2:4]))
    assert client.get(f"{path}?sort={asked}").status_code == 200
    # A person's views of lists are few, and are read once.
    lists = [one for one in said if "FROM views" not in one[0]]
    read = [one for one in lists if "LIMIT" in one[0] and " DESC" in one[0] or " ASC" in one[0]]
    assert read, said
    with db.engine.connect() as connection:
        for statement, values in read:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            assert not any("TEMP B-TREE" in step[-1] for step in plan), (statement, plan)


def test_what_waits_to_be_shipped_is_counted_from_its_own_index(db):
    statement = str(sales_to_ship().compile(db.engine, compile_kwargs={"literal_binds": True}))
    plan = db.session.execute(text(f"EXPLAIN QUERY PLAN {statement}")).all()
    assert "ix_sales_to_ship" in str(plan)


def test_products_without_ncm_are_found_without_walking_the_catalog(db):
    """The first days' guide asks at each visit of the home page whether there is any."""
    lacking = products(ProductFilter(view=ProductView.NO_NCM))
    for query in (lacking.order_by(Product.name, Product.id), lacking.with_only_columns(1)):
        statement = query.limit(1).compile(db.engine, compile_kwargs={"literal_binds": True})
        plan = db.session.execute(text(f"EXPLAIN QUERY PLAN {statement}")).all()
        assert "ix_products_on_nfe_ncm (ncm=?)" in str(plan) and "TEMP B-TREE" not in str(plan)


def test_a_sorted_list_says_so_and_keeps_its_order_in_the_address(client, db, sales):
    sign_in(client)
    usual = client.get("/sales").text
    assert usual.count("aria-sort=") == 1 and 'aria-sort="descending"' in usual
    page = unescape(client.get("/sales?sort=-total&q=S-").text)
    assert page.index("S-0") < page.index("S-3") < page.index("S-4")
    assert page.count("aria-sort=") == 1 and 'href="/sales?sort=total&q=S-"' in page
    # Back to the usual order: nothing in the address. Tabs and the filter's form keep it.
    assert 'href="/sales?q=S-"' in page and "/sales?sort=-total&q=S-&status=attention" in page
    assert 'name="sort" value="-total"' in page
    assert "data-live-list" in usual and 'data-live-list="/sales?sort=-total&q=S-"' in page


@pytest.mark.parametrize("asked", ["nothing", "-", "--total", "total'", "%00"])
def test_an_order_that_a_list_does_not_have_is_refused(client, db, asked):
    sign_in(client)
    assert client.get(f"/sales?sort={asked}").status_code == 422


def test_a_place_in_another_order_is_refused_in_words(client, db, sales):
    sign_in(client)
    cursor = encode_cursor([10**30, 1])
    assert client.get(f"/sales?sort=total&after={cursor}").status_code == 422


def test_under_a_filter_the_first_of_many_are_sorted_and_it_is_told(client, db, sales, monkeypatch):
    sign_in(client)
    told = "the first thousand are sorted"
    assert told not in client.get("/sales?channel=site&sort=total").text
    monkeypatch.setattr(lists, "COUNT_LIMIT", 3)
    page = client.get("/sales?channel=site&sort=total").text
    assert told in page and "S-2" in page and "S-1" not in page
    assert told not in client.get("/sales?channel=site").text
    assert told not in client.get("/sales?sort=total").text


DAYS = {"S-0": 1, "S-1": 10, "S-2": 20}


@pytest.mark.both_databases
def test_until_stands_beside_since_and_both_days_count(client, db, sales):
    for reference, day in DAYS.items():
        evening = dt.datetime(2026, 10, day, 23, 30, tzinfo=dt.timezone(dt.timedelta(hours=-3)))
        change = update(Sale).where(Sale.reference == reference).values(created_at=evening)
        db.session.execute(change)
    db.session.commit()
    sign_in(client)
    client_api = Api(client, make_token())
    for period, expected in (
        ("until=2026-10-10", {"S-0", "S-1"}),
        ("since=2026-10-10&until=2026-10-20", {"S-1", "S-2"}),
        ("since=2026-10-02&until=2026-10-09", set()),
    ):
        page = client.get(f"/sales?{period}").text
        assert {reference for reference in DAYS if reference in page} == expected, period
        items = client_api.get(f"/sales?{period}").json["items"]
        assert {sale["reference"] for sale in items} == expected, period
        file = client.get(f"/sales/export.csv?{period}", buffered=True).text
        assert {reference for reference in DAYS if reference in file} == expected, period
    assert "Until" in client.get("/sales?until=2026-10-10").text
    items = client_api.get("/sales?until=2026-10-11T02:29:00Z").json["items"]
    assert [sale["reference"] for sale in items] == ["S-0"]


def test_the_audit_has_until_too(client, db, sales):
    sign_in(client, "admin")
    today = utc_now().date()
    assert "audit-" in client.get(f"/audit?until={today + dt.timedelta(1)}").text
    assert 'id="audit-' not in client.get(f"/audit?until={today - dt.timedelta(2)}").text


@pytest.mark.parametrize("day", ["2026-13-01", "x", "0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("name", ["since", "until"])
def test_a_day_that_cannot_be_is_refused(client, db, name, day):
    sign_in(client, "admin")
    for path in ("/sales", "/audit"):
        assert client.get(f"{path}?{name}={day}").status_code == 422


def test_customers_are_sorted_by_name_or_age(client, db, sales):
    sign_in(client)
    names = [customer.name for customer in db.session.scalars(select(Customer))]
    assert sorted(names) == ["Ana", "Bruno"]
    page = client.get("/customers?sort=-name").text
    assert page.index(">Bruno<") < page.index(">Ana<")
