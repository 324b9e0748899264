"""A person begins a count, counts on the shelf, looks at what differs and takes it."""

import pytest
from lxml import html

from tests.factories import make_product, make_sale, sign_in
from webapp.catalog.models import Product, StockMovement
from webapp.counting.models import Count, CountLine


@pytest.fixture
def shelf(client, db):
    make_product(sku="BAG", name="Bolsa", stock=10, cost="20.00", category="Bolsas")
    make_product(sku="BOOK", name="Livro", stock=5, gtin="9786599999901", kind="book")
    make_product(sku="OLD", name="Antigo", stock=0, isbn="8575595598")
    sign_in(client)


def begin(client, **form):
    answer = client.post("/counts", data={"scope": "all", "includes_reserved": "1"} | form)
    assert answer.status_code == 303, answer.text
    return answer.location


def scan(client, count, code, counted="", adds="0", key="", **headers):
    form = {"code": code, "counted": counted, "adds": adds, "key": key}
    return client.post(f"{count}/entries", data=form, headers=headers)


def counted(db, sku):
    db.session.rollback()
    query = db.select(CountLine.counted).join(Product).where(Product.sku == sku)
    return db.session.scalar(query)


def stock(db, sku):
    db.session.rollback()
    return db.session.scalar(db.select(Product.stock).where(Product.sku == sku))


def texts(page, path):
    return [" ".join(each.text_content().split()) for each in html.fromstring(page).xpath(path)]


@pytest.mark.parametrize(
    ("typed", "said"), [("-1", "At least 0. BAG · -1"), ("ten", "Use a whole number. BAG · ten")]
)
def test_a_number_that_is_none_is_told_with_its_product(client, db, shelf, typed, said):
    count = begin(client)
    refused = scan(client, count, "BAG", typed, HX_Request="true")
    assert refused.status_code == 422
    assert texts(refused.text, "//*[@role='alert']") == [said]


def test_who_still_counts_is_told_that_the_count_is_closed_by_now(client, shelf):
    count = begin(client)
    page = html.fromstring(client.get(count).text)
    (lines,) = page.xpath("//*[@id='count-lines']/@data-live-url")
    assert not page.xpath("//*[@id='count-lines']//*[contains(@class, 'notice')]")
    client.post(f"{count}/review")
    assert "By now this count is: " in client.get(lines).text
    refused = scan(client, count, "BAG", "3", HX_Request="true")
    assert texts(refused.text, "//*[@role='alert']") == [
        "This count is closed for entries (To be taken)."
    ]
    assert "By now this count is: " in refused.text


def test_of_what_has_no_cost_no_value_is_told(client, shelf):
    count = begin(client)
    scan(client, count, "BOOK", counted="3")
    client.post(f"{count}/review")
    assert texts(client.get(count).text, "//dd")[:2] == ["R$0.000 units", "—2 units"]


def test_a_count_from_its_beginning_to_the_ledger(client, db, shelf):
    count = begin(client, name="Sexta")
    scan(client, count, "BAG", counted="8")
    make_sale(paid=False, lines=[{"sku": "BAG", "quantity": 3}])
    open_page = client.get(count).text
    assert "Expected" not in open_page and "20.00" not in open_page
    assert client.post(f"{count}/review").status_code == 303
    page = client.get(count).text
    (row,) = texts(page, "//tr[starts-with(@id, 'line-')]")
    assert "8 10 -2 -R$40.00" in row
    assert "Not counted: 2" in page
    assert client.post(f"{count}/taking", data={"reason": ""}).status_code == 422
    assert stock(db, "BAG") == 7
    for _twice in range(2):
        assert client.post(f"{count}/taking", data={"reason": "Inventário"}).status_code == 303
    assert stock(db, "BAG") == 5
    moved = db.session.scalars(db.select(StockMovement).order_by(StockMovement.id.desc())).first()
    assert (moved.change, moved.reason) == (-2, "Inventário")
    assert "Inventário" in client.get(count).text
    assert f'href="{count}"' in client.get(f"/products/{moved.product_id}").text


def test_each_scan_adds_one_and_a_number_takes_its_place_or_joins_it(client, db, shelf):
    count = begin(client)
    for _scan in range(3):
        scan(client, count, "BAG")
    assert counted(db, "BAG") == 3
    scan(client, count, "bag", counted="7")
    assert counted(db, "BAG") == 7
    scan(client, count, "BAG", counted="3", adds="1")
    assert counted(db, "BAG") == 10


def test_an_entry_that_comes_twice_counts_once(client, db, shelf):
    count = begin(client)
    for key in ("a", "b", "a"):
        scan(client, count, "BAG", key=key)
    assert counted(db, "BAG") == 2


