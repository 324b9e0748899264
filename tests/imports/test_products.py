"""Products from a table: new and known ones, sent twice, changed meanwhile, and prices by right."""

from decimal import Decimal

import pytest
from sqlalchemy import func, select

from tests.factories import api, make_product, make_token, make_user, open_shop, work_off
from tests.support.imported_tables import counts, looked_over, taken, told
from webapp.audit.models import AuditEntry
from webapp.catalog.models import Product, StockMovement
from webapp.imports import storage
from webapp.imports.importing import take_import
from webapp.imports.queries import import_by_id
from webapp.imports.works import Sending
from webapp.processing import import_steps
from webapp.processing.import_steps import WORKS
from webapp.store.queries import the_shop

BLING = (
    "ID;Código;Descrição;Unidade;NCM;Origem;Preço;Estoque;Preço de custo;Estoque mínimo;"
    "Peso líquido (Kg);GTIN/EAN;Tipo\r\n"
    '1;CAN-1;Caneca "ágata";UN;6912.00.00;0;1.039,90;10,00;18,5;2,00;0,350;7891234567895;P\r\n'
    "2;CAN-2;Caneca azul;UN;4029900;0;39,90;3;;;;;P\r\n"
)


@pytest.fixture
def calls(client, db):
    open_shop()
    return api(client, make_token("clerk"))


def product(db, sku: str) -> Product | None:
    db.session.rollback()
    return db.session.scalar(select(Product).where(Product.sku == sku))


@pytest.mark.both_databases
def test_a_list_as_another_program_exports_it_becomes_the_catalog(calls, db):
    found = taken(calls, BLING.encode("latin-1"))

    assert counts(found) == ("done", 2, 2, 0, 0)
    one = product(db, "CAN-1")
    assert (one.name, one.price, one.cost) == (
        'Caneca "ágata"',
        Decimal("1039.90"),
        Decimal("18.5"),
    )
    assert (one.stock, one.low_stock, one.weight_g) == (10, 2, 350)
    assert (one.gtin, one.ncm, one.on_nfe) == ("7891234567895", "69120000", True)
    assert product(db, "CAN-2").ncm == "04029900"
    moved = db.session.execute(select(StockMovement.balance, StockMovement.reason))
    assert sorted(moved) == [(3, "import t.csv"), (10, "import t.csv")]
    entries = select(AuditEntry).where(AuditEntry.subject == "products")
    assert {(e.subject_name, e.action, e.actor, e.why) for e in db.session.scalars(entries)} == {
        ("CAN-1", "created", "token checkout", "importação de t.csv"),
        ("CAN-2", "created", "token checkout", "importação de t.csv"),
    }


def test_sent_twice_it_changes_nothing(calls, db):
    taken(calls, BLING)
    before = db.session.scalar(select(func.count()).select_from(AuditEntry))

    assert counts(looked_over(calls, BLING)) == ("ready", 2, 2, 2, 0)
    assert counts(taken(calls, BLING)) == ("done", 2, 2, 2, 0)

    subject = select(AuditEntry).where(AuditEntry.subject == "products")
    assert len(db.session.scalars(subject).all()) == 2
    assert before
    assert len(db.session.scalars(select(StockMovement)).all()) == 2


def test_a_known_product_changes_in_the_columns_of_the_file_alone(calls, db):
    make_product(sku="ABC", name="Antes", price="10.00", category="Casa", stock=7)

    found = taken(calls, "sku,categoria,preço\nabc,Jardim,\n")

    assert counts(found) == ("done", 1, 1, 0, 0)
    one = product(db, "ABC")
    assert (one.name, one.price, one.category, one.stock) == ("Antes", Decimal("10"), "Jardim", 7)


def test_each_row_that_is_wrong_is_told_by_line_column_and_mend(calls, db):
    make_product(sku="OLD")
    found = looked_over(
        calls,
        "SKU;Nome;Preço;EAN\n"
        "A;Um;abc;\n"
        ";Dois;10,00;\n"
        "C;;;\n"
        "D;Quatro;10,00;7,89E+12\n"
        "03/jan;Cinco;10,00;\n"
        "F;Seis;-1;\n"
        "OK;Sete;10,00;\n",
    )

    assert counts(found) == ("ready", 7, 1, 0, 6)
    said = told(found)
    assert [(row, column) for row, column, _message in said] == [
        (2, "Preço"),
        (3, "SKU"),
        (4, "Nome"),
        (4, "Preço"),
        (5, "EAN"),
        (6, "SKU"),
        (7, "Preço"),
    ]
    words = [message for _row, _column, message in said]
    assert "not a number" in words[0] and "needs a name" in words[2]
    assert "shortened this code to 7,89E+12" in words[4] and "Format" in words[4]
    assert "made a date of this code" in words[5]
    assert "negative" in words[6]
    refused = calls.post(f"/imports/{found['id']}/take", {})
    assert (refused.status_code, "6 rows are refused" in refused.json["detail"]) == (409, True)
    assert product(db, "OK") is None


