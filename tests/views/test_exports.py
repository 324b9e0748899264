"""Every list as a file, as its page filters and sorts it, for whom the page is open."""

import weakref
from dataclasses import replace

import pytest
from sqlalchemy import event

from tests.factories import (
    Api,
    make_attempt,
    make_cause,
    make_failing,
    make_product,
    make_sale,
    make_token,
    open_shop,
    sign_in,
    work_off,
)
from tests.support.imported_tables import taken
from tests.support.incoming_notes import a_file, take_in
from tests.support.processed_sales import counted
from tests.support.spreadsheets import rows_of
from webapp.demo.load import load_demo
from webapp.http import lists
from webapp.listings import LISTINGS
from webapp.platform.clock import utc_now
from webapp.sale_pages.export import SALES
from webapp.sales.models import Sale

CSV, XLSX = ("csv", "xlsx")


def export(client, address: str):
    return rows_of(client.get(f"/exports/{address}", buffered=True))


def a_batch_a_count_and_an_import(app):
    client = app.test_client()
    sign_in(client, "admin")
    client.post("/counts", data={"scope": "all"})
    every = {"what": "price_percent", "price_percent": "5", "filter": "view=all"}
    client.post("/batches", data=every)
    client.post("/bulk", data={"act": "tag", "tag": "Natal"})
    client.post("/payments/fees", data={"method": "pix", "percent": "1", "fixed": "0"})
    rate = {"state": "SP", "valid_from": "2027-01-01", "icms": "17", "fcp": "0"}
    client.post("/tax-rates", data=rate)
    client.post("/tax-choices/categories", data={"category": "Perfumaria", "profile": "livros"})
    take_in(a_file())
    strange = "Data;Referência externa;ID da transação;Valor bruto\n29/11/2026;NINGUEM;1;5,00\n"
    taken(Api(app.test_client(), make_token("manager")), strange, kind="statement")


def test_every_list_can_be_had_in_both_forms_and_languages(app, db):
    load_demo()
    work_off()
    a_batch_a_count_and_an_import(app)
    make_attempt(utc_now())
    make_failing(make_cause())
    db.session.commit()
    headers = {}
    for locale in ("en", "pt_BR"):
        client = app.test_client()
        sign_in(client, "admin", locale=locale)
        for listing in LISTINGS:
            if not listing.has_page:
                continue
            plain = export(client, f"{listing.name}.csv")
            assert export(client, f"{listing.name}.xlsx")[0] == plain[0]
            assert {len(row) for row in plain} == {len(listing.cells)}, listing.name
            headers[listing.name, locale] = plain[0]
            if not listing.name.startswith(
                ("agent-", "commissions", "royalties", "incoming", "payment-notices", "duplicates")
            ):
                assert len(plain) > 1, listing.name
    same = [name for name, locale in headers if headers[name, "en"] == headers[name, "pt_BR"]]
    assert same == []
    of_products = headers["batches", "pt_BR"][3:7]
    assert of_products == ["Produtos", "Alterados", "Deixados como estão", "Desfeitos"]
    assert headers["imports", "pt_BR"][3:7] == ["Linhas", "Aceitas", "Já estão aqui", "Recusadas"]
    assert headers["bulk-acts", "pt_BR"][2:5] == ["Pedidos", "Feitos", "Recusados"]
    assert headers["counts", "pt_BR"][6:] == ["Lançada por", "Lançada em"]


def test_numbers_are_numbers_and_codes_stay_whole(client, db):
    sign_in(client, locale="pt_BR")
    make_product(sku="000123", name="=HYPERLINK(1)", price="1234.50", stock=7)
    (label, *_rest), plain = export(client, "products.csv")
    assert label == "SKU" and plain[:2] == ["'000123", "'=HYPERLINK(1)"]
    assert "1234,50" in plain and "7" in plain
    _header, cells = export(client, "products.xlsx")
    assert cells[:2] == ["000123", "=HYPERLINK(1)"] and 1234.5 in cells and 7 in cells


