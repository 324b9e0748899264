"""Managers who want it are told each morning what is low: once, and not when nothing is."""

import datetime as dt

import pytest
from sqlalchemy import select

from tests.factories import make_product, make_user, open_shop, sign_in, work_off
from webapp.processing import reorder_step
from webapp.processing.reorder_step import owe_reorder_letters
from webapp.reordering.models import LetterStatus, ReorderLetter

DAY = dt.date(2026, 11, 20)


@pytest.fixture
def settings(mail_settings):
    return mail_settings


@pytest.fixture
def on_day(monkeypatch, db):
    """It is looked, some times, on a day."""

    def on_day(day=DAY):
        monkeypatch.setattr(reorder_step, "issuer_today", lambda: day)
        for _pass in range(3):
            owe_reorder_letters()
            db.session.commit()
        work_off()

    return on_day


@pytest.fixture
def manager(db):
    open_shop()
    user = make_user("manager", email="rosa@example.com")
    user.low_stock_mail, user.locale = True, "pt_BR"
    db.session.commit()
    return user


@pytest.mark.both_databases
def test_it_goes_out_once_a_day(db, inbox, on_day, manager):
    make_product(sku="BAG", name="Bolsa", stock=2, low_stock=5, supplier="Alba")
    clerk = make_user("clerk", email="ana@example.com")
    clerk.low_stock_mail = True
    db.session.commit()
    on_day()
    on_day()
    (letter,) = inbox.letters
    assert letter["To"] == "rosa@example.com"
    text = letter.get_body(("plain",)).get_content()
    assert "BAG · Bolsa (Alba): 2 em estoque, comprar 4" in text and "/products/reorder" in text
    on_day(DAY + dt.timedelta(days=1))
    assert len(inbox.letters) == 2
    assert set(db.session.scalars(select(ReorderLetter.status))) == {LetterStatus.SENT}


def test_nothing_is_sent_when_nothing_is_low_or_nobody_asks(db, inbox, on_day, manager):
    make_product(stock=9, low_stock=5)
    on_day()
    manager.low_stock_mail = False
    db.session.commit()
    make_product(stock=1, low_stock=5)
    on_day()
    assert inbox.letters == []


def test_a_manager_asks_for_it_and_no_more(client, db):
    sign_in(client, "manager")
    for wanted in ("1", "0"):
        form = {"wanted": wanted}
        assert client.post("/products/reorder/letters", data=form).status_code == 303
        shown = client.get("/products/reorder").text
        assert ("Tell me no more" in shown) is (wanted == "1")
