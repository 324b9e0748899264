"""What a sale tells for its NF-e beside buyer and goods: entered, kept, changed, mended, and
refused at the field."""

import html
import re
from decimal import Decimal

import pytest
from flask_babel import force_locale
from lxml import etree

from tests.factories import (
    api,
    make_product,
    make_sale,
    make_token,
    open_shop,
    sale_body,
    sign_in,
    work_off,
)
from tests.sales.test_form import TYPED, plain, value
from tests.support.invoices import in_review
from tests.support.partners import make_partners
from webapp.audit.history import tell
from webapp.audit.models import AuditEntry
from webapp.customers.models import Customer, Taxpayer
from webapp.fiscal.document import build
from webapp.fiscal.xml import NAMESPACE
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.http.forms import parse
from webapp.invoices.composition import note_of
from webapp.invoices.models import Invoice
from webapp.platform.errors import Invalid
from webapp.processing.attention import resume
from webapp.sale_pages.told_details import in_one_line
from webapp.sales.forms import SaleIn, TypedSaleIn
from webapp.sales.idempotency import CallKey
from webapp.sales.models import Sale
from webapp.store.models import Partner
from webapp.store.queries import the_shop
from webapp.taxation.book import the_tax_book

COMPANY = {"name": "Livraria Horizonte Ltda", "document": "7K.2M9.QX4/0001-08"}
REGISTERED = {
    "zip_code": "80030-000",
    "state": "PR",
    "city": "Curitiba",
    "neighborhood": "Alto da Glória",
    "street": "Avenida João Gualberto",
    "number": "1020",
}
CARD = {
    "method": "credit_card",
    "amount": "60.00",
    "date": "2026-11-19",
    "acquirer": "cielo",
    "brand": "elo",
    "authorization": "A12345",
    "installments": 3,
}
PIX = {"method": "pix", "amount": "40.00", "pix": "static"}
ALL = {
    "payments": [CARD, PIX],
    "buyer_use": "own",
    "billing_address": REGISTERED,
    "channel": "marketplace",
    "marketplace": {"code": "feira", "order": "2000001234567"},
    "carrier": "andorinha",
    "freight_by": "buyer",
    "packages": [{"quantity": 2, "kind": "CAIXA", "net_weight_g": 450, "gross_weight_g": 700}],
    "bills": [{"due": "2026-12-20", "amount": "60.00"}],
}


@pytest.fixture
def calls(client, db):
    """Ten books of 10.00 are to be had, and the shop knows an acquirer, a marketplace and a
    carrier."""
    make_product(sku="BOOK-1", price="10.00")
    make_partners()
    return api(client, make_token())


def body(**changes) -> dict:
    """A sale of 100.00 to a company, told in full."""
    whole = sale_body(quantity=10, customer=COMPANY, paid=False) | ALL | changes
    whole.pop("payment_method", None)
    return whole


def errors_of(answer) -> dict[str, str]:
    assert answer.status_code == 422, answer.json
    return {error["field"]: error["message"] for error in answer.json["errors"]}


@pytest.mark.both_databases
def test_a_sale_tells_all_of_it_and_answers_so(calls):
    answer = calls.post("/sales", body())
    assert answer.status_code == 201, answer.json
    told = answer.json
    assert told["payments"] == [
        CARD | {"pix": None},
        {
            "method": "pix",
            "amount": "40.00",
            "date": None,
            "acquirer": None,
            "brand": None,
            "authorization": "",
            "installments": None,
            "pix": "static",
        },
    ]
    assert told["payment_method"] == "credit_card"
    assert told["marketplace"] == {"code": "feira", "order": "2000001234567"}
    assert told["carrier"] == "Transportadora Andorinha"
    assert told["billing_address"]["ibge"] == "4106902"
    assert [told[name] for name in ("buyer_use", "freight_by", "packages", "bills")] == [
        ALL[name] for name in ("buyer_use", "freight_by", "packages", "bills")
    ]
    assert calls.get(f"/sales/{told['id']}").json["payments"] == told["payments"]


def test_all_of_it_may_be_left_out_and_one_plain_payment_is_none(calls, db):
    plain_body = sale_body(quantity=10, paid=False)
    answer = calls.post("/sales", plain_body).json
    assert answer["payments"] == answer["packages"] == answer["bills"] == []
    assert [answer[name] for name in ("buyer_use", "marketplace", "freight_by")] == [None] * 3
    one = {"payments": [{"method": "boleto", "amount": "100.00"}]}
    named = plain_body | one | {"payment_method": "boleto"}
    assert calls.post("/sales", named).json["payment_method"] == "boleto"
    assert db.session.scalars(db.select(Sale.invoice_details)).all() == [None, None]