@pytest.mark.parametrize("ending", [CSV, XLSX])
def test_the_filter_and_the_order_of_the_page_hold(client, db, ending):
    sign_in(client)
    for name, price in (("Alpha", "30.00"), ("Beta", "10.00"), ("Alpha two", "20.00")):
        make_product(name=name, price=price)
    found = export(client, f"products.{ending}?q=alpha&sort=price")
    assert [row[1] for row in found[1:]] == ["Alpha two", "Alpha"]
    found = export(client, f"products.{ending}?sort=-price&kind=book")
    assert len(found) == 1


def test_who_may_not_open_the_page_may_not_have_the_file(client, db):
    sign_in(client)
    assert client.get("/exports/audit.csv").status_code == 403
    assert client.get("/exports/commissions.xlsx").status_code == 403
    assert client.get("/exports/none.csv").status_code == 404
    assert client.get("/exports/products.pdf").status_code == 404
    assert client.get("/exports/products.csv?kind=none").status_code == 422
    assert client.get("/exports/products.csv?sort=none").status_code == 422


def test_a_persons_document_is_masked_as_on_the_page(client, db):
    make_sale()
    for role, shown in (("clerk", "•••.444.777-••"), ("reviewer", "111.444.777-35")):
        sign_in(client, role)
        for name in ("sales", "customers"):
            assert shown in export(client, f"{name}.xlsx")[1]


def test_a_file_costs_the_same_for_each_slice_and_keeps_no_row(app, client, db, monkeypatch):
    alive: list[int] = []
    loaded: list[weakref.ref[Sale]] = []

    def note(sale, _context):
        loaded.append(weakref.ref(sale))

    def gather(rows):
        alive.append(sum(each() is not None for each in loaded))
        return SALES.gather(rows)

    watched = app.extensions["listings"] | {"sales": replace(SALES, gather=gather)}
    monkeypatch.setitem(app.extensions, "listings", watched)
    monkeypatch.setattr(lists, "ROWS_AT_ONCE", 4)
    sign_in(client)
    sku, asked = make_product().sku, []
    for _more in range(3):
        for _one in range(4):
            make_sale(sku=sku)
        db.session.remove()
        event.listen(Sale, "load", note)
        with counted() as said:
            export(client, "sales.csv")
        event.remove(Sale, "load", note)
        asked.append(len(said))
    # Those of a slice, and of the one before.
    assert len(loaded) == 4 + 8 + 12 and 4 <= max(alive) <= 8
    assert asked[2] - asked[1] == asked[1] - asked[0] > 0


def test_the_movements_of_one_product_are_a_file_too(client, db):
    sign_in(client)
    product, other = make_product(stock=7), make_product(stock=9)
    address = f"/exports/stock-movements.csv?product={product.id}"
    assert address in client.get(f"/products/{product.id}").text
    [_header, line] = rows_of(client.get(address, buffered=True))
    assert line[1:4] == ["7", "7", "first stock"]
    assert client.get("/exports/stock-movements.csv").status_code == 422
    assert client.get(f"/exports/stock-movements.csv?product={other.id + 9}").status_code == 404


