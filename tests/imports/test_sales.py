"""Orders from a table: a line each, those of one reference together, whole or not at all."""

import pytest
from sqlalchemy import select

from tests.factories import api, make_product, make_sale, make_token, open_shop, work_off
from tests.support.imported_tables import counts, looked_over, taken, told
from webapp.catalog.models import Product
from webapp.sales.models import Sale

HEAD = "Pedido;SKU;Qtd;Preço unitário;Forma de pagamento;Pago;Cliente;CPF;CEP;Número;Frete\n"
BUYER = "pix;sim;Maria das Dores;529.982.247-25;05010-000;100;12,00"


@pytest.fixture
def calls(client, db):
    open_shop()
    make_product(sku="A", price="10.00", stock=5)
    make_product(sku="B", price="20.00", stock=5)
    return api(client, make_token("clerk"))


def sales(db) -> dict[str, Sale]:
    db.session.rollback()
    return {sale.reference: sale for sale in db.session.scalars(select(Sale))}


@pytest.mark.both_databases
def test_rows_of_one_reference_are_one_order_placed_once(calls, db):
    table = HEAD + f"P1;A;2;;{BUYER}\nP1;B;1;15,50;;;;;;;\nP2;B;1;;{BUYER}\n"

    assert counts(taken(calls, table, kind="sales")) == ("done", 3, 3, 0, 0)

    placed = sales(db)
    assert sorted(placed) == ["P1", "P2"]
    lines = [(line.sku, line.quantity, str(line.unit_price)) for line in placed["P1"].lines]
    assert lines == [("A", 2, "10.00"), ("B", 1, "15.50")]
    assert (str(placed["P1"].total), placed["P1"].paid_at is not None) == ("47.50", True)
    assert placed["P1"].customer_document == "52998224725"
    stock = dict(db.session.execute(select(Product.sku, Product.stock)).all())
    assert stock == {"A": 3, "B": 3}
    assert counts(taken(calls, table, kind="sales")) == ("done", 3, 3, 3, 0)
    assert len(sales(db)) == 2


def test_a_table_may_tell_when_an_order_must_leave(calls, db):
    head = HEAD.replace(";Frete", ";Frete;Despachar até")
    table = head + "".join(
        f"P{n};A;1;;{BUYER};{by}\n"
        for n, by in enumerate(("04/12/2026 12:00", "04/12/2026", "", "logo"))
    )
    found = taken(calls, table, kind="sales")
    assert counts(found) == ("done", 4, 3, 0, 1)
    assert [each[:2] for each in told(found)] == [(5, "Despachar até")]
    placed = sales(db)
    assert [placed[f"P{n}"].ship_by_told for n in range(3)] == [True, True, False]
    assert placed["P0"].ship_by.isoformat() == "2026-12-04T15:00:00+00:00"
    assert placed["P1"].ship_by.isoformat() == "2026-12-05T02:59:00+00:00"


def test_an_order_with_a_wrong_row_is_refused_whole(calls, db):
    table = (
        HEAD
        + f"P1;A;1;;{BUYER}\nP1;X;1;;;;;;;;\nP2;A;1;;;;;;;;\n"
        + f"P3;A;1;;{BUYER}\nP3;B;1;;{BUYER.replace('pix', 'boleto')}\nP4;A;1;;{BUYER}\n"
    )

    found = taken(calls, table, kind="sales")

    assert counts(found) == ("done", 6, 1, 0, 5)
    said = {(row, column): words for row, column, words in told(found)}
    assert "no product with the SKU X" in said[3, "SKU"]
    assert "Line 3 of the same order" in said[2, "Pedido"]
    assert "who buys" in said[4, ""]
    assert "Line 5 of the same order" in said[6, "Pedido"]
    assert list(sales(db)) == ["P4"]


@pytest.mark.both_databases
def test_what_is_sold_out_by_now_refuses_its_order_alone(calls, db):
    make_product(sku="C", stock=1)
    table = HEAD + f"P1;A;1;;{BUYER}\nP1;C;1;;;;;;;;\nP2;B;1;;{BUYER}\n"
    found = looked_over(calls, table, kind="sales")
    make_sale(sku="C")
    calls.post(f"/imports/{found['id']}/take", {})
    work_off()

    first = calls.get(f"/imports/{found['id']}").json
    assert counts(first) == ("done", 3, 1, 0, 2)
    assert "C is out of stock" in first["problems"][0]["message"]
    assert {"P1", "P2"} & set(sales(db)) == {"P2"}
    stock = dict(db.session.execute(select(Product.sku, Product.stock)).all())
    assert stock == {"A": 5, "B": 4, "C": 0}


def test_all_that_is_wrong_with_the_row_of_an_order_is_told(calls):
    table = HEAD + f"P1;Z;dois;-1;{BUYER}\n;;1;;{BUYER.replace('529.982.247-25', '529')}\n"
    found = looked_over(calls, table, kind="sales")
    assert [(row, column) for row, column, _words in told(found)] == [
        (2, "Qtd"),
        (2, "SKU"),
        (2, "Preço unitário"),
        (3, "Pedido"),
        (3, "SKU"),
        (3, "CPF"),
    ]
