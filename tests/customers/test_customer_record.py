"""A customer's page: what they bought, their addresses, notes and e-mails; the CEP in the form."""

from decimal import Decimal

import pytest
from lxml import html

from tests.factories import (
    ADDRESS,
    CUSTOMER,
    make_product,
    make_sale,
    open_shop,
    sign_in,
    work_off,
)
from webapp.customers.models import Customer, CustomerAddress
from webapp.http.forms import parse
from webapp.notes.models import StaffNote
from webapp.processing.forms import RefundIn
from webapp.processing.refunds import refund
from webapp.sales.models import Sale
from webapp.sales.placing import cancel_open
from webapp.sales.queries import bought_by


@pytest.fixture
def staff(client, db):
    sign_in(client)
    return client


def fields_of(page: str, form_id: str = "customer-form"):
    return html.fromstring(page).get_element_by_id(form_id).fields


def test_net_is_what_was_paid_less_what_was_given_back_or_cancelled(db):
    open_shop()
    sku = make_product(price="100.00").sku
    first = make_sale(sku=sku, quantity=3, freight="10.00")
    make_sale(sku=sku, quantity=2)
    open_sale = make_sale(sku=sku, paid=False)
    work_off()
    wanted = {"lines": [{"line": 1, "quantity": 1}], "reason": "broken"}
    refund(db.session.get_one(Sale, first.id), parse(RefundIn, wanted), "k")
    cancel_open(db.session.get_one(Sale, open_sale.id), "not wanted")
    db.session.commit()
    bought = bought_by(first.customer_id)
    # 310 + 200, of which 100 came back; what was never paid is no order that was bought.
    assert (bought.orders, bought.sold, bought.refunded) == (2, Decimal("510.00"), 100)
    assert (bought.net, bought.average) == (Decimal("410.00"), Decimal("205.00"))
    assert bought.first_at <= bought.last_at


def test_of_nobody_s_orders_nothing_is_divided(db):
    assert bought_by(1)[:3] == (0, 0, 0) and bought_by(1).average == 0


def test_a_cep_fills_blanks_and_says_where_each_came_from(staff):
    page = staff.post(
        "/customers/postal-code",
        data={"name": "Ana", "address.zip_code": "05010000", "address.street": "Rua A"},
    ).text
    fields = fields_of(page)
    assert (fields["address.street"], fields["address.city"]) == ("Rua A", "São Paulo")
    assert (fields["name"], fields["address.state"]) == ("Ana", "SP")
    assert page.count("From sample.") == 3


def test_half_of_one_address_is_not_joined_with_half_of_another(staff):
    page = staff.post(
        "/customers/postal-code", data={"address.zip_code": "05010-000", "address.city": "Osasco"}
    ).text
    assert fields_of(page)["address.neighborhood"] == ""
    assert "This CEP is of São Paulo/SP" in page


@pytest.mark.parametrize(
    ("cep", "words"), [("99999-999", "was not found just now"), ("12", "This is not a CEP")]
)
def test_what_nobody_knows_is_told_at_the_field_and_the_form_goes_on(staff, cep, words):
    page = staff.post("/customers/postal-code", data={"name": "A", "address.zip_code": cep}).text
    assert words in page and fields_of(page)["name"] == "A"


def test_an_order_is_offered_the_customer_s_addresses(staff, db):
    sale = make_sale(paid=False)
    path = f"/customers/{sale.customer_id}"
    work = {"label": "Work", "for_delivery": "1", "address.zip_code": "18072-856"}
    for _twice in range(2):
        assert staff.post(f"{path}/addresses", data=work).status_code == 303
    place = db.session.scalars(db.select(CustomerAddress.id)).one()
    page = staff.post("/sales/draft", data={"do": f"customer:{sale.customer_id}"}).text
    fields = fields_of(page, "sale-form")
    assert (fields["address.zip_code"], f'"place:{place}"' in page) == ("18072-856", True)
    known = {"customer.document": CUSTOMER["document"], "do": f"main_place:{sale.customer_id}"}
    fields = fields_of(staff.post("/sales/draft", data=known).text, "sale-form")
    assert fields["address.zip_code"] == ADDRESS["zip_code"]
    for _twice in range(2):
        assert staff.post(f"{path}/addresses/{place}/deletion").status_code == 303
    assert db.session.scalar(db.select(CustomerAddress)) is None


def test_an_address_is_changed_where_it_stands(staff, db):
    path = f"/customers/{make_sale(paid=False).customer_id}"
    home = {"label": "Home", "for_delivery": "1", "address.zip_code": "05010-000"}
    staff.post(f"{path}/addresses", data=home)
    staff.post(f"{path}/addresses", data={"label": "Work", "address.zip_code": "18072-856"})
    first, second = db.session.scalars(db.select(CustomerAddress).order_by(CustomerAddress.id))
    place = f"{path}/addresses/{second.id}"
    assert f'href="{place}/edit"' in staff.get(path).text
    page = html.fromstring(staff.get(f"{place}/edit").text)
    form = dict(page.get_element_by_id("address-form").form_values())
    assert (form["label"], form.get("for_delivery", "0")) == ("Work", "0")
    filled = fields_of(staff.post(f"{place}/postal-code", data=form).text, "address-form")
    assert filled["address.state"] == "SP"
    changed = form | {"label": "Office", "for_delivery": "1"}
    assert staff.post(place, data=changed).status_code == 303
    db.session.expire_all()
    assert (second.label, second.for_delivery, first.for_delivery) == ("Office", True, False)
    # Made from what it was before.
    again = staff.post(place, data=form | {"label": "Shop"})
    assert again.status_code == 422 and "Office" in again.text
    assert staff.post(place, data=changed | {"label": " "}).status_code == 422
    assert staff.get(f"{path}/addresses/{second.id + 9}/edit").status_code == 404


def test_an_address_lacks_a_name(staff):
    sale = make_sale(paid=False)
    answer = staff.post(f"/customers/{sale.customer_id}/addresses", data={"label": ""})
    assert answer.status_code == 422 and "Fill this in." in answer.text


def test_notes_are_their_writer_s(staff, db, app):
    sale = make_sale(paid=False)
    path = f"/customers/{sale.customer_id}"
    for _twice in range(2):
        assert staff.post(f"{path}/notes", data={"text": "Rings twice"}).status_code == 303
    note = db.session.scalars(db.select(StaffNote)).one()
    other = app.test_client()
    sign_in(other)
    assert "Rings twice" in other.get(path).text
    assert other.post(f"{path}/notes/{note.id}/deletion").status_code == 403
    assert staff.post(f"{path}/notes", data={"text": " "}).status_code == 422
    staff.post(f"{path}/notes/{note.id}/deletion")
    db.session.expire_all()
    assert db.session.scalar(db.select(StaffNote)) is None


def test_the_page_tells_what_was_bought_and_what_was_written_to_them(staff, db):
    open_shop()
    sale = make_sale(sku=make_product(kind="streaming", price="50.00").sku)
    work_off()
    page = staff.get(f"/customers/{sale.customer_id}").text
    assert "50.00" in page and "Net sold" in page
    assert 'id="mails-title"' in page
    assert db.session.get_one(Customer, sale.customer_id).name in page
