"""Which column tells what, and how its numbers are written."""

import io
import json

import pytest
from flask_babel import force_locale

from tests.factories import api, make_token, open_shop, sign_in, work_off
from tests.support.imported_tables import counts, looked_over, send, told
from webapp.catalog.models import Kind, Product
from webapp.customers.models import Taxpayer
from webapp.imports import cells
from webapp.imports.cells import Evidence, Unread, category, decimal, notation_of
from webapp.imports.mapping import ColumnReader, guessed
from webapp.imports.tables import rows_of
from webapp.processing.import_steps import WORKS
from webapp.sales.models import PaymentMethod

BLING = (
    "ID;Código;Descrição;Unidade;NCM;Origem;Preço;Valor IPI fixo;Observações;Situação;Estoque;"
    "Preço de custo;Cód. no fornecedor;Fornecedor;Localização;Estoque máximo;Estoque mínimo;"
    "Peso líquido (Kg);Peso bruto (Kg);GTIN/EAN;Descrição Complementar;Categoria do produto"
)
WOO = (
    "ID;Type;SKU;GTIN, UPC, EAN, or ISBN;Name;Published;Short description;Description;Stock;"
    "Low stock amount;Weight (kg);Regular price;Sale price;Categories"
)
SHOPIFY = (
    "Handle;Title;Body (HTML);Vendor;Product Category;Type;Variant SKU;Variant Grams;"
    "Variant Inventory Qty;Variant Price;Variant Barcode;Cost per item"
)
KNOWN = {
    BLING: {
        "Código": "sku", "Descrição": "name", "Unidade": "unit", "NCM": "ncm", "Origem": "origin",
        "Preço": "price", "Estoque": "stock", "Preço de custo": "cost", "Fornecedor": "supplier",
        "Localização": "shelf",
        "Estoque mínimo": "low_stock", "Peso líquido (Kg)": "weight_kg", "GTIN/EAN": "gtin",
        "Descrição Complementar": "description", "Categoria do produto": "category",
    },
    WOO: {
        "SKU": "sku", "GTIN, UPC, EAN, or ISBN": "gtin", "Name": "name", "Stock": "stock",
        "Description": "description", "Low stock amount": "low_stock", "Categories": "category",
        "Weight (kg)": "weight_kg", "Regular price": "price",
    },
    SHOPIFY: {
        "Title": "name", "Body (HTML)": "description", "Vendor": "supplier",
        "Product Category": "category", "Variant SKU": "sku", "Variant Grams": "weight_g",
        "Variant Inventory Qty": "stock", "Variant Price": "price", "Variant Barcode": "gtin",
        "Cost per item": "cost",
    },
}  # fmt: skip


@pytest.fixture
def calls(client, db):
    open_shop()
    return api(client, make_token("clerk"))


@pytest.mark.parametrize("names", KNOWN, ids=["Bling", "WooCommerce", "Shopify"])
def test_columns_are_known_as_other_programs_call_them(app, db, names):
    readers = [ColumnReader(name) for name in names.split(";")]
    next((each for each in readers if each.name == "Type"), readers[0]).look_at("Bags")
    columns = guessed(readers, WORKS["products"].named)
    assert {each["name"]: each["field"] for each in columns if each["field"]} == KNOWN[names]


@pytest.mark.parametrize(
    ("cells", "notation"),
    [
        (["1.234,56", "12"], "br"),
        (["1,234.56"], "en"),
        (["0,5", "1.234"], "br"),
        (["12.90", "1,234"], "en"),
        (["R$ 1.234.567", "1.234"], "br"),
        (["1.234"], ""),
        (["1.234", "12,50", "12.50"], ""),
        ([12.5, 3], ""),
    ],
)
def test_the_column_as_a_whole_tells_how_its_numbers_are_written(cells, notation):
    evidence = Evidence()
    for cell in cells:
        evidence.look_at(cell)
    assert notation_of(evidence, [evidence]) == notation


@pytest.mark.parametrize(
    ("cell", "notation", "number"),
    [
        ("1.234,50", "br", "1234.50"),
        ("1.234", "br", "1234"),
        ("1.234", "en", "1.234"),
        ("1,234", "en", "1234"),
        ("R$ 12,5", "br", "12.5"),
        ("12.50", "br", "12.50"),
        (12.5, "", "12.5"),
        (29.990000000000002, "", "29.99"),
        (100, "", "100"),
    ],
)
def test_numbers_are_read_in_the_notation_of_their_column(cell, notation, number):
    assert str(decimal(cell, notation)) == number


def test_a_number_that_may_be_two_is_refused_in_words(app):
    with app.test_request_context(), pytest.raises(Unread) as refused:
        decimal("1.234", "")
    assert "1.234" in str(refused.value.message)


def test_where_nothing_tells_the_notation_a_person_or_program_does(calls):
    table = "sku;nome;preço\nA;Um;1.234\n"
    found = looked_over(calls, table)
    assert counts(found) == ("ready", 1, 0, 0, 1)
    assert "thousand or a fraction" in found["problems"][0]["message"]
    assert counts(looked_over(calls, table, decimal=",")) == ("ready", 1, 1, 0, 0)


