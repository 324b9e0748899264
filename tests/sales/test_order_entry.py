"""Entering an order without harm: nothing borrowed unseen, bar codes taken, addresses where goods
go."""

import html
import re

import pytest

from tests.factories import (
    CUSTOMER,
    make_product,
    make_sale,
    open_shop,
    sale_body,
    sign_in,
    work_off,
)
from tests.sales.test_form import TYPED, draft, plain, value
from webapp.customers.models import Customer
from webapp.http.forms import parse
from webapp.platform.cep import format_cep
from webapp.sales.forms import SaleIn
from webapp.sales.models import Sale
from webapp.sales.placing import create_sale
from webapp.store.queries import the_shop

ISBN = "9788535914849"


@pytest.fixture
def clerk(client, db):
    sign_in(client)
    return client


@pytest.fixture
def known(clerk, db):
    """A customer of the register, with e-mail and phone."""
    make_sale(paid=False)
    make_product(sku="A", price="10.00")
    return db.session.scalars(db.select(Customer)).one()


STRANGER = {"customer.name": "Zé da Silva"}


def place(clerk, **changes):
    return clerk.post("/sales", data=TYPED | changes)


def newest(db) -> Sale:
    db.session.expire_all()
    return db.session.scalars(db.select(Sale).order_by(Sale.id.desc())).first()


# -- the register is shown, and used where it is seen ---------------------------------------------


def test_a_picked_customer_stands_as_every_page_shows_them_and_is_not_offered_again(clerk, known):
    page = draft(clerk, f"customer:{known.id}", **STRANGER)
    assert value(page, "customer.document") == "111.444.777-35"
    assert value(page, "customer.phone") == "(19) 99999-0000"
    assert "is in the register" not in page
    picked = {
        f"customer.{fact}": value(page, f"customer.{fact}")
        for fact in ("name", "document", "email", "phone")
    }
    said = clerk.post("/sales/customers/known", data=TYPED | picked).text
    assert said.strip() == ""
    changed = picked | {"customer.phone": "(19) 98888-0000"}
    assert "is in the register" in clerk.post("/sales/customers/known", data=TYPED | changed).text


def test_a_phone_is_kept_as_its_digits_however_it_was_written(clerk, known, db):
    named = {"customer.name": CUSTOMER["name"], "customer.phone": "(19) 9 8888-0000"}
    place(clerk, **named)
    assert newest(db).customer_phone == "19988880000"
    place(clerk, **named | {"customer.phone": "+351 912 345 678", "form_key": "f2"})
    assert newest(db).customer_phone == "+351 912 345 678"


# -- stock ----------------------------------------------------------------------------------------


def short_of(page: str) -> list[str]:
    return re.findall(r'id="line-shortage-[0-9]+"[^>]*>([^<]+)', page)


def test_each_line_says_what_is_in_stock_and_where_that_is_too_little(clerk, db):
    product, _stream = make_product(sku="A", stock=3), make_product(sku="S", kind="streaming")
    said = clerk.post("/sales/preview", data=TYPED | {"lines.0.quantity": "3"}).text
    assert "3 in stock" in said and short_of(said) == []
    said = clerk.post("/sales/preview", data=TYPED | {"lines.0.quantity": "4"}).text
    assert short_of(said) == ["Only 3 of A left in stock."]
    twice = {"lines.0.quantity": "2", "lines.1.sku": "a", "lines.1.quantity": "2"}
    said = clerk.post("/sales/preview", data=TYPED | twice).text
    assert short_of(said) == ["Only 3 of A left in stock."] * 2
    streamed = {"lines.0.sku": "S", "lines.0.quantity": "400"}
    said = clerk.post("/sales/preview", data=TYPED | streamed).text
    assert short_of(said) == [] and "in stock" not in said
    product.stock = 0
    db.session.commit()
    assert short_of(draft(clerk, "add_line")) == ["A is out of stock."]


def test_what_a_changed_order_holds_itself_is_there_for_it(clerk, db):
    make_product(sku="A", stock=3)
    place(clerk, **{"lines.0.quantity": "2"})
    changed = TYPED | {"sale_id": str(newest(db).id), "lines.0.quantity": "3"}
    assert short_of(clerk.post("/sales/preview", data=changed).text) == []
    assert short_of(clerk.get(f"/sales/{newest(db).id}/edit").text) == []
    changed["lines.0.quantity"] = "4"
    assert short_of(clerk.post("/sales/preview", data=changed).text) == [
        "Only 3 of A left in stock."
    ]


