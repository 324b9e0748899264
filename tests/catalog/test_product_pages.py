"""Staff at the catalog."""

import json
import re
from decimal import Decimal

import pytest
from lxml import html
from sqlalchemy import event

from tests.factories import make_product, make_sale, sign_in
from webapp.catalog.forms import ProductIn
from webapp.catalog.models import Kind, Product
from webapp.platform.database import db as database

FORM = {
    "sku": "P-1",
    "name": "Bottle",
    "kind": "physical",
    "price": "129,90",
    "unit": "UN",
    "origin": "0",
    "weight_g": "0",
}


@pytest.fixture
def staff(client, db):
    sign_in(client)
    return client


def rows(page: str) -> list[str]:
    """The SKUs of a list's rows, as they stand."""
    return re.findall(r'<span class="cell-second">(\S+) ·', page)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_product_of_each_kind_is_added_by_the_form(staff, db, kind):
    answer = staff.post(
        "/products", data=FORM | {"kind": kind, "plan": "gold"}, follow_redirects=True
    )
    assert answer.status_code == 200
    assert "Bottle was added." in answer.text
    assert db.session.scalar(db.select(Product.kind)) is kind


def test_the_form_brings_every_field_of_a_product_without_script(staff):
    page = staff.get("/products/new").text
    for name in ProductIn.model_fields.keys() - {"parts"} | {"parts.0.sku", "parts.0.quantity"}:
        assert f'name="{name}"' in page


def test_what_the_edit_form_shows_can_be_saved_as_it_is(staff, db):
    product = make_product(
        kind="book",
        price="1234.50",
        cost="7.00",
        royalty_percent="2.50",
        on_nfe=False,
        description="a\nb",
    )
    page = html.fromstring(staff.get(f"/products/{product.id}/edit").text)
    form = dict(page.find_class("form-by-kind")[0].form_values())
    before = {column.key: getattr(product, column.key) for column in Product.__table__.columns}
    assert staff.post(f"/products/{product.id}", data=form).status_code == 303
    assert {
        column.key: getattr(product, column.key) for column in Product.__table__.columns
    } == before


def test_where_a_product_comes_from_is_chosen_and_told_in_words(staff, db):
    product = make_product(origin="2")
    page = html.fromstring(staff.get(f"/products/{product.id}/edit").text)
    chosen = page.xpath("//select[@name='origin']/option[@selected]")
    assert [option.text for option in chosen] == ["2: imported, bought in Brazil"]
    assert "2: imported, bought in Brazil" in staff.get(f"/products/{product.id}").text


def test_the_second_of_two_editors_is_told_and_overwrites_nothing(staff, db):
    product = make_product(name="Bottle")
    seen = {"sku": product.sku, "version": str(product.version)}
    assert (
        staff.post(f"/products/{product.id}", data=FORM | seen | {"name": "First"}).status_code
        == 303
    )
    second = staff.post(f"/products/{product.id}", data=FORM | seen | {"name": "Second"})
    assert second.status_code == 422
    assert "Somebody changed this record" in second.text and 'value="Second"' in second.text
    assert product.name == "First"


def test_a_sale_does_not_make_an_open_form_stale(staff, db):
    product = make_product(sku="P-1")
    version = str(product.version)
    make_sale(sku="P-1")
    assert (
        staff.post(f"/products/{product.id}", data=FORM | {"version": version}).status_code == 303
    )


def test_the_same_name_is_a_warning_on_the_page_and_no_error(staff, db):
    make_product(sku="OLD", name="Bottle")
    page = staff.post("/products", data=FORM, follow_redirects=True).text
    assert "Another product has the same name" in page and ">OLD</a>" in page


def test_a_taken_sku_is_told_beside_the_field(staff, db):
    make_product(sku="P-1")
    answer = staff.post("/products", data=FORM)
    assert answer.status_code == 422
    assert 'href="#f-sku">Another product has the SKU P-1 already.' in answer.text