@pytest.mark.parametrize(
    "mapping",
    [
        {"what": "sku", "é": "name", "quanto": "price"},
        {"sku": "What", "name": "É", "price": "Quanto"},
    ],
)
def test_a_program_tells_columns_by_their_names(calls, mapping):
    mapping = json.dumps(mapping)
    found = looked_over(calls, "what,É,Quanto\nA,Um,1.50\n", mapping=mapping)
    assert counts(found) == ("ready", 1, 1, 0, 0)
    assert [each["field"] for each in found["columns"]] == ["sku", "name", "price"]


@pytest.mark.parametrize(
    ("mapping", "words"),
    [("[]", "Send an object"), ('{"a": "colour"}', "no field “colour”"), ("[" * 10_000, "object"),
     ('{"a": "sku", "b": "sku"}', "Two columns")],
)  # fmt: skip
def test_a_mapping_that_cannot_be_is_told_at_its_field(calls, mapping, words):
    answer = send(calls, "a,b\n1,2\n", mapping=mapping)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "mapping"
    assert words in answer.json["errors"][0]["message"]


def test_a_column_of_the_mapping_that_is_not_there_is_named(calls):
    found = looked_over(calls, "sku,nome\nA,Um\n", mapping='{"Preço": "price"}')
    assert (found["status"], found["problems"][0]["row"]) == ("refused", 0)
    assert "Preço" in found["problems"][0]["message"]


def test_without_a_column_for_the_sku_nothing_is_taken_until_one_is_told(client, db, calls):
    found = looked_over(calls, "coisa;Nome;Preço\nA;Um;1,50\n")
    assert counts(found) == ("ready", 1, 0, 0, 1)
    assert "No column tells “SKU”" in found["problems"][0]["message"]
    take = calls.post(f"/imports/{found['id']}/take", {"skip_refused": True})
    assert take.status_code == 409

    sign_in(client, "clerk")
    told_now = {"columns.0": "sku", "columns.1": "name", "columns.2": "price"}
    answer = client.post(f"/imports/{found['id']}/columns", data=told_now)
    assert answer.status_code == 303
    work_off()
    assert counts(calls.get(f"/imports/{found['id']}").json) == ("ready", 1, 1, 0, 0)
    # The next file of the kind is read so by itself.
    assert counts(looked_over(calls, "COISA;nome;preço\nB;Dois;1,50\n"))[2] == 1
    assert db.session.query(Product).count() == 0


def test_a_column_that_is_there_twice_is_asked_about(calls):
    found = looked_over(calls, "sku;SKU;nome;preço\nA;B;Um;1,50\n")
    assert counts(found)[:3] == ("ready", 1, 0)
    assert "Two columns are called “sku”" in found["problems"][0]["message"]


def test_names_of_columns_may_stand_below_a_title(calls):
    found = looked_over(calls, "Lista de preços;;\n;;\nSKU;Nome;Preço\nA;Um;x\n")
    assert told(found)[0][:2] == (4, "Preço")


@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_the_words_of_our_own_lists_are_read(app, language):
    read_by = {cells.kind: Kind, cells.taxpayer: Taxpayer, cells.payment_method: PaymentMethod}
    with app.test_request_context(), force_locale(language):
        for read, members in read_by.items():
            assert [read(str(each.label)) for each in members] == [str(each) for each in members]


def test_a_sample_is_in_the_reader_s_words(client, db):
    open_shop()
    sign_in(client, "clerk", locale="pt_BR")
    assert "Produto físico" in client.get("/imports/samples/products.csv").text
    assert ";Pix;sim;" in client.get("/imports/samples/sales.csv").text


@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_the_columns_of_a_sample_are_all_known(client, db, language):
    open_shop()
    sign_in(client, "clerk", locale=language)
    for kind in ("products", "stock", "prices", "customers"):
        answer = client.get(f"/imports/samples/{kind}.csv")
        [_head, (_line, cells)] = list(rows_of(io.BytesIO(answer.data)))
        work = WORKS[kind]
        readers = [ColumnReader(str(name)) for name in _head[1]]
        told = [each["field"] for each in guessed(readers, work.named)]
        assert told == [each.name for each in work.fields if each.sample != ""]
        assert len(cells) == len(told)


def test_the_refused_rows_come_as_they_were_sent_and_can_be_sent_again(client, db, calls):
    sent = 'sku;nome;preço;descrição\n007;"Um; -dois";x;=1+1\nB;Dois;1,50;\n'
    found = looked_over(calls, sent)
    sign_in(client, "clerk")

    text = client.get(f"/imports/{found['id']}/refused.csv", buffered=True).text

    assert "thousand" not in text and "This is not a number" in text
    mended = text.replace(",x,", ',"2,50",').replace("'=1+1", "um a um")
    assert counts(looked_over(calls, mended)) == ("ready", 1, 1, 0, 0)
    again = looked_over(calls, text)
    assert told(again)[0][:2] == (2, "preço")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Cozinha", "Cozinha"),
        ("Casa > Cozinha, " + "Promoções" * 9, "Casa > Cozinha"),
        ("Casa" * 20 + " > Canecas", "Canecas"),
    ],
)
def test_of_many_categories_the_first_is_taken(written, kept):
    assert category(written) == kept


def test_no_field_is_told_by_two_columns_however_they_are_known(app, db):
    readers = [ColumnReader(name) for name in ("SKU", "Código", "Ref")]
    columns = guessed(readers, WORKS["products"].named, {"ref": "sku"}, {"codigo": "sku", "x": "?"})
    assert [each["field"] for each in columns] == ["", "", "sku"]