def test_codes_are_read_as_a_scanner_reads_them(client, db, shelf):
    count = begin(client)
    for code in ("9786599999901", "09786599999901", "BOOK"):
        assert scan(client, count, code).status_code == 303
    assert counted(db, "BOOK") == 3
    for code in ("978-8-57-559559-8", "8575595598"):
        scan(client, count, code)
    assert counted(db, "OLD") == 2


def test_a_code_that_nobody_has_is_told_to_who_goes_on_scanning(client, db, shelf):
    count = begin(client)
    scan(client, count, "BAG")
    answer = scan(client, count, "4711", HX_Request="true")
    assert answer.status_code == 422
    assert "No product has the code 4711." in answer.text and "Bolsa" in answer.text
    assert '<form class="card count-entry"' not in answer.text
    whole = scan(client, count, "4711")
    assert whole.status_code == 422 and 'id="f-code-error"' in whole.text


def test_without_orders_on_the_shelf_what_is_for_sale_is_expected(client, db, shelf):
    make_sale(paid=False, lines=[{"sku": "BAG", "quantity": 3}])
    for includes, expected in (("1", 10), ("0", 7)):
        scan(client, begin(client, includes_reserved=includes), "BAG")
        line = db.session.scalars(db.select(CountLine).order_by(CountLine.id.desc())).first()
        assert line.expected == expected


def test_what_cannot_be_is_counted_again_or_left_out(client, db, shelf):
    count = begin(client)
    scan(client, count, "BAG", counted="1")
    scan(client, count, "BOOK", counted="4")
    make_sale(paid=False, lines=[{"sku": "BAG", "quantity": 3}])
    client.post(f"{count}/review")
    refused = client.post(f"{count}/taking", data={"reason": "Inventário"})
    assert refused.status_code == 422 and "leave out: BAG" in refused.text
    assert (stock(db, "BAG"), stock(db, "BOOK")) == (7, 5)
    bag = db.session.scalar(db.select(Product.id).where(Product.sku == "BAG"))
    for _twice in range(2):
        assert client.post(f"{count}/lines/{bag}/removal").status_code == 303
    assert client.post(f"{count}/taking", data={"reason": "Inventário"}).status_code == 303
    assert (stock(db, "BAG"), stock(db, "BOOK")) == (7, 4)


def test_a_closed_count_takes_no_more(client, db, shelf):
    count = begin(client)
    scan(client, count, "BAG", counted="8")
    client.post(f"{count}/review")
    assert scan(client, count, "BAG").status_code == 422
    client.post(f"{count}/reopening")
    assert scan(client, count, "BAG").status_code == 303
    client.post(f"{count}/dropping")
    assert scan(client, count, "BAG").status_code == 422
    assert client.post(f"{count}/taking", data={"reason": "x"}).status_code == 422
    assert stock(db, "BAG") == 10


def test_a_list_to_print_tells_nobody_what_should_be_there(client, db, shelf):
    count = begin(client, scope="category", category="Bolsas")
    sheet = client.get(f"{count}/sheet").text
    assert "Bolsa" in sheet and "Livro" not in sheet
    assert texts(sheet, "//td[contains(@class, 'count-blank')]") == [""]
    refused = client.post("/counts", data={"scope": "supplier", "supplier": ""})
    assert refused.status_code == 422


def test_what_somebody_moved_by_hand_since_is_marked(client, db, shelf):
    count = begin(client)
    scan(client, count, "BAG", counted="8")
    bag = db.session.scalar(db.select(Product.id).where(Product.sku == "BAG"))
    client.post(f"/products/{bag}/stock", data={"change": "-2", "reason": "quebrou"})
    client.post(f"{count}/review")
    assert "moved by hand since: -2" in client.get(count).text


def test_the_list_of_counts(client, db, shelf):
    assert "No counts yet" in client.get("/counts").text
    count = begin(client, name="Sexta")
    assert f'href="{count}"' in client.get("/counts").text
    assert db.session.scalars(db.select(Count.name)).all() == ["Sexta"]


def test_the_products_that_were_marked_are_counted(client, db, shelf):
    assert 'formaction="/counts/marked"' in client.get("/products").text
    ids = list(db.session.scalars(db.select(Product.id).where(Product.sku != "BAG")))
    begun = client.post("/counts/marked", data={"ids": [*ids, "none"]})
    assert begun.status_code == 303
    sheet = client.get(f"{begun.location}/sheet").text
    assert "Livro" in sheet and "Antigo" in sheet and "Bolsa" not in sheet
    assert client.post("/counts/marked").location == "/products"
