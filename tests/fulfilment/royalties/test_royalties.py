"""Royalty slips of a month, and what each author is owed."""

import datetime as dt
from decimal import Decimal

import pytest

from tests.factories import make_product, sign_in
from tests.support.processed_sales import book, sold
from webapp.fulfilment.royalties.models import RoyaltySlip
from webapp.fulfilment.royalties.queries import AuthorTotal, author_totals
from webapp.http.formatting import shop_day
from webapp.platform.clock import utc_now
from webapp.rules.models import Effect


def this_month() -> str:
    return shop_day(utc_now()).strftime("%Y-%m")


def total(author, copies, base, amount, reversals="0.00") -> AuthorTotal:
    return AuthorTotal(author, copies, Decimal(base), Decimal(amount), Decimal(reversals))


def test_each_author_is_owed_the_sum_of_the_months_slips(db):
    printed = book(author="Lívia Prado")
    ebook = make_product(
        kind="ebook", price="30.00", royalty_percent="25.00", author="Lívia Prado"
    ).sku
    other = book(author="Otávio Reis", price="59.90", royalty_percent="8.00")
    sold(printed, ebook)
    sold(printed, other, make_product().sku)
    assert author_totals(this_month()) == [
        total("Lívia Prado", 3, "230.00", "27.50"),
        total("Otávio Reis", 1, "59.90", "4.79"),
    ]
    assert author_totals("2020-01") == []


def take_back_one_copy(db, month="") -> RoyaltySlip:
    """What a refund writes: a negative twin of one copy's royalty."""
    slip = db.session.scalars(db.select(RoyaltySlip)).one()
    effect = Effect(
        decision_id=slip.effect.decision_id,
        sale_id=slip.sale_id,
        event="refund",
        kind="royalty_slip",
        target=slip.effect.target,
        rule=slip.effect.rule,
        amount=Decimal("-10.00"),
        reverses=slip.effect_id,
    )
    db.session.add(
        RoyaltySlip(
            sale_id=slip.sale_id,
            effect=effect,
            month=month or slip.month,
            sku=slip.sku,
            name=slip.name,
            author=slip.author,
            quantity=1,
            base=Decimal("-100.00"),
            percent=slip.percent,
            amount=Decimal("-10.00"),
        )
    )
    db.session.commit()
    return slip


def test_a_reversal_takes_copies_and_money_off(db):
    sold(lines=[{"sku": book(), "quantity": 3}])
    take_back_one_copy(db)
    assert author_totals(this_month()) == [total("Lívia Prado", 2, "200.00", "20.00", "-10.00")]


def test_a_reversal_stands_in_its_own_month_and_names_that_of_what_it_takes_back(db, client):
    sold(book())
    take_back_one_copy(db, month="2031-01")
    sign_in(client, "accountant")
    page = client.get("/royalties?month=2031-01").text
    month = dt.date.fromisoformat(this_month() + "-01").strftime("%B %Y")
    assert 'data-status="reversal"' in page and f"of a royalty of {month}" in page
    assert ">-1</td>" in page and "-R$10.00" in page


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("pt_BR", "Lívia Prado;{month};2;200,00;20,00;-10,00"),
        ("en", "Lívia Prado,{month},2,200.00,20.00,-10.00"),
    ],
)
def test_the_file_has_a_line_for_each_author(db, client, language, line):
    sold(lines=[{"sku": book(), "quantity": 3}])
    take_back_one_copy(db)
    sign_in(client, "accountant", locale=language)
    answer = client.get(f"/royalties.csv?month={this_month()}", buffered=True)
    assert (
        answer.headers["Content-Disposition"]
        == f'attachment; filename="royalties-{this_month()}.csv"'
    )
    assert line.format(month=this_month()) in answer.data.decode()


def test_an_authors_file_has_a_line_for_each_slip(db, client):
    sale = sold(book(sku="LV-1", name="Crossings"), reference="WEB-9")
    sold(book(author="Otávio Reis"))
    sign_in(client, "manager")
    rows = client.get(
        f"/royalties.csv?month={this_month()}&author=Lívia Prado", buffered=True
    ).text.splitlines()
    assert rows[1:] == [
        f"Lívia Prado,{this_month()},{sale.reference},LV-1,Crossings,1,100.00,10.00,10.00"
    ]


def test_the_page_shows_totals_and_slips_of_all_or_of_one_author(db, client):
    sold(book(author="Lívia Prado", name="Crossings"))
    sold(book(author="Otávio Reis", name="Slopes"))
    sign_in(client, "accountant")
    everyone = client.get("/royalties").text
    assert "Crossings" in everyone and "Slopes" in everyone and "R$20.00" in everyone
    one = client.get(f"/royalties?month={this_month()}&author=Lívia Prado").text
    assert "Crossings" in one and "Slopes" not in one


def test_a_book_without_an_author_is_told_as_such(db, client):
    sold(book(author=""))
    sign_in(client, "manager")
    assert "no author on the product" in client.get("/royalties").text


def test_a_month_without_royalties_teaches_what_brings_them(db, client):
    sign_in(client, "manager")
    assert "No royalties in this month" in client.get("/royalties?month=2020-01").text