def test_the_rows_of_one_record_are_a_file_as_its_page_has_them(client, db):
    sign_in(client)
    book = make_product(sku="LV-1", name="Alpha", stock=7, cost="2.00", price="10.00")
    customer = make_sale(sku=book.sku, quantity=2).customer
    client.post("/counts", data={"scope": "all"})
    counted = "/exports/count-lines.csv?count=1"
    client.post("/counts/1/entries", data={"code": "LV-1", "counted": "4"})
    assert counted in client.get("/counts/1").text
    # Who counts is not told what should be there.
    assert export(client, "count-lines.csv?count=1")[1][:6] == ["LV-1", "Alpha", "4", "", "", ""]
    client.post("/counts/1/review")
    # What orders have reserved is on the shelf.
    lines = export(client, "count-lines.csv?count=1")
    assert lines[1][2:6] == ["4", "7", "-3", "-6.00"]
    raised = {"what": "price_percent", "price_percent": "5", "filter": "view=all"}
    client.post("/batches", data=raised)
    assert "batch-rows.csv?batch=1&amp;rows=changes" in client.get("/batches/1?rows=changes").text
    assert export(client, "batch-rows.csv?batch=1&rows=changes")[1][:5] == [
        *("LV-1", "Alpha", "10.00", "10.50", "2.00")
    ]
    assert len(export(client, "batch-rows.csv?batch=1&rows=same")) == 1
    assert len(export(client, f"customer-sales.csv?customer={customer.id}")) == 2
    client.post("/bulk", data={"act": "tag", "tag": "Natal"})
    assert "bulk-rows.csv?bulk=1&amp;rows=done" in client.get("/bulk/1?rows=done").text
    work_off()
    assert export(client, "bulk-rows.csv?bulk=1&rows=done")[1][1:] == ["", "Done", ""]
    for name in ("count-lines", "batch-rows", "import-rows", "customer-sales", "bulk-rows"):
        assert client.get(f"/exports/{name}.csv").status_code == 422, name


def test_what_befell_one_membership_is_a_file(client, db):
    sign_in(client)
    open_shop()
    make_sale(sku=make_product(kind="membership", plan="gold").sku, reference="A-1")
    work_off()
    assert "membership-changes.csv?membership=1" in client.get("/memberships/1").text
    [_header, line] = export(client, "membership-changes.csv?membership=1")
    assert line[1:4] == ["Activated", "gold", "Active"] and line[-1] == ""
    assert client.get("/exports/membership-changes.csv?membership=9").status_code == 404


def test_an_import_is_a_file_for_whom_it_may_be_read(client, db):
    sign_in(client, "manager")
    pasted = "sku\tname\tkind\tprice\nLV-1\tAlpha\tgoods\t10.00\nLV-2\t\tgoods\t10.00"
    client.post("/imports", data={"kind": "products", "pasted": pasted})
    take_in(a_file())
    work_off()
    assert [row[1] for row in export(client, "imports.csv")[1:]] == ["NF-e", "Products"]
    lines = export(client, "import-rows.csv?import_id=1")
    assert [row[0::2][:2] for row in lines[1:]] == [["2", "Accepted"], ["3", "Refused"]]
    assert len(export(client, "import-rows.csv?import_id=1&outcome=refused")) == 2
    sign_in(client)
    assert len(export(client, "imports.csv")) == 2
    assert client.get("/exports/import-rows.csv?import_id=2").status_code == 403


def test_what_is_to_be_reordered_is_a_file_by_supplier(client, db):
    sign_in(client)
    for name, supplier in (("Alpha", "Norte"), ("Beta", "Sul")):
        make_product(name=name, supplier=supplier, stock=1, low_stock=5, cost="2.00")
    assert "/exports/reorder.csv?supplier=Sul" in client.get("/products/reorder?supplier=Sul").text
    [_header, line] = export(client, "reorder.csv?supplier=Sul")
    assert line[1] == "Beta" and line[4:] == ["1", "5", "0", "", "5", "2.00", "10.00"]


def test_a_search_for_a_person_stands_sealed_in_the_address_of_the_file(client, db):
    sign_in(client)
    page = client.get("/customers?q=jose@example.com", follow_redirects=True).text
    assert "/exports/customers.csv?q=~" in page and "?q=jose" not in page


def test_programs_have_the_same_files(client, db):
    make_product(name="Alpha")
    make_product(name="Beta")
    calls = Api(client, make_token())
    found = rows_of(calls.get("/exports/products.csv?q=alpha"))
    assert [row[1] for row in found[1:]] == ["Alpha"]
    assert len(rows_of(calls.get("/exports/products.xlsx"))) == 3
    assert calls.get("/exports/audit.csv").status_code == 403
    refused = calls.get("/exports/products.csv?channel=site")
    assert refused.status_code == 422 and refused.json["errors"][0]["field"] == "channel"
