"""The form of a sale while it is typed; everything works without script too."""

import re

import pytest

from tests.factories import CUSTOMER, make_product, make_sale, sign_in
from webapp.customers.models import Customer
from webapp.sales.models import Sale

TYPED = {
    "lines.0.price_reason": "By arrangement",
    "form_key": "f1",
    "customer.name": "José",
    "customer.document": "111.444.777-35",
    "address.zip_code": "05010-000",
    "address.number": "100",
    "address.complement": "fundos",
    "lines.0.sku": "A",
    "lines.0.quantity": "2",
    "channel": "store",
    "payment_method": "pix",
    "discount": "0",
    "freight": "0",
}


@pytest.fixture
def clerk(client, db):
    sign_in(client)
    return client


def value(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{re.escape(name)}"[^>]*?>', page)
    assert found, name
    typed = re.search(r' value="([^"]*)"', found[0])
    return typed[1] if typed else ""


def draft(clerk, do: str, **changes) -> str:
    answer = clerk.post("/sales/draft", data=TYPED | changes | {"do": do})
    assert answer.status_code == 200
    return answer.text


def test_a_line_is_added_and_what_was_typed_stays(clerk):
    page = draft(clerk, "add_line")
    assert (
        "<html" in page
        and value(page, "lines.0.sku") == "A"
        and value(page, "lines.0.quantity") == "2"
    )
    assert (
        value(page, "lines.1.quantity") == "1"
        and value(page, "customer.name") == "José"
        and value(page, "form_key") == "f1"
    )


def test_a_line_is_removed_and_the_others_move_up(clerk):
    page = draft(clerk, "remove_line:0", **{"lines.4.sku": "B", "lines.4.quantity": "3"})
    assert value(page, "lines.0.sku") == "B" and 'name="lines.1.sku"' not in page


def test_the_last_line_stays_as_a_blank_one(clerk):
    assert value(draft(clerk, "remove_line:0"), "lines.0.sku") == ""


def test_with_script_the_form_alone_is_answered(clerk):
    page = clerk.post(
        "/sales/draft", data=TYPED | {"do": "add_line"}, headers={"HX-Request": "true"}
    ).text
    assert "<html" not in page and 'id="sale-form"' in page


def test_a_cep_brings_its_address(clerk):
    page = draft(clerk, "look_up")
    assert (
        value(page, "address.street") == "Rua Caiubi" and value(page, "address.city") == "São Paulo"
    )
    assert value(page, "address.number") == "100" and value(page, "known_zip_code") == "05010000"


def test_another_cep_clears_number_and_complement(clerk):
    typed = {
        "address.zip_code": "40140-650",
        "known_zip_code": "05010000",
        "address.street": "Rua Caiubi",
    }
    page = draft(clerk, "look_up", **typed)
    assert (
        value(page, "address.street") == "Largo do Farol da Barra"
        and value(page, "address.state") == "BA"
    )
    assert value(page, "address.number") == value(page, "address.complement") == ""


def test_the_same_cep_looked_up_again_keeps_what_was_typed(clerk):
    page = draft(
        clerk, "look_up", **{"known_zip_code": "05010000", "address.street": "Rua Caiubi, casa 2"}
    )
    assert (
        value(page, "address.street") == "Rua Caiubi, casa 2"
        and value(page, "address.complement") == "fundos"
    )


@pytest.mark.parametrize(
    ("written", "said"), [("123", "This is not a CEP"), ("99999-999", "was not found just now")]
)
def test_a_cep_that_brings_nothing_says_so_beside_it(clerk, written, said):
    page = draft(clerk, "look_up", **{"address.zip_code": written})
    assert (
        said in page
        and value(page, "address.zip_code") == written
        and value(page, "address.number") == "100"
    )


def test_a_known_customer_is_found_and_picked(clerk, db):
    db.session.add(
        Customer(
            name="Ana D’Ávila",
            document="12ABC34501DE35",
            email="ana@example.com",
            city="Osasco",
            state="SP",
            zip_code="06243-110",
            number="845",
            search_text="ana d’avila 12abc34501de35",
        )
    )
    db.session.commit()
    customer_id = db.session.scalars(db.select(Customer.id)).one()
    found = clerk.post("/sales/customers", data={"customer_search": "ana d"}).text
    assert f"customer:{customer_id}" in found and "Osasco/SP" in found
    assert (
        "Nobody of this name"
        in clerk.post("/sales/customers", data={"customer_search": "nobody"}).text
    )
    page = draft(clerk, f"customer:{customer_id}")
    assert (
        value(page, "customer.document") == "12.ABC.345/01DE-35"
        and value(page, "address.number") == "845"
    )
    assert value(page, "lines.0.sku") == "A"


def test_products_are_offered_by_name_or_sku(clerk):
    make_product(sku="BOOK-1", name="Travessias")
    make_product(sku="MUG", name="Caneca")
    offered = clerk.get("/sales/products?lines.0.sku=trave").text
    assert 'value="BOOK-1"' in offered and "MUG" not in offered


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)).replace("\xa0", "")