# -- a known document under another name ----------------------------------------------------------


def test_a_known_document_under_another_name_is_a_question(clerk, known, db):
    answer = place(clerk, **STRANGER)
    assert answer.status_code == 422
    assert "belongs to José da Conceição" in answer.text
    assert 'href="#f-customer_confirmed"' in answer.text
    assert value(answer.text, "customer.name") == "Zé da Silva"
    assert db.session.scalar(db.select(db.func.count(Sale.id))) == 1


def test_a_confirmed_name_is_kept_and_no_contact_is_borrowed(clerk, known, db):
    answer = place(clerk, **STRANGER, customer_confirmed=known.id)
    assert answer.status_code == 303
    sale = newest(db)
    assert (sale.customer_name, sale.customer_email, sale.customer_phone) == ("Zé da Silva", "", "")
    assert (known.name, known.email) == (CUSTOMER["name"], CUSTOMER["email"])


def test_a_confirmation_counts_for_the_customer_that_was_shown(clerk, known):
    assert place(clerk, **STRANGER, customer_confirmed=known.id + 1).status_code == 422


def test_the_form_borrows_no_contact_of_the_same_name_unseen(clerk, known, db):
    assert place(clerk, **{"customer.name": "JOSE da  conceicao"}).status_code == 303
    assert newest(db).customer_email == newest(db).customer_phone == ""


def test_leaving_the_document_says_whose_it_is(clerk, known):
    said = clerk.post("/sales/customers/known", data=TYPED | STRANGER).text
    assert "belongs to José da Conceição" in plain(said) and 'name="customer_confirmed"' in said
    assert CUSTOMER["email"] not in said
    said = clerk.post("/sales/customers/known", data=TYPED | {"customer.name": ""}).text
    assert "is in the register" in plain(said) and "customer_confirmed" not in said
    typed = TYPED | {"customer.document": "529.982.247-25"}
    assert clerk.post("/sales/customers/known", data=typed).text.strip() == ""


def test_the_register_is_used_where_it_is_seen(clerk, known):
    page = draft(clerk, f"customer:{known.id}", **STRANGER)
    assert value(page, "customer.name") == CUSTOMER["name"]
    assert value(page, "customer.email") == CUSTOMER["email"]


def test_a_changed_order_is_not_asked_again_what_was_confirmed(clerk, known, db):
    place(clerk, **STRANGER, customer_confirmed=known.id)
    sale = newest(db)
    changed = TYPED | STRANGER | {"version": sale.version, "freight": "3"}
    assert clerk.post(f"/sales/{sale.id}/edit", data=changed).status_code == 303
    assert newest(db).customer_email == ""


def test_a_call_borrows_a_contact_for_the_same_name_only(known, db):
    product = make_product()
    same = CUSTOMER | {"email": "", "phone": "", "name": "josé da CONCEIÇÃO"}
    sale = create_sale(parse(SaleIn, sale_body(sku=product.sku, customer=same)))
    assert sale.customer_email == CUSTOMER["email"]
    other = same | {"name": "Zé da Silva"}
    sale = create_sale(parse(SaleIn, sale_body(sku=product.sku, customer=other)))
    assert (sale.customer_name, sale.customer_email, sale.customer_phone) == ("Zé da Silva", "", "")


def test_another_name_writes_no_contact_into_the_register(known, db):
    known.email = known.phone = ""
    db.session.commit()
    other = CUSTOMER | {"name": "Zé da Silva", "email": "ze@example.com"}
    sale = create_sale(parse(SaleIn, sale_body(sku="A", customer=other)))
    assert sale.customer_email == "ze@example.com" and known.email == ""


# -- bar codes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", [ISBN, "978-85-359-1484-9", " 9788535914849 ", "09788535914849"])
def test_a_bar_code_names_the_product_of_a_line(clerk, db, typed):
    book = make_product(sku="LV-9", kind="book", isbn=ISBN)
    assert place(clerk, **{"lines.0.sku": typed}).status_code == 303
    assert [line.sku for line in newest(db).lines] == [book.sku]


def test_a_gtin_names_the_product_and_its_sku_goes_first(clerk, db):
    make_product(sku="A", gtin="7891000100103")
    make_product(sku="7891000100103")
    assert place(clerk, **{"lines.0.sku": "7891000100103"}).status_code == 303
    assert newest(db).lines[0].sku == "7891000100103"