def test_the_key_of_a_body_without_it_is_what_it_was(calls):
    """A checkout that repeats its call across the upgrade finds its sale."""
    dumped = parse(SaleIn, sale_body()).model_dump(mode="json")
    assert set(dumped) == {
        *("reference", "paid", "payment_method", "agent", "channel", "freight", "discount"),
        *("customer", "address", "lines"),
    }
    told = CallKey.of("a", "k", parse(SaleIn, body()))
    assert told.body_hash != CallKey.of("a", "k", parse(SaleIn, sale_body())).body_hash


def test_a_checkout_may_name_the_channel_alone_where_a_person_is_asked(calls, db):
    alone = {"channel": "marketplace", "marketplace": None}
    assert calls.post("/sales", {**body(), **alone}).status_code == 201
    with pytest.raises(Invalid) as refused:
        parse(TypedSaleIn, sale_body() | alone)
    assert [error.field for error in refused.value.errors] == ["marketplace.code"]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"payments": [CARD]}, "payments", "come to R$60.00; the order's total is R$100.00"),
        ({"payments": [PIX | {"amount": "0.40"}] * 101}, "payments", "At most 100 entries"),
        ({"payments": [PIX | {"amount": "-1.00"}]}, "payments.0.amount", "cannot be negative"),
        ({"payments": [PIX | {"amount": "0.00"}]}, "payments.0.amount", "above zero"),
        ({"payments": [CARD | {"acquirer": "nobody"}, PIX]}, "payments.0.acquirer", "knows none"),
        ({"payments": [CARD | {"brand": "gold"}, PIX]}, "payments.0.brand", "Choose one of"),
        ({"payments": [CARD, PIX | {"brand": "elo"}]}, "payments.1.brand", "Only a card"),
        ({"payments": [CARD, PIX | {"acquirer": "cielo"}]}, "payments.1.acquirer", "no acquirer"),
        ({"payments": [CARD | {"pix": "dynamic"}, PIX]}, "payments.0.pix", "Only a Pix"),
        ({"payments": [CARD | {"date": "19/11/2026"}]}, "payments.0.date", "Write a day"),
        ({"payments": [CARD | {"installments": 0}]}, "payments.0.installments", "At least 1"),
        ({"payment_method": "boleto"}, "payment_method", "None of the payments"),
        ({"payments": []}, "payment_method", "Fill this in"),
        ({"marketplace": {"code": "bazar"}}, "marketplace.code", "knows none"),
        ({"carrier": "cielo"}, "carrier", "knows none"),
        ({"freight_by": "nobody"}, "freight_by", "Choose one of"),
        ({"packages": [{"quantity": 0}]}, "packages.0.quantity", "At least 1"),
        (
            {"packages": [{"quantity": 1, "net_weight_g": 2, "gross_weight_g": 1}]},
            "packages.0.gross_weight_g",
            "no less",
        ),
        ({"bills": [{"due": "2026-12-20", "amount": "100.01"}]}, "bills", "more than the order's"),
        (
            {"bills": [{"due": "2026-12-20", "amount": "1.00"}] * 2},
            "bills.1.due",
            "later than the one before",
        ),
        ({"billing_address": REGISTERED | {"number": ""}}, "billing_address.number", "Fill"),
        ({"billing_address": REGISTERED | {"state": "SC"}}, "billing_address.city", "no such city"),
        ({"billing_address": REGISTERED | {"country": "PT"}}, "billing_address.country", "BR"),
        ({"payments": [CARD | {"tip": "1"}, PIX]}, "payments.0.tip", "no field of this name"),
    ],
)
def test_what_is_wrong_is_refused_at_its_field(calls, db, changes, field, words):
    errors = errors_of(calls.post("/sales", {**body(), **changes}))
    assert words in errors[field], errors
    assert db.session.scalar(db.select(db.func.count(Sale.id))) == 0


@pytest.mark.parametrize(
    ("name", "field"),
    [("billing_address", "billing_address.zip_code"), ("buyer_use", "buyer_use")],
)
def test_a_person_has_no_registered_address_and_does_not_sell_again(calls, name, field):
    told = {name: REGISTERED if name == "billing_address" else "resale"}
    errors = errors_of(calls.post("/sales", sale_body(quantity=10) | told))
    assert "Only a company" in errors[field]