def test_tabs_search_and_kind_choose_the_rows(staff, db):
    make_product(sku="LOW", name="Lantern", stock=2, low_stock=5)
    make_product(sku="BARE", name="Compass", ncm="")
    make_product(sku="EB", name="E-book without NCM", kind="ebook")
    make_product(sku="OLD", name="Old map").archive()
    db.session.commit()
    assert rows(staff.get("/products").text) == ["BARE", "EB", "LOW"]
    assert rows(staff.get("/products?view=low").text) == ["LOW"]
    assert rows(staff.get("/products?view=no_ncm").text) == ["BARE"]
    assert rows(staff.get("/products?view=archived").text) == ["OLD"]
    assert rows(staff.get("/products?kind=ebook").text) == ["EB"]
    assert rows(staff.get("/products?q=LANTern").text) == ["LOW"]
    assert "No results" in staff.get("/products?q=nothing+like+it").text


def test_what_lacks_something_is_listed_by_what_it_lacks(staff, db):
    whole = {"gtin": "7891910000197", "weight_g": 300, "cost": Decimal("5.00"), "ncm": "49019900"}
    make_product(sku="WHOLE", **whole)
    for sku, lacking in {
        "NCM": {"ncm": ""},
        "GTIN": {"gtin": ""},
        "WEIGHT": {"weight_g": 0},
        "PRICE": {"price": Decimal(0)},
        "COST": {"cost": None},
    }.items():
        make_product(sku=sku, **whole | lacking)
        make_product(sku=f"OLD-{sku}", **whole | lacking).archive()
    # Of what is no goods only the price is asked for.
    make_product(sku="EB", kind="ebook", **whole | {"gtin": "", "cost": None})
    make_product(sku="PROFILE", tax_profile="goods", **whole)
    db.session.commit()
    for sku in ("NCM", "GTIN", "WEIGHT", "PRICE", "COST"):
        assert rows(staff.get(f"/products?view=no_{sku.lower()}").text) == [sku]
    lacking = rows(staff.get("/products?view=lacks").text)
    assert sorted(lacking) == ["COST", "GTIN", "NCM", "PRICE", "WEIGHT"]
    assert not {"PROFILE", "EB"} & set(rows(staff.get("/products?view=no_profile").text))
    page = html.fromstring(staff.get("/products?view=no_cost").text)
    assert page.xpath("//nav[contains(@class, 'tabs')]/a[@aria-current]/text()")[0].strip() == (
        "Lacks something"
    )


def test_supplier_category_and_profile_narrow_the_list(staff, db):
    make_product(sku="A", supplier="Alba", category="Teas")
    make_product(sku="B", supplier="Alba", category="Cups", tax_profile="goods")
    make_product(sku="C", supplier="Breu", category="Cups")
    db.session.commit()
    assert rows(staff.get("/products?supplier=Alba").text) == ["A", "B"]
    assert rows(staff.get("/products?supplier=Alba&category=Cups").text) == ["B"]
    assert rows(staff.get("/products?tax_profile=goods").text) == ["B"]
    page = staff.get("/products").text
    assert 'href="/products?supplier=Breu"' in page and 'href="/products?category=Teas"' in page
    for strange in ("view=nothing", "kind=x", f"supplier={'x' * 81}", "category=%00"):
        assert staff.get(f"/products?{strange}").status_code == 422


def test_an_empty_shop_teaches_the_first_step(staff):
    page = staff.get("/products").text
    assert "No products yet" in page and 'href="/products/new"' in page


def test_archived_and_on_sale_again(staff, db):
    product = make_product(sku="P-1")
    for _twice in range(2):
        assert (
            "is archived"
            in staff.post(f"/products/{product.id}/archiving", follow_redirects=True).text
        )
    assert rows(staff.get("/products").text) == []
    staff.post(f"/products/{product.id}/unarchiving")
    assert rows(staff.get("/products").text) == ["P-1"]


def test_deleted_while_never_sold(staff, db):
    url = f"/products/{make_product().id}"
    assert "was deleted" in staff.post(f"{url}/deletion", follow_redirects=True).text
    assert staff.get(url).status_code == 404


def test_not_deleted_once_sold_and_told_what_to_do(staff, db):
    product = make_product(sku="P-1")
    make_sale(sku="P-1")
    answer = staff.post(f"/products/{product.id}/deletion")
    assert answer.status_code == 409
    assert "archive it instead" in answer.text
    assert f"/products/{product.id}/deletion" not in staff.get(f"/products/{product.id}").text