def test_a_code_of_two_products_is_asked_about(clerk):
    make_product(sku="NEW", gtin="7891000100103")
    make_product(sku="USED", gtin="7891000100103")
    answer = place(clerk, **{"lines.0.sku": "7891000100103"})
    assert answer.status_code == 422 and "write the SKU: NEW, USED" in answer.text


def test_a_line_says_at_once_that_two_products_have_its_code(clerk):
    make_product(sku="NEW", gtin="7891000100103")
    make_product(sku="USED", gtin="7891000100103")
    told = clerk.post("/sales/preview", data=TYPED | {"lines.0.sku": "7891000100103"}).text
    line = re.search(r'id="line-product-0"[^>]*>([^<]*)<', told)[1]
    assert "More than one product" in line and "NEW, USED" in line


def test_a_sku_is_known_in_any_case_and_kept_as_the_catalog_spells_it(clerk, db):
    make_product(sku="FI-0002", name="Caneca")
    told = clerk.post("/sales/preview", data=TYPED | {"lines.0.sku": "fi-0002"}).text
    assert re.search(r'id="line-product-0"[^>]*>Caneca · 100 in stock<', told)
    assert place(clerk, **{"lines.0.sku": "fi-0002"}).status_code == 303
    assert [line.sku for line in newest(db).lines] == ["FI-0002"]
    both = [{"sku": "Fi-0002", "quantity": 1}, {"sku": "FI-0002", "quantity": 1}]
    sale = create_sale(parse(SaleIn, sale_body(lines=both)))
    assert [line.sku for line in sale.lines] == ["FI-0002", "FI-0002"]


def test_a_scan_is_told_with_its_product_and_price(clerk):
    make_product(sku="LV-9", name="Travessias", kind="book", isbn=ISBN, price="40.00")
    lines = {"lines.0.sku": "nothing", "lines.7.sku": ISBN, "lines.7.quantity": "2"}
    told = clerk.post("/sales/preview", data=TYPED | lines).text
    assert re.search(r'id="line-product-7"[^>]*>Travessias · 100 in stock<', told)
    assert re.search(r'id="line-total-7"[^>]*>R\$\s?80\.00<', told)
    assert re.search(r'id="line-product-0"[^>]*>No product has this SKU', told)
    assert re.search(r'id="order-sum"[^>]*>R\$\s?80\.00<', told)


# -- Enter without script -------------------------------------------------------------------------


def test_the_button_that_enter_presses_places_nothing(clerk):
    page = clerk.get("/sales/new").text
    form = page[page.index('id="sale-form"') :]
    first = re.search(r"<button[^>]*>", form)[0]
    assert 'formaction="/sales/draft"' in first and 'value="go_on"' in first


def test_enter_without_script_adds_a_line_or_looks_up_the_cep(clerk, db):
    make_product(sku="A")
    page = draft(clerk, "go_on", known_zip_code="05010000")
    assert value(page, "lines.1.quantity") == "1" and value(page, "address.street") == ""
    page = draft(clerk, "go_on")
    assert 'name="lines.1.sku"' not in page and value(page, "address.street") == "Rua Caiubi"
    assert not db.session.scalars(db.select(Sale)).all()


# -- addresses ------------------------------------------------------------------------------------


def test_goods_without_a_cep_are_asked_about_in_the_form(clerk, db):
    make_product(sku="A")
    answer = place(clerk, **{"address.zip_code": "", "channel": "phone"})
    assert answer.status_code == 422 and "write the CEP of the delivery" in answer.text
    assert not db.session.scalars(db.select(Sale)).all()


NOWHERE = {"address.zip_code": "", "address.number": "", "address.complement": ""}


def test_goods_handed_over_at_the_counter_need_no_address(clerk, db):
    open_shop()
    make_product(sku="A", name="Caneca", ncm="69120000")
    assert place(clerk, **NOWHERE, paid="1").status_code == 303
    work_off()
    sale = newest(db)
    assert (sale.status, sale.city, sale.state, sale.zip_code) == (
        "invoiced",
        the_shop().city,
        the_shop().state,
        format_cep(the_shop().zip_code),
    )
    assert set(sale.address_source.values()) == {"shop"} and sale.customer.city == ""
    page = html.unescape(clerk.get(f"/sales/{sale.id}").text)
    assert page.count("the address is the shop's own") == 1


