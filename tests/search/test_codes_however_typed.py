"""A code is found however somebody typed, pasted or scanned it, and stands first in its list."""

import re

import pytest
from sqlalchemy import select

from tests.factories import (
    api,
    make_product,
    make_sale,
    make_token,
    open_shop,
    sign_in,
    work_off,
)
from webapp.invoices.models import Invoice
from webapp.platform.codes import NoteNumber, codes_in
from webapp.platform.documents import with_check_digits
from webapp.sales.models import Sale

KEY = "352611" + "12ABC34501DE35" + "55" + "001" + "000001234" + "1" + "12345678" + "0"


@pytest.mark.parametrize(
    "written",
    [
        KEY,
        KEY.lower(),
        f" NFe{KEY}",
        " ".join(KEY[place : place + 4] for place in range(0, 44, 4)),
        f"https://www.nfe.fazenda.gov.br/portal/consulta.aspx?tipo=resumo&nfe={KEY}",
        f"http://www.fazenda.sp.gov.br/qrcode?p={KEY}|2|1|1|A1B2",
    ],
)
def test_an_access_key_is_read_in_whatever_it_stands(written):
    assert codes_in(written).access_key == KEY


@pytest.mark.parametrize(
    ("written", "note"),
    [
        ("1234", NoteNumber(None, 1234, False)),
        ("1.234", NoteNumber(None, 1234, True)),
        ("000.001.234", NoteNumber(None, 1234, True)),
        ("nº 1234", NoteNumber(None, 1234, True)),
        ("N° 1.234", NoteNumber(None, 1234, True)),
        ("NF-e nº 000.001.234", NoteNumber(None, 1234, True)),
        ("nfe 1234", NoteNumber(None, 1234, True)),
        ("1-001234", NoteNumber(1, 1234, True)),
        ("nº 001/000.001.234", NoteNumber(1, 1234, True)),
        ("Série 1 nº 1.234", NoteNumber(1, 1234, True)),
        ("12.34", None),
        ("N1234", None),
        ("novo 12", None),
        ("1234567890", None),
    ],
)
def test_the_number_of_an_nfe_is_read_as_people_write_it(written, note):
    assert codes_in(written).note == note


@pytest.mark.parametrize(
    "written",
    [
        "+55 (11) 98765-4321",
        "5511987654321",
        "0 11 98765-4321",
        "(011) 98765 4321",
        "11 98765.4321",
    ],
)
def test_a_phone_is_read_without_its_country(written):
    assert codes_in(written).phone == "11987654321"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("07891234567895", "7891234567895"),
        ("789 1234 567895", "7891234567895"),
        ("12345678905", "012345678905"),
        ("85-359-0277-5", "9788535902778"),
        ("978-85-359-0277-8", "8535902775"),
        ("080442957X", "9780804429573"),
    ],
)
def test_a_bar_code_is_read_as_any_catalog_keeps_it(client, db, written, kept):
    column = "isbn" if kept.startswith("978") or len(kept) == 10 else "gtin"
    make_product(name="Another", sku="OTHER")
    product = make_product(name="Zulu", **{column: kept})
    sign_in(client)
    listed = client.get("/products", query_string={"q": written}, follow_redirects=True).text
    assert re.findall(r'id="product-(\d+)"', listed) == [str(product.id)]


def ids_listed(client, path: str, q: str, kind: str, **more: str) -> list[int]:
    page = client.get(path, query_string={"q": q} | more, follow_redirects=True)
    return [int(found) for found in re.findall(rf'<tr[^>]*id="{kind}-(\d+)"', page.text)]


def test_every_list_of_orders_is_found_by_the_number_and_key_of_the_nfe(client, db):
    open_shop()
    for reference in ("A-1", "A-2", "1"):
        make_sale(reference=reference)
    work_off()
    note = db.session.scalars(select(Invoice).order_by(Invoice.id)).first()
    sign_in(client, "reviewer")
    for path in ("/sales", "/packing-slips"):
        for written in ("1-000001", "nº 1", "000.001", f"NFe{note.access_key}"):
            assert ids_listed(client, path, written, "sale") == [note.sale_id], (path, written)
        # A number alone is looked for in references too.
        assert note.sale_id in ids_listed(client, path, "1", "sale"), path
    for written in ("1-000001", "nº 1", "000.001", note.access_key, "A-1"):
        assert ids_listed(client, "/invoices", written, "invoice")[0] == note.id, written


