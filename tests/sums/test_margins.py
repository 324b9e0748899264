"""What is left of an order: on its page, for those who may see it, and in files."""

from decimal import Decimal

from lxml import html

from tests.factories import make_product, make_sale, open_shop, sign_in, work_off
from webapp.customers.models import Agent
from webapp.payments.models import AgreedFee
from webapp.sales.models import PaymentMethod, Sale
from webapp.sums.margins import Margin, margins_of


def test_the_margin_of_an_order_names_each_thing_that_is_taken_off(client, db):
    open_shop()
    db.session.add(Agent(code="A1", name="Rosa", commission_percent=Decimal("10.00")))
    db.session.add(AgreedFee(method=PaymentMethod.PIX, installments=1, fixed=Decimal("0.99")))
    db.session.commit()
    book = make_product(
        kind="book", price="50.00", cost="20.50", royalty_percent="10.00", author="Ana"
    ).sku
    sale = make_sale(lines=[{"sku": book, "quantity": 2}], agent="A1", freight="12.00")
    work_off()
    sale = db.session.get_one(Sale, sale.id)
    margin = margins_of([sale])[sale.id]
    amounts = (
        Decimal(written) for written in ("112.00", "41.00", "12.00", "10.00", "10.00", "0.99")
    )
    assert margin == Margin(*amounts, False, False)
    assert (margin.amount, margin.percent) == (Decimal("38.01"), Decimal("33.94"))

    sign_in(client, "manager")
    assert f'href="/sales/{sale.id}/margin"' in client.get(f"/sales/{sale.id}").text
    page = client.get(f"/sales/{sale.id}/margin").text
    assert "R$38.01" in page and "33.94 %" in page and "<h1" in page
    part = client.get(f"/sales/{sale.id}/margin", headers={"HX-Request": "true"}).text
    assert "R$38.01" in part and "<h1" not in part
    assert "38.01" in client.get("/sales/export.csv", buffered=True).text

    sign_in(client, "clerk")
    assert client.get(f"/sales/{sale.id}/margin").status_code == 403
    assert f'href="/sales/{sale.id}/margin"' not in client.get(f"/sales/{sale.id}").text
    assert "38.01" not in client.get("/sales/export.csv", buffered=True).text


def test_what_nobody_knows_is_said_and_only_what_was_bought_has_a_margin(client, db):
    sale, open_one = make_sale(), make_sale(paid=False)
    assert margins_of([sale, open_one]).keys() == {sale.id}
    sign_in(client, "manager")
    page = client.get(f"/sales/{sale.id}/margin").text
    assert "a product's cost is not known, no fee was agreed for the payment" in page
    told = [each.text_content().strip() for each in html.fromstring(page).xpath("//dd")]
    assert told[1] == told[5] == "—"
    assert "once it is paid" in client.get(f"/sales/{open_one.id}/margin").text
