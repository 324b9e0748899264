"""Royalty slips of a month, and what each author is owed."""

import datetime as dt
from decimal import Decimal

from tests.factories import make_product, sign_in
from tests.fulfilment.sold import book, sold
from webapp.formatting import shop_day
from webapp.fulfilment.models import RoyaltySlip
from webapp.fulfilment.queries import AuthorTotal, author_totals
from webapp.rules.models import Effect


def this_month() -> str:
    return shop_day(dt.datetime.now(dt.UTC)).strftime("%Y-%m")


def total(author, copies, base, amount) -> AuthorTotal:
    return AuthorTotal(author, copies, Decimal(base), Decimal(amount))


def test_each_author_is_owed_the_sum_of_the_months_slips(db):
    printed = book(author="Lívia Prado")
    ebook = make_product(kind="ebook", price="30.00", royalty_percent="25.00", author="Lívia Prado").sku
    other = book(author="Otávio Reis", price="59.90", royalty_percent="8.00")
    sold(printed, ebook)
    sold(printed, other, make_product().sku)
    assert author_totals(this_month()) == [
        total("Lívia Prado", 3, "230.00", "27.50"), total("Otávio Reis", 1, "59.90", "4.79"),
    ]
    assert author_totals("2020-01") == []


def test_a_reversal_takes_copies_and_money_off(db):
    sold(book(), lines=[{"sku": book(), "quantity": 3}])
    slip = db.session.scalars(db.select(RoyaltySlip)).one()
    effect = Effect(decision_id=slip.effect.decision_id, sale_id=slip.sale_id, event="refund", kind="royalty_slip",
                    target=slip.effect.target, rule=slip.effect.rule, amount=Decimal("-10.00"), reverses=slip.effect_id)
    db.session.add(RoyaltySlip(sale_id=slip.sale_id, effect=effect, month=slip.month, sku=slip.sku, name=slip.name,
                               author=slip.author, quantity=1, base=Decimal("-100.00"), percent=slip.percent,
                               amount=Decimal("-10.00")))
    db.session.commit()
    assert author_totals(this_month()) == [total("Lívia Prado", 2, "200.00", "20.00")]


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