# -- changed --------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_patch_changes_one_part_and_leaves_the_others(calls, db):
    sale_id = calls.post("/sales", body()).json["id"]
    told = calls.patch(f"/sales/{sale_id}", {"freight_by": "shop"}).json
    assert (told["freight_by"], told["payments"][0]["brand"]) == ("shop", "elo")
    told = calls.patch(f"/sales/{sale_id}", {"billing_address": {"number": "7"}}).json
    assert (told["billing_address"]["number"], told["billing_address"]["state"]) == ("7", "PR")
    told = calls.patch(f"/sales/{sale_id}", {"billing_address": None, "bills": []}).json
    assert (told["billing_address"], told["bills"]) == (None, [])
    # One way of paying takes back the other, both ways.
    told = calls.patch(f"/sales/{sale_id}", {"payment_method": "boleto"}).json
    assert (told["payment_method"], told["payments"]) == ("boleto", [])
    both = [CARD | {"amount": "30.00"}, PIX | {"amount": "70.00"}]
    told = calls.patch(f"/sales/{sale_id}", {"payments": both}).json
    assert told["payment_method"] == "pix"


def test_a_patch_that_changes_the_total_is_asked_for_the_payments(calls):
    sale_id = calls.post("/sales", body()).json["id"]
    fewer = {"lines": [{"sku": "BOOK-1", "quantity": 9}]}
    assert "payments" in errors_of(calls.patch(f"/sales/{sale_id}", fewer))
    both = {"payments": [CARD, PIX | {"amount": "30.00"}]}
    assert calls.patch(f"/sales/{sale_id}", fewer | both).status_code == 200


def test_the_audit_tells_it_in_words(calls, db):
    sale_id = calls.post("/sales", body()).json["id"]
    calls.patch(f"/sales/{sale_id}", {"marketplace": {"code": "feira", "order": "7"}})
    changes = db.select(AuditEntry).where(
        AuditEntry.subject == "sales", AuditEntry.action == "changed"
    )
    [entry] = [row for row in db.session.scalars(changes) if "invoice_details" in row.after]
    with force_locale("en"):
        words = in_one_line(entry.after["invoice_details"]).replace("\xa0", "")
    assert "Marketplace: Feira Livre · 7" in words
    assert "Credit card R$60.00 · 3× · Elo · Cielo S.A. · A12345" in words
    assert tell([entry])


# -- on the NF-e ----------------------------------------------------------------------------------


def texts_of(sale: Sale) -> dict[str, list[str]]:
    document = build(note_of(sale, the_shop()), the_tax_book())
    found: dict[str, list[str]] = {}
    for element in document.iter(f"{{{NAMESPACE}}}*"):
        if element.text:
            found.setdefault(etree.QName(element).localname, []).append(element.text)
    return found


def test_it_stands_on_the_nfe(calls, db):
    open_shop()
    there = body()["address"] | {"state": "SP"}
    sale_id = calls.post("/sales", body(address=there)).json["id"]
    written = texts_of(db.session.get_one(Sale, sale_id))
    assert (written["tPag"], written["vPag"]) == (["03", "20"], ["60.00", "40.00"])
    assert (written["tpIntegra"], written["tBand"], written["cAut"]) == (["1"], ["06"], ["A12345"])
    assert written["idCadIntTran"] == ["piconevado-oficial"]
    assert written["modFrete"] == ["1"]
    assert written["xPed"] == ["2000001234567"]
    assert (written["qVol"], written["pesoB"]) == (["2"], ["0.700"])
    assert (written["dVenc"], written["vDup"]) == (["2026-12-20"], ["60.00"])
    # The company's own address, and then the delivery's.
    assert written["UF"][1:3] == ["PR", "SP"]


def test_a_part_that_is_no_goods_and_a_refund_are_paid_by_all_payments_alike(calls, db):
    open_shop()
    make_product(sku="SHOW", price="50.00", kind="streaming", stock=None)
    lines = [{"sku": "BOOK-1", "quantity": 10}, {"sku": "SHOW", "quantity": 1}]
    payments = [CARD | {"amount": "90.00"}, PIX | {"amount": "60.00"}]
    sale_id = calls.post("/sales", body(lines=lines, payments=payments)).json["id"]
    sale = db.session.get_one(Sale, sale_id)
    assert texts_of(sale)["vPag"] == ["60.00", "40.00"]
    assert texts_of(sale)["vDup"] == ["40.00"]
    sale.lines[0].refunded = 1
    assert texts_of(sale)["vPag"] == ["54.00", "36.00"]
    assert sum(map(Decimal, texts_of(sale)["vPag"])) == Decimal(texts_of(sale)["vNF"][0])