@pytest.mark.both_databases
def test_rows_about_the_same_product_are_all_refused_unless_they_say_the_same(calls):
    found = looked_over(
        calls, "sku,nome,preço\nA,Um,1.50\nB,Dois,2.00\na,Um,1.60\nB,Dois,2.0\nA,Um,1.50\n"
    )

    assert counts(found) == ("ready", 5, 2, 1, 3)
    assert [(row, "Line 4" in words or "Line 2" in words) for row, _c, words in told(found)] == [
        (2, True),
        (4, True),
        (6, True),
    ]


def test_rows_about_the_same_product_are_found_across_slices(calls, monkeypatch):
    monkeypatch.setattr(import_steps, "SLICE_SECONDS", 0)
    monkeypatch.setattr(storage, "ROWS", 2)
    rows = ("A;Um;1", "A;Um;1", "B;Dois;2", "C;Três;3", "A;Um;2", "A;Um;1", "B;Dois;2")

    found = looked_over(calls, "\n".join(("sku;nome;preço", *rows)))

    assert counts(found) == ("ready", 7, 3, 1, 4)
    assert [row for row, _column, _words in told(found)] == [2, 3, 6, 7]


@pytest.mark.both_databases
def test_what_changed_since_it_was_looked_over_is_refused_at_the_taking(calls, db):
    make_product(sku="A", price="10.00")
    make_product(sku="B", price="10.00")
    found = looked_over(calls, "sku;preço;nome\nA;12,00;A\nB;12,00;B\nNEW;5,00;Novo\n")
    product(db, "A").price = Decimal("11.00")
    db.session.commit()
    make_product(sku="new")

    calls.post(f"/imports/{found['id']}/take", {})
    work_off()

    found = calls.get(f"/imports/{found['id']}").json
    assert counts(found) == ("done", 3, 1, 0, 2)
    assert [(row, column) for row, column, _words in told(found)] == [(2, "preço"), (4, "sku")]
    assert "it is 11.00 by now" in found["problems"][0]["message"]
    assert (product(db, "A").price, product(db, "B").price) == (Decimal("11"), Decimal("12"))


def test_a_clerk_lowers_no_price_by_a_file(db, calls):
    the_shop().clerk_discount_limit = Decimal("5.00")
    make_product(sku="A", price="10.00")
    make_product(sku="B", price="10.00")
    clerk = make_user("clerk").email
    begun = WORKS["prices"].begin(Sending([], clerk, "sku\tpreço\nA\t9,00\nB\t11,00\nC\t1,00\n"))
    db.session.commit()
    work_off()

    found = import_by_id(begun.id)
    assert (found.accepted, found.refused) == (1, 2)
    take_import(found, skip_refused=True)
    db.session.commit()
    work_off()
    assert (product(db, "A").price, product(db, "B").price) == (Decimal("10"), Decimal("11"))
    assert product(db, "C") is None


@pytest.mark.both_databases
def test_a_stock_list_sets_what_was_counted_and_writes_the_ledger(calls, db):
    make_product(sku="A", stock=7)
    make_product(sku="E", kind="ebook")
    found = taken(calls, "código;quantidade\nA;10\nE;1\nX;1\n", kind="stock", name="estoque.csv")

    assert counts(found) == ("done", 3, 1, 0, 2)
    assert product(db, "A").stock == 10
    last = db.session.scalars(select(StockMovement).order_by(StockMovement.id.desc())).first()
    assert (last.change, last.balance, last.reason) == (3, 10, "import estoque.csv")
    assert product(db, "A").version == 1


def test_all_that_is_wrong_with_a_row_is_told(calls):
    make_product(sku="A")
    found = looked_over(
        calls,
        "sku;nome;preço;estoque;peso (g)\n"
        "A;;12,3,4;-1;leve\n"
        "B;;;-1;10\n"
        ";Caneca;12,3,4;3;10\n"
        "C;Caneca;12,3,4;3;10\n",
    )
    assert [(row, column) for row, column, _words in told(found)] == [
        (2, "preço"),
        (2, "peso (g)"),
        (2, "estoque"),
        (3, "nome"),
        (3, "preço"),
        (3, "estoque"),
        (4, "preço"),
        (4, "sku"),
        (5, "preço"),
    ]
    assert "A new product needs a price" in told(found)[4][2]


def test_of_a_row_whose_kind_cannot_be_read_nothing_is_told_that_hangs_on_it(calls):
    make_product(sku="A", kind="ebook", stock=None)
    found = looked_over(
        calls,
        "sku;nome;tipo de produto;preço;estoque\nA;Guia;xis;5;3\nB;Guia;xis;5;-1\n",
        mapping='{"tipo de produto": "kind"}',
    )
    assert [(row, column) for row, column, _words in told(found)] == [
        (2, "tipo de produto"),
        (3, "tipo de produto"),
        (3, "estoque"),
    ]
