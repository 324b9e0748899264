"""A sale whose note cannot be right yet waits, and goes on by itself once it can be."""

import datetime as dt
from decimal import Decimal

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
from webapp.fiscal.calendar import BUILT_IN, P_CBS
from webapp.invoices.queries import invoice_of
from webapp.processing.sweeping import sweep_once
from webapp.processing.tax_holds import let_go_on
from webapp.sales.models import Sale, Status
from webapp.store.queries import the_shop
from webapp.taxation.book import tax_book_changed
from webapp.taxation.forms import StateRateIn, TaxProfileIn
from webapp.taxation.models import TaxProfileVersion
from webapp.taxation.profile_edits import write_version
from webapp.taxation.queries import issuer_today
from webapp.taxation.value_edits import write_rate

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


def test_what_the_book_does_not_decide_is_left_to_people(db):
    open_shop()
    sale = make_sale(sku=make_product(ncm="").sku)
    work_off()
    assert status(db, sale.id)[0] is Status.ATTENTION
    write_rate(StateRateIn(state="AL", valid_from=dt.date(2027, 1, 1), icms=Decimal("20.50")), None)
    db.session.commit()

    assert let_go_on() == 0


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