def test_who_packs_it_says_in_how_many_volumes_until_the_nfe_is_out(db):
    open_shop()
    packed = make_sale()
    told = make_sale(packages=[{"quantity": 3, "kind": "CAIXA"}])
    work_off()
    slips = {slip.sale_id: slip for slip in db.session.scalars(db.select(PackingSlip))}
    assert [slips[sale.id].volumes for sale in (packed, told)] == [1, 3]
    slips[told.id].describe(2, "")
    assert db.session.get_one(Sale, told.id).volumes == 3
    waiting = make_sale(paid=False)
    waiting.pack_into(4)
    assert texts_of(waiting)["qVol"] == ["4"]


def test_a_sale_is_found_by_the_marketplace_s_number(calls, db):
    sale_id = calls.post("/sales", body()).json["id"]
    found = calls.get("/sales?q=2000001234567").json["items"]
    assert [row["id"] for row in found] == [sale_id]
    calls.patch(f"/sales/{sale_id}", {"marketplace": {"order": "777"}})
    assert [row["id"] for row in calls.get("/sales?q=777").json["items"]] == [sale_id]


# -- the form -------------------------------------------------------------------------------------


@pytest.fixture
def clerk(client, db):
    sign_in(client)
    make_product(sku="A", price="10.00")
    make_partners()
    return client


PAID = {
    "payments.0.method": "credit_card",
    "payments.0.amount": "12.00",
    "payments.0.acquirer": "cielo",
    "payments.0.authorization": "99",
    "payments.2.method": "pix",
    "payments.2.amount": "8.00",
}


def is_open(page: str) -> bool:
    return re.search(r'id="invoice-details"\s+open', page) is not None


def test_the_details_of_a_new_order_are_closed_and_open_once_one_is_filled(clerk):
    page = clerk.get("/sales/new").text
    assert not is_open(page) and value(page, "payments.0.amount") == ""
    assert is_open(clerk.post("/sales/draft", data=TYPED | PAID | {"do": "go_on"}).text)


def test_a_row_more_keeps_what_is_typed(clerk):
    page = clerk.post("/sales/draft", data=TYPED | PAID | {"do": "add_row:payments"}).text
    assert value(page, "payments.1.amount") == "8.00"
    assert value(page, "payments.2.amount") == ""
    assert is_open(clerk.post("/sales/draft", data=TYPED | {"do": "add_row:bills"}).text)


def test_an_order_is_entered_with_its_payments_and_edited(clerk, db):
    assert clerk.post("/sales", data=TYPED | PAID).status_code == 303
    sale = db.session.scalars(db.select(Sale)).one()
    assert [row["amount"] for row in sale.invoice_details["payments"]] == ["12.00", "8.00"]
    page = clerk.get(f"/sales/{sale.id}/edit").text
    assert is_open(page) and value(page, "payments.1.amount") == "8.00"
    shown = clerk.get(f"/sales/{sale.id}").text
    assert "Credit card R$12.00 · Cielo S.A. · 99" in plain(shown)


def test_what_is_wrong_is_shown_beside_its_field_in_the_open_details(clerk, db):
    wrong = PAID | {"payments.2.amount": "7.00"}
    answer = clerk.post("/sales", data=TYPED | wrong)
    assert answer.status_code == 422 and is_open(answer.text)
    words = "The payments come to R$19.00; the order's total is R$20.00."
    assert words in html.unescape(plain(answer.text))
    answer = clerk.post("/sales", data=TYPED | {"payments.5.method": "pix"})
    assert re.search(r'id="f-payments-0-amount-error"', answer.text)
    assert db.session.scalars(db.select(Sale)).all() == []


def test_two_who_change_payments_at_once_see_each_other(clerk, db):
    clerk.post("/sales", data=TYPED | PAID)
    sale = db.session.scalars(db.select(Sale)).one()
    page = clerk.get(f"/sales/{sale.id}/edit").text
    begun = {name: value(page, name) for name in ("version", "begun")}
    others = PAID | {"payments.0.amount": "5.00", "payments.2.amount": "15.00"}
    assert clerk.post(f"/sales/{sale.id}/edit", data=TYPED | others | begun).status_code == 303
    mine = PAID | {"payments.0.amount": "6.00", "payments.2.amount": "14.00"}
    answer = clerk.post(f"/sales/{sale.id}/edit", data=TYPED | mine | begun)
    assert answer.status_code == 422 and "5.00" in plain(answer.text)


