"""The search box: straight to the one thing meant, else a few of each kind that fit."""

import re

import pytest
from sqlalchemy import select

from tests.factories import CUSTOMER, make_product, make_sale, open_shop, sign_in, work_off
from webapp.customers.models import Customer
from webapp.invoices.models import Invoice


@pytest.fixture
def clerk(client, db):
    sign_in(client, "clerk")
    return client


@pytest.fixture
def invoiced(db):
    open_shop()
    sale = make_sale(reference="WEB-2001")
    work_off()
    return sale


def ask(client, q):
    answer = client.get("/search", query_string={"q": q})
    # What tells whom it is for is asked by a sealed address.
    return client.get(answer.location) if answer.status_code == 302 else answer


def test_a_reference_leads_to_its_order(clerk, db):
    sale = make_sale(reference="WEB-2001")
    assert ask(clerk, " WEB-2001 ").location == f"/sales/{sale.id}"


@pytest.mark.parametrize("written", ["B-10", "b-10", "b10", "B10", "b 10"])
def test_a_reference_in_any_case_and_without_its_dash_leads_to_its_order(clerk, db, written):
    sale = make_sale(reference="B-10")
    for longer in ("B-109", "B-101", "XB-10"):
        make_sale(reference=longer)
    assert ask(clerk, written).location == f"/sales/{sale.id}"
    found = clerk.post("/search/hits", data={"q": written}).text
    assert re.findall(r'href="(/sales/[0-9]+)"', found)[0] == f"/sales/{sale.id}"


def test_the_reference_written_just_so_goes_before_others_that_fit(clerk, db):
    sale = make_sale(reference="b10")
    make_sale(reference="B-10")
    assert ask(clerk, "b10").location == f"/sales/{sale.id}"
    assert ask(clerk, "B10").status_code == 200


def test_a_sku_in_any_case_leads_to_its_product(clerk, db):
    product = make_product(sku="FI-0002")
    make_product(sku="FI-00021")
    assert ask(clerk, "fi-0002").location == f"/products/{product.id}"


def test_a_reference_that_two_orders_have_lists_both(clerk, db):
    make_sale(reference="SAME")
    make_sale(reference="SAME")

    answer = ask(clerk, "SAME")
    assert answer.status_code == 200 and answer.text.count(">SAME</a>") == 2


def test_the_number_and_the_access_key_of_an_nfe_lead_to_it(clerk, db, invoiced):
    invoice = db.session.scalars(select(Invoice)).one()
    spaced = " ".join(invoice.access_key[place : place + 4] for place in range(0, 44, 4))

    for written in (str(invoice.number), "000.001", invoice.access_key, spaced):
        assert ask(clerk, written).location == f"/invoices/{invoice.id}", written


@pytest.mark.parametrize("written", ["11144477735", "111.444.777-35", "111 444 777 35"])
def test_a_cpf_in_any_written_form_leads_to_its_customer(clerk, db, written):
    make_sale()
    customer = db.session.scalars(select(Customer)).one()
    assert ask(clerk, written).location == f"/customers/{customer.id}"


def test_an_alphanumeric_cnpj_leads_to_its_customer(clerk, db):
    make_sale(customer=CUSTOMER | {"document": "12ABC34501DE35"})
    customer = db.session.scalars(select(Customer)).one()
    assert ask(clerk, "12.abc.345/01de-35").location == f"/customers/{customer.id}"


def test_a_sku_leads_to_its_product(clerk, db):
    product = make_product(sku="SKI-7")
    assert ask(clerk, "SKI-7").location == f"/products/{product.id}"


def test_a_part_of_a_name_lists_what_fits_by_kind(clerk, db, invoiced):
    make_product(name="Conceição guide")
    page = ask(clerk, "conceicao").text

    for group in ("sales", "customers", "products", "invoices"):
        assert f'id="found-in-{group}"' in page, group
    assert "WEB-2001" in page and "José da Conceição" in page and "Conceição guide" in page
    assert 'value="conceicao"' in page, "what was typed is lost"


def test_a_cpf_is_masked_in_the_results(clerk, db):
    make_sale()
    page = ask(clerk, "conceicao").text
    assert "111.444.777-35" not in page and "11144477735" not in page and "444.777" in page


def test_names_that_begin_with_it_go_before_others(clerk, db):
    make_product(name="A caneca", sku="C-0")
    cups = [make_product(name=f"Caneca {number}", sku=f"C-{number}").name for number in range(1, 7)]
    shown = re.findall(r"A caneca|Caneca [0-9]", ask(clerk, "caneca").text)
    assert list(dict.fromkeys(shown)) == cups[:5]
    # Where these are few, the others stand behind them.
    shown = re.findall(r"A caneca|Caneca [0-9]", ask(clerk, "a caneca").text)
    assert list(dict.fromkeys(shown)) == ["A caneca", *cups[:4]]


def test_a_few_of_each_kind_are_shown_and_the_rest_is_linked(clerk, db):
    for number in range(6):
        make_product(name=f"Snow glasses {number}")

    page = ask(clerk, "snow").text
    assert page.count("Snow glasses") == 5 and 'href="/products?q=snow"' in page


@pytest.mark.parametrize(
    "q",
    [
        "nothing like it",
        "%",
        "_",
        "\\",
        "'; DROP TABLE sales; --",
        "<script>alert(1)</script>",
        "\0",
        "🎿",
        "9" * 44,
        "9" * 9,
        "77777777",
        "x" * 5000,
    ],
)
def test_what_fits_nothing_is_said_in_words_whatever_was_typed(clerk, db, q):
    make_sale()
    answer = ask(clerk, q)

    assert answer.status_code == 200
    assert "Nothing fits" in answer.text or "What are you looking for?" in answer.text
    assert "<script>alert" not in answer.text


def test_an_empty_question_explains_what_can_be_asked(clerk):
    assert "What are you looking for?" in clerk.get("/search").text


def test_the_accountant_finds_orders_and_nfe_but_not_the_records_of_customers(client, db, invoiced):
    sign_in(client, "accountant")
    page = ask(client, "conceicao").text
    assert (
        'id="found-in-invoices"' in page
        and 'id="found-in-customers"' not in page
        and 'id="found-in-products"' not in page
    )

    assert ask(client, "111.444.777-35").status_code == 200