def test_the_total_is_worked_out_while_typing_and_writes_nothing(clerk, db):
    goods, stream = make_product(price="10.00"), make_product(kind="streaming", price="30.00")
    lines = {
        "lines.0.sku": goods.sku,
        "lines.1.sku": stream.sku,
        "lines.1.quantity": "1",
        "lines.2.sku": "NOTHING",
        "lines.3.sku": goods.sku,
        "lines.3.quantity": "-1",
        "discount": "5,00",
        "freight": "7,50",
    }
    said = plain(clerk.post("/sales/preview", data=TYPED | lines).text)
    assert (
        "Products R$50.00 Discount −R$5.00 Freight R$7.50 Total of the order R$52.50 Total of the "
        "NF-e R$25.50" in said
    )
    db.session.expire_all()
    assert (
        not goods.was_sold and goods.stock == 100 and not db.session.scalars(db.select(Sale)).all()
    )


@pytest.mark.parametrize(
    "nonsense",
    [
        {"freight": "NaN"},
        {"discount": "1e400"},
        {"discount": "9999999"},
        {"lines.0.quantity": "x"},
        {"lines.99999.sku": "A"},
    ],
)
def test_a_total_is_told_for_whatever_is_typed(clerk, nonsense):
    make_product(sku="A")
    assert clerk.post("/sales/preview", data=TYPED | nonsense).status_code == 200


def test_only_the_cep_the_number_the_buyer_and_the_lines_are_needed(clerk, db):
    make_product(sku="A")
    kept = {
        name: TYPED[name]
        for name in (
            "customer.name",
            "customer.document",
            "address.zip_code",
            "address.number",
            "lines.0.sku",
            "lines.0.quantity",
            "channel",
            "payment_method",
        )
    }
    assert clerk.post("/sales", data=kept | {"paid": ["1", "0"]}).status_code == 303
    sale = db.session.scalars(db.select(Sale)).one()
    assert (sale.status, sale.zip_code, sale.street) == ("address", "05010-000", "")


def test_an_open_sale_is_edited_and_two_people_do_not_overwrite_each_other(clerk, db):
    sale = make_sale(sku=make_product(sku="A", price="10.00").sku, paid=False, customer=CUSTOMER)
    page = clerk.get(f"/sales/{sale.id}/edit").text
    assert value(page, "lines.0.sku") == "A" and value(page, "lines.0.unit_price") == "10.00"
    version = value(page, "version")
    buyer = {"customer.name": CUSTOMER["name"]}
    assert (
        clerk.post(
            f"/sales/{sale.id}/edit",
            data=TYPED | buyer | {"version": version, "sale_id": sale.id},
        ).status_code
        == 303
    )
    db.session.expire_all()
    assert sale.lines[0].quantity == 2 and str(sale.total) == "20.00"
    second = clerk.post(
        f"/sales/{sale.id}/edit", data=TYPED | {"version": version, "lines.0.quantity": "9"}
    )
    assert second.status_code == 422 and "Somebody changed this record" in second.text
    assert value(second.text, "lines.0.quantity") == "9"
    db.session.expire_all()
    assert sale.lines[0].quantity == 2


def test_a_paid_sale_has_no_form(clerk, db):
    sale = make_sale()
    assert clerk.get(f"/sales/{sale.id}/edit").status_code == 409