# -- mended before the NF-e goes out --------------------------------------------------------------


def waiting_company(db) -> Sale:
    """A company registered in Paraná whose goods go to São Paulo: its IE is not one of SP (210)."""
    open_shop()
    sale = make_sale(sku="BOOK-1", quantity=10, customer=COMPANY)
    customer = db.session.get_one(Customer, sale.customer_id)
    customer.taxpayer, customer.state_registration = Taxpayer.CONTRIBUTOR, "1234567850"
    sale.customer_taxpayer, sale.customer_state_registration = Taxpayer.CONTRIBUTOR, "1234567850"
    db.session.commit()
    work_off()
    db.session.expire_all()
    sale = db.session.get_one(Sale, sale.id)
    assert (sale.status, sale.reason_params["code"]) == ("attention", "210")
    return sale


def test_a_registration_of_another_state_is_mended_with_the_registered_address(client, db):
    make_product(sku="BOOK-1", price="10.00")
    sale_id = waiting_company(db).id
    sign_in(client)
    typed = {f"billing_address.{part}": text for part, text in REGISTERED.items()}
    page = client.get(f"/sales/{sale_id}/invoice-details").text
    begun = {name: value(page, name) for name in ("version", "begun")}
    answer = client.post(f"/sales/{sale_id}/invoice-details", data=typed | begun)
    assert answer.status_code == 303
    work_off()
    db.session.expire_all()
    assert db.session.get_one(Sale, sale_id).status == "invoiced"
    xml = db.session.scalars(db.select(Invoice)).one().signed_xml
    written = etree.fromstring(xml)
    assert written.findtext(f".//{{{NAMESPACE}}}enderDest/{{{NAMESPACE}}}UF") == "PR"
    assert written.findtext(f".//{{{NAMESPACE}}}entrega/{{{NAMESPACE}}}UF") == "SP"
    assert client.post(f"/sales/{sale_id}/invoice-details", data=typed).status_code == 422


def test_a_program_mends_it_alike_and_not_once_the_nfe_is_out(calls, db):
    sale_id = waiting_company(db).id
    path = f"/sales/{sale_id}/invoice-details"
    assert "billing_address.zip_code" in errors_of(
        calls.patch(path, {"billing_address": {"street": "Rua A"}})
    )
    assert calls.patch(path, {"billing_address": REGISTERED}).json["status"] == "invoice"
    work_off()
    assert calls.patch(path, {"freight_by": "shop"}).status_code == 409


def test_a_returned_payment_is_mended_where_the_order_leads(client, db):
    sale_id = in_review(lines=[{"sku": make_product(price="10.00").sku, "quantity": 10}]).sale_id
    reviewer = api(client, make_token("reviewer"))
    invoice = db.session.scalars(db.select(Invoice)).one()
    returned = {"code": "payment", "comment": "paid by boleto"}
    assert reviewer.post(f"/invoices/{invoice.id}/rejection", returned).status_code == 200
    sign_in(client)
    assert f'href="/sales/{sale_id}/invoice-details"' in client.get(f"/sales/{sale_id}").text
    page = client.get(f"/sales/{sale_id}/invoice-details").text
    typed = {"payments.0.method": "boleto", "payments.0.amount": "100.00"}
    begun = {name: value(page, name) for name in ("version", "begun")}
    path = f"/sales/{sale_id}/invoice-details"
    assert client.post(path, data=typed | begun).status_code == 303
    db.session.expire_all()
    sale = db.session.get_one(Sale, sale_id)
    assert (sale.status, sale.payment_method, sale.invoice_details) == ("invoice", "boleto", None)


def test_a_company_mended_in_the_settings_is_taken_anew(calls, db):
    open_shop()
    partner = db.session.scalars(db.select(Partner).where(Partner.kind == "carrier")).one()
    partner.cnpj = "99777666000119"
    db.session.commit()
    sale_id = calls.post("/sales", body(paid=True)).json["id"]
    work_off()
    db.session.expire_all()
    assert db.session.get_one(Sale, sale_id).reason_params["code"] == "542"
    partner.cnpj = "99777666000118"
    db.session.commit()
    resume(db.session.get_one(Sale, sale_id))
    db.session.commit()
    work_off()
    db.session.expire_all()
    assert db.session.get_one(Sale, sale_id).status == "invoiced"
