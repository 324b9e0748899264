"""A sale whose note cannot be right yet waits, and goes on by itself once it can be."""

import datetime as dt
from decimal import Decimal
from io import BytesIO

import pytest

from tests.factories import (
    api,
    make_product,
    make_sale,
    make_token,
    open_shop,
    sign_in,
    work_off,
)
from webapp.catalog.models import Product
from webapp.fiscal.calendar import BUILT_IN, P_CBS
from webapp.invoices.queries import invoice_of
from webapp.platform.database import db as database
from webapp.processing.sweeping import sweep_once
from webapp.processing.tax_holds import let_go_on
from webapp.sales.models import Sale, Status
from webapp.store.queries import the_shop
from webapp.taxation.book import tax_book_changed
from webapp.taxation.forms import CategoryChoiceIn, NcmIn, StateRateIn, TaxProfileIn
from webapp.taxation.models import TaxProfileVersion
from webapp.taxation.official import take_ncm
from webapp.taxation.profile_edits import choose_for_category, write_version
from webapp.taxation.queries import issuer_today
from webapp.taxation.value_edits import write_rate

NCM = "42029200"
FACTS = {
    "code": "mugs",
    "name": "Canecas",
    "pis_cofins": "49",
    "ibs_cbs": "000",
    "ibs_cbs_class": "000001",
}


@pytest.fixture
def held(db):
    """A sale of a product whose profile says nothing of the shop's regime."""
    open_shop()
    the_shop().crt = "1"
    db.session.commit()
    write_version(TaxProfileIn(valid_from=issuer_today(), icms="102", **FACTS), None)
    sku = make_product(tax_profile="mugs").sku
    db.session.execute(db.delete(TaxProfileVersion).where(TaxProfileVersion.code == "mugs"))
    tax_book_changed()
    db.session.commit()
    sale = make_sale(sku=sku)
    work_off()
    assert status(db, sale.id) == (Status.ATTENTION, "lines.*.tax_profile")
    return sale


def status(db, sale_id: int) -> tuple[Status, str | None]:
    db.session.expire_all()
    sale = db.session.get(Sale, sale_id)
    return sale.status, sale.reason_field


@pytest.mark.both_databases
def test_it_goes_on_by_itself_once_the_profile_is_written(db, held):
    write_version(TaxProfileIn(valid_from=issuer_today(), icms="102", **FACTS), None)
    db.session.commit()

    sweep_once()
    work_off()
    assert status(db, held.id) == (Status.INVOICED, None)


def test_it_is_tried_once_for_each_change_of_the_book(db, held):
    rate = {"state": "AL", "icms": Decimal("20.50")}
    assert let_go_on() == 0
    write_rate(StateRateIn(valid_from=issuer_today(), **rate), None)
    db.session.commit()

    assert let_go_on() == 1
    work_off()
    assert status(db, held.id) == (Status.ATTENTION, "lines.*.tax_profile")
    assert let_go_on() == 0


def held_for_product(db, **facts) -> tuple[Sale, Product]:
    """A sale of a product that came to have `facts` which no check lets through."""
    open_shop()
    product = make_product()
    for name, value in facts.items():
        setattr(product, name, value)
    sale = make_sale(sku=product.sku)
    work_off()
    assert status(db, sale.id) == (Status.ATTENTION, f"lines.*.product.{[*facts][0]}")
    return sale, db.session.get(Product, product.id)


def test_what_the_book_does_not_decide_is_left_to_people(db):
    held_for_product(db, gtin="7891234567890")
    write_rate(StateRateIn(state="AL", valid_from=dt.date(2027, 1, 1), icms=Decimal("20.50")), None)
    db.session.commit()

    assert let_go_on() == 0


@pytest.mark.both_databases
def test_it_goes_on_once_its_product_is_mended(db):
    sale, product = held_for_product(db, ncm="", gtin="7891234567890")
    product.name = "Another name"
    db.session.commit()
    assert let_go_on() == 0, "no NF-e was refused for a name"
    product.ncm = NCM
    db.session.commit()
    assert let_go_on() == 1
    work_off()
    assert status(db, sale.id) == (Status.ATTENTION, "lines.*.product.gtin")
    db.session.get(Product, product.id).gtin = ""
    db.session.commit()

    assert let_go_on() == 1
    work_off()
    assert status(db, sale.id) == (Status.INVOICED, None)