@pytest.mark.parametrize(
    "path", ["/products/7", "/products/99999999999999999999", "/products/7/edit", "/products/7/row"]
)
def test_an_unknown_product_is_not_found(staff, path):
    assert staff.get(path).status_code == 404


# In the row


def test_price_and_stock_are_edited_in_the_row(staff, db):
    product = make_product(stock=10, price="10.00")
    editing = staff.get(f"/products/{product.id}/row?edit=1").text
    assert 'class="row-editing"' in editing and "<form" not in editing
    fields = {"version": str(product.version), "seen": "10", "price": "389,00", "stock": "12"}
    answer = staff.post(f"/products/{product.id}/row", data=fields)
    assert answer.status_code == 200
    assert f'id="product-{product.id}"' in answer.text and "row-editing" not in answer.text
    assert json.loads(answer.headers["HX-Trigger"])["toast"] == {
        "kind": "good",
        "text": f"{product.name} was saved.",
    }
    assert (str(product.price), product.stock) == ("389.00", 12)


def test_a_wrong_price_in_the_row_stays_as_typed_and_the_stock_as_it_was(staff, db):
    product = make_product(stock=10, price="10.00")
    fields = {"version": str(product.version), "seen": "10", "price": "389,oo", "stock": "12"}
    answer = staff.post(f"/products/{product.id}/row", data=fields)
    assert answer.status_code == 422
    assert (
        'value="389,oo"' in answer.text
        and 'aria-invalid="true"' in answer.text
        and 'value="12"' in answer.text
    )
    assert (str(product.price), product.stock) == ("10.00", 10)


def test_a_row_whose_product_changed_meanwhile_is_not_overwritten(staff, db):
    product = make_product(stock=10, price="10.00", sku="P-1")
    fields = {"version": str(product.version), "seen": "10", "price": "11.00", "stock": "12"}
    make_sale(sku="P-1", lines=[{"sku": "P-1", "quantity": 4}])
    answer = staff.post(f"/products/{product.id}/row", data=fields)
    assert answer.status_code == 422
    assert "The stock is 6 by now" in answer.text
    assert (str(product.price), product.stock) == ("10.00", 6)
    stale = staff.post(f"/products/{product.id}/row", data=fields | {"version": "9"})
    assert "Somebody changed this record" in stale.text


def test_a_row_saved_with_the_stock_it_showed_leaves_the_stock_to_the_sales(staff, db):
    product = make_product(stock=10, price="10.00", sku="P-1")
    fields = {"version": str(product.version), "seen": "10", "price": "11.00", "stock": "10"}
    make_sale(sku="P-1", lines=[{"sku": "P-1", "quantity": 4}])
    assert staff.post(f"/products/{product.id}/row", data=fields).status_code == 200
    assert (str(product.price), product.stock) == ("11.00", 6)


def test_changed_rows_are_fetched_by_their_ids(staff, db):
    first, second = make_product(), make_product()
    page = staff.get(f"/products/rows?ids={second.id},{first.id},x,99999999999999").text
    assert page.count("<template><tr") == 2


def test_a_sale_tells_open_pages_that_the_stock_moved(staff, db):
    product = make_product(sku="P-1")
    cursor = staff.get("/events/poll").json["cursor"]
    make_sale(sku="P-1")
    kinds = [
        (each["kind"], each["id"])
        for each in staff.get(f"/events/poll?since={cursor}").json["events"]
    ]
    assert ("product", product.id) in kinds


# As the shop grows


@pytest.fixture
def queries(app):
    """Counts the statements that a request sends."""
    sent = []
    with app.app_context():
        engine = database.engine

    def note(_connection, _cursor, statement, *_rest):
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def test_the_list_asks_the_database_as_often_for_100_rows_as_for_5(staff, db, queries):
    def asked(path):
        staff.get(path)
        queries.clear()
        page = staff.get(path).text
        return len(queries), len(rows(page))

    for _number in range(5):
        make_product()
    few = asked("/products")
    for _number in range(95):
        make_product()
    many = asked("/products")
    assert (few[1], many[1]) == (5, 50)
    assert few[0] == many[0] < 20