def test_a_counter_sale_that_is_sent_somewhere_is_asked_for_the_cep(clerk, db):
    make_product(sku="A")
    answer = place(clerk, **NOWHERE | {"address.city": "Osasco"})
    assert answer.status_code == 422 and "write the CEP of the delivery" in answer.text


def test_a_digital_order_needs_no_address(clerk, db):
    make_product(sku="STREAM", kind="streaming")
    answer = place(clerk, **{"lines.0.sku": "STREAM", "paid": "1"} | NOWHERE)
    assert answer.status_code == 303
    work_off()
    assert newest(db).status == "completed"


def test_goods_of_a_call_without_a_cep_still_wait_for_a_person(db):
    sale = make_sale(address={"number": "100"})
    work_off()
    db.session.refresh(sale)
    assert (sale.status, sale.reason_code) == ("attention", "zip_code_missing")


def test_a_cep_not_found_is_a_quiet_hint(clerk):
    page = draft(clerk, "look_up", **{"address.zip_code": "99999-999"})
    assert "error-summary" not in page
    assert re.search(
        r'class="field-hint" id="f-address-zip_code-hint">This CEP was not found', page
    )


# -- totals ---------------------------------------------------------------------------------------


def test_the_totals_of_the_lines_add_up_to_the_products(clerk):
    goods, other = make_product(price="189.90"), make_product(price="126.40")
    lines = {
        "lines.0.sku": goods.sku,
        "lines.0.quantity": "1",
        "lines.1.sku": other.sku,
        "lines.1.quantity": "1",
        "discount": "10,00",
    }
    told = clerk.post("/sales/preview", data=TYPED | lines).text
    totals = re.findall(r'id="line-total-\d"[^>]*>R\$\s?([\d.]+)<', told)
    assert totals == ["189.90", "126.40"] and "Products R$316.30" in plain(told)


def test_a_product_on_two_lines_is_told_and_joined_for_the_rules(clerk, db):
    """Rules look at each line by itself: one order is to have one outcome."""
    make_product(sku="A", price="10.00", gtin="9788535914849", stock=9)
    make_product(sku="B", price="5.00")
    split = {"lines.1.sku": ISBN, "lines.2.sku": "B", "lines.3.sku": "A", "lines.4.sku": "NONE"}
    split |= {f"lines.{n}.quantity": "1" for n in (1, 2, 3, 4)}
    split |= {"lines.1.unit_price": "10.00", "lines.3.unit_price": "8.00"}
    told = clerk.post("/sales/preview", data=TYPED | split).text
    assert "A: the rules look at each line by itself" in plain(told) and "Join the lines" in told

    page = draft(clerk, "join_lines", **split)
    joined = [
        tuple(value(page, f"lines.{n}.{part}") for part in ("sku", "quantity", "unit_price"))
        for n in range(4)
    ]
    assert joined == [("A", "3", ""), ("B", "1", ""), ("A", "1", "8.00"), ("NONE", "1", "")]
    assert "lines.4.sku" not in page and "Join the lines" not in page
    assert "Join the lines" not in clerk.post("/sales/preview", data=TYPED).text


@pytest.mark.parametrize(
    "typed",
    [
        {"quantity": "5", "unit_price": "30"},
        {"quantity": "5"},
        {"quantity": "1", "unit_price": "30"},
        {"quantity": "1", "price_reason": "By arrangement"},
    ],
)
def test_a_line_of_no_product_in_which_something_stands_is_asked_for_it(clerk, db, typed):
    make_product(sku="A", price="10.00")
    line = {"sku": ""} | typed
    answer = place(clerk, **{f"lines.1.{part}": text for part, text in line.items()})
    assert answer.status_code == 422 and newest(db) is None
    assert re.search(
        r'id="f-lines-1-sku-error">(<(?!span)|[^<])*<span>Fill this in\.<', answer.text
    )
    assert all(value(answer.text, f"lines.1.{part}") == text for part, text in line.items())


@pytest.mark.parametrize("quantity", ["1", " 1 ", ""])
def test_a_line_that_nobody_touched_is_left_out(clerk, db, quantity):
    make_product(sku="A", price="10.00")
    untouched = {"lines.1.sku": " ", "lines.1.quantity": quantity, "lines.1.unit_price": ""}
    assert place(clerk, **untouched).status_code == 303
    assert [line.sku for line in newest(db).lines] == ["A"]