def test_it_goes_on_once_a_table_knows_the_ncm(db):
    open_shop()
    make_table("49019900")
    product = make_product(ncm="49019900")
    product.ncm = NCM
    sale = make_sale(sku=product.sku)
    work_off()
    assert status(db, sale.id) == (Status.ATTENTION, "lines.*.product.ncm")
    make_table("49019900", NCM)

    assert let_go_on() == 1
    work_off()
    assert status(db, sale.id) == (Status.INVOICED, None)


def make_table(*codes: str) -> None:
    rows = "".join(f"{code};x;01/04/2022;31/12/9999\n" for code in codes)
    take_ncm(NcmIn(), BytesIO(f"Código;Descrição;Data Início;Data Fim\n{rows}".encode()))
    database.session.commit()


def test_it_goes_on_once_the_issuer_is_another(client, db):
    """Its registration, and the regime of which the profile says something."""
    open_shop()
    calls = api(client, make_token("admin"))
    the_shop().state_registration = "111111111111"
    db.session.commit()
    sale = make_sale()
    work_off()
    assert status(db, sale.id) == (Status.ATTENTION, "settings.issuer.state_registration")
    calls.patch("/issuer", {"email": the_shop().email})
    assert let_go_on() == 0, "nothing was changed"
    calls.patch("/issuer", {"state_registration": "492.730.565.410"})
    assert let_go_on() == 1
    work_off()
    assert status(db, sale.id) == (Status.INVOICED, None)


def test_it_goes_on_once_the_regime_is_the_profile_s(client, db):
    open_shop()
    the_shop().crt = "3"
    profile = FACTS | {"pis_cofins": "01", "icms": "00"}
    write_version(TaxProfileIn(valid_from=issuer_today(), **profile), None)
    the_shop().crt = "1"
    db.session.commit()
    sale = make_sale(sku=make_product(tax_profile="mugs").sku)
    work_off()
    assert status(db, sale.id) == (Status.ATTENTION, "lines.*.tax_profile")
    assert api(client, make_token("admin")).patch("/issuer", {"crt": "3"}).status_code == 200

    assert let_go_on() == 1
    work_off()
    assert status(db, sale.id) == (Status.INVOICED, None)


def test_it_goes_on_with_the_category_that_its_product_has_now(db):
    """The category's profile says nothing of the shop's regime; that of the others does."""
    open_shop()
    the_shop().crt = "3"
    profile = FACTS | {"pis_cofins": "01", "icms": "00"}
    write_version(TaxProfileIn(valid_from=issuer_today(), **profile), None)
    choose_for_category(CategoryChoiceIn(category="Canecas", profile="mugs"))
    the_shop().crt = "1"
    product = make_product(category="Canecas")
    sale = make_sale(sku=product.sku)
    work_off()
    assert status(db, sale.id) == (Status.ATTENTION, "lines.*.tax_profile")
    db.session.get(Product, product.id).category = "Louças"
    db.session.commit()

    assert let_go_on() == 1
    work_off()
    assert status(db, sale.id) == (Status.INVOICED, None)
    assert db.session.get(Sale, sale.id).lines[0].product["category"] == "Louças"


def test_it_waits_for_a_rate_that_nobody_could_know(client, db, monkeypatch):
    unknown = tuple(term for term in BUILT_IN if term.code != P_CBS)
    monkeypatch.setattr("webapp.taxation.book.BUILT_IN", unknown)
    open_shop()
    the_shop().crt = "3"
    tax_book_changed()
    sale = make_sale()
    work_off()
    assert status(db, sale.id) == (Status.ATTENTION, "calendar.values")
    sign_in(client, "accountant")
    page = client.get(f"/invoices/{invoice_of(sale.id).id}").text
    assert f"/fiscal-calendar?code=pCBS&amp;from={issuer_today()}" in page

    value = {"from": str(issuer_today()), "value": "0.9", "source": "LC 214/2025, art. 346"}
    answer = api(client, make_token("accountant")).call("PUT", "/fiscal-calendar/pCBS", value)
    assert answer.json["value"] == "0.9000"
    sweep_once()
    work_off()
    assert status(db, sale.id) == (Status.INVOICED, None)


def test_the_accountant_is_led_to_where_it_is_written(client, db, held):
    invoice = invoice_of(held.id)
    sign_in(client, "accountant")
    page = client.get(f"/invoices/{invoice.id}").text
    assert 'href="/tax-profiles/mugs"' in page and "goes on by itself" in page