@pytest.mark.both_databases
def test_an_order_that_is_called_as_an_nfe_is_found_beside_it(client, db):
    open_shop()
    for reference in ("A-1", "1-000001"):
        make_sale(reference=reference)
    work_off()
    meant = set(db.session.scalars(select(Sale.id).where(Sale.reference.in_(("A-1", "1-000001")))))
    sign_in(client, "reviewer")
    assert set(ids_listed(client, "/sales", "1-000001", "sale")) == meant
    first = client.get(client.get("/walks/sales?q=1-000001").location).text
    assert "1 of 2" in first and "Not in the list any more" not in first


@pytest.mark.both_databases
def test_an_exact_code_stands_first_and_no_row_is_met_twice_or_left_out(client, db, monkeypatch):
    monkeypatch.setattr("webapp.web.listings.Listing.page.__defaults__", (2, False))
    meant = make_product(name="Zebra", sku="CAN")
    others = [make_product(name=f"Caneca {place}", sku=f"X-CAN-{place}") for place in range(4)]
    expected = [meant.id, *(other.id for other in others)]
    sign_in(client)
    address, walked, firsts = "/products?q=can", [], []
    while address:
        page = client.get(address).text
        ids = [int(found) for found in re.findall(r'<tr id="product-(\d+)"', page)]
        walked += ids
        firsts.append(ids)
        following = re.search(r'rel="next"\s+href="([^"]+)"', page)
        address = following and following[1].replace("&amp;", "&")
    assert walked == expected
    back = re.search(r'rel="prev"\s+href="([^"]+)"', page)
    while back:
        page = client.get(back[1].replace("&amp;", "&")).text
        ids = [int(found) for found in re.findall(r'<tr id="product-(\d+)"', page)]
        back = re.search(r'rel="prev"\s+href="([^"]+)"', page)
    assert ids[:2] == [meant.id, others[0].id]
    assert ids_listed(client, "/products", "can", "product", sort="-name")[-1:] != [meant.id]
    monkeypatch.setattr("webapp.sales.queries.OFFERED", 2)
    offered = client.get("/sales/products", query_string={"lines.0.sku": "can"}).text
    assert re.findall(r'value="([^"]+)"', offered) == ["CAN", "X-CAN-0"]


def buyers(*people: tuple[str, str, str]) -> None:
    for place, (name, email, phone) in enumerate(people):
        document = with_check_digits(f"12345670{place}")
        facts = {"name": name, "document": document, "email": email, "phone": phone}
        make_sale(customer=facts)


def test_a_short_list_by_name_begins_with_the_names_that_begin_so(client, db):
    names = ("Mariana Luz", "Ana Torres", "Juliana Reis", "Beatriz Ana")
    buyers(*((name, f"{name[:2]}@example.com", "") for name in names))
    sign_in(client)
    page = client.get("/customers?q=ana").text
    order = sorted(("Mariana", "Ana T", "Juliana", "Beatriz"), key=page.index)
    assert order == ["Ana T", "Beatriz", "Juliana", "Mariana"]


@pytest.mark.parametrize("written", ["ana@example.com", "+55 11 98765-4321", "<ANA@example.com>"])
def test_the_one_who_has_the_address_or_phone_stands_first(client, db, written):
    buyers(("Aaron", "joana@example.com", ""), ("Zilda", "ana@example.com", "11987654321"))
    sign_in(client)
    page = client.get("/customers", query_string={"q": written}, follow_redirects=True).text
    assert "Zilda" in page
    assert "Aaron" not in page or page.index("Zilda") < page.index("Aaron")


def test_programs_find_by_role_the_best_first(client, db):
    open_shop()
    sale = make_sale(reference="WEB-77")
    make_sale(reference="WEB-771")
    product = make_product(name="José's guide", gtin="7891234567895")
    work_off()
    found = api(client, make_token()).get("/search?q=web77").json["items"]
    assert [(hit["kind"], hit["title"]) for hit in found[:2]] == [
        ("sale", "WEB-77"),
        ("sale", "WEB-771"),
    ]
    assert found[0]["url"] == f"/sales/{sale.id}" and found[0]["id"] == sale.id
    scanned = api(client, make_token()).get("/search?q=07891234567895").json["items"]
    assert [(hit["kind"], hit["id"]) for hit in scanned] == [("product", product.id)]
    customer = api(client, make_token()).get("/search?q=111.444.777-35").json["items"][0]
    assert (customer["kind"], customer["title"]) == ("customer", "José da Conceição")
    assert "111.444.777-35" not in str(customer)
    accountant = api(client, make_token(role="accountant"))
    kinds = {hit["kind"] for hit in accountant.get("/search?q=conceicao").json["items"]}
    assert kinds == {"sale", "invoice"}
    assert accountant.get("/search?q=").json == {"items": []}
