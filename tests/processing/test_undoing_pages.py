"""Undoing an order on its pages: what is undone is told before, the reason is asked for, and a
doubled click does no harm."""

import datetime as dt
import re

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from tests.factories import make_product, make_sale, open_shop, sign_in, work_off
from tests.support.processed_sales import agent, book, sold, three_books
from tests.support.sale_reversals import commission, effect_of, make_due, own_rule, stock
from webapp.fulfilment.tasks.models import Task
from webapp.invoices.models import Invoice, InvoiceStatus
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.processing.cancellation import cancel
from webapp.processing.claims import MAX_ATTEMPTS
from webapp.rules.models import EffectStatus
from webapp.sale_pages import cancellation_pages
from webapp.sales.models import Refund, Sale, Status


@pytest.fixture(autouse=True)
def shop_is_open(db):
    open_shop()


def text_of(page: str) -> str:
    """Without tags, in one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def status(db, sale: Sale) -> Status:
    return db.session.get(Sale, sale.id, populate_existing=True).status


def test_what_a_cancellation_undoes_is_told_before_and_nothing_of_it_stays(client, db):
    sale = three_books()
    sign_in(client, "manager")
    page = text_of(client.get(f"/sales/{sale.id}/cancellation").text)
    for words in (
        "Commission: R$15.00 is reversed.",
        "Royalty: R$30.00 is reversed.",
        "3 × BOOK go back on sale.",
        "3 items come off the packing slip.",
        "SEFAZ is asked to cancel the NF-e.",
    ):
        assert words in page
    assert status(db, sale) is Status.INVOICED and stock("BOOK") == 7 and commission() == 15


def test_before_it_is_confirmed_nothing_is_told_as_done(client, db):
    sale = three_books()
    sign_in(client, "manager", locale="pt_BR")
    page = text_of(client.get(f"/sales/{sale.id}/cancellation").text)
    assert "O cancelamento da NF-e é pedido à SEFAZ." in page and "foi pedido" not in page


def test_of_an_order_that_led_to_nothing_there_is_nothing_to_reverse(client, db):
    open_shop()
    sale = make_sale(sku=make_product(kind="ebook").sku)
    sign_in(client, "manager")
    path = f"/sales/{sale.id}/cancellation"
    assert "There is nothing to reverse." in client.get(path).text
    done = client.post(path, data={"reason": "bought twice"}, follow_redirects=True).text
    assert "The order was cancelled." in done and "is reversed" not in done


def test_while_sefaz_is_asked_to_cancel_no_return_is_offered(client, db):
    sale = three_books()
    sign_in(client, "manager")
    form = f"/sales/{sale.id}/returns/new"
    assert form in client.get(f"/sales/{sale.id}").text
    client.post(f"/sales/{sale.id}/cancellation", data={"reason": "bought twice"})
    assert form not in client.get(f"/sales/{sale.id}").text
    assert "Wait for its answer" in client.get(form, follow_redirects=True).text


def test_many_equal_lines_are_undone_in_one_sentence(client, db):
    line = {"sku": book(sku="BOOK", stock=100), "quantity": 1}
    sale = sold(agent=agent(), lines=[line] * 20)
    sign_in(client, "manager")
    page = text_of(client.get(f"/sales/{sale.id}/cancellation").text)
    assert page.count("go back on sale") == 1 and "20 × BOOK go back on sale." in page
    assert "goes back on sale" not in page
    # Each line's commission and royalty is an effect of its own; what is said of them is the sum.
    assert "Commission of 20 items: R$100.00 is reversed." in page
    assert "Royalty of 20 items: R$200.00 is reversed." in page
    assert page.count("is reversed") == 2


def test_royalties_and_commissions_of_a_long_order_are_told_as_their_sum(client, db):
    first, second = book(sku="BOOK", stock=100), book(sku="OTHER", stock=100)
    lines = [{"sku": sku, "quantity": 1} for sku in (first, second) * 2]
    sale = sold(agent=agent(), lines=lines)
    few = sold(agent="A1", lines=lines[:3])
    sign_in(client, "manager")
    page = text_of(client.get(f"/sales/{sale.id}").text)
    assert "Royalty of 4 items R$40.00" in page and "Commission of 4 items R$20.00" in page
    assert page.count("Royalty · BOOK R$10.00") == 2, "each is told where one looks closer"
    page = text_of(client.get(f"/sales/{few.id}").text)
    assert "of 3 items" not in page and page.count("Royalty · BOOK R$10.00") == 2


def test_the_page_takes_its_turn_to_write_while_others_commit(client, db, monkeypatch):
    """What it works out by trying is written, though it is a GET: another process commits after
    it has read and before it writes."""
    sale = three_books()
    sign_in(client, "manager")
    others = create_engine(database.engine.url)
    refused = []

    def cancel_meanwhile(tried, reason):
        try:
            with others.connect() as connection:
                connection.execute(text("PRAGMA busy_timeout=100"))
                connection.execute(text("UPDATE products SET stock = stock"))
                connection.commit()
        except OperationalError as error:
            refused.append(error)
        return cancel(tried, reason)

    monkeypatch.setattr(cancellation_pages, "cancel", cancel_meanwhile)
    answer = client.get(f"/sales/{sale.id}/cancellation")
    others.dispose()
    assert answer.status_code == 200 and "3 × BOOK go back on sale." in text_of(answer.text)
    assert len(refused) == 1, "the others wait for their turn"
    assert status(db, sale) is Status.INVOICED and stock("BOOK") == 7


def test_a_cancellation_asks_why_and_shows_it_in_the_timeline(client, db):
    sale = three_books()
    sign_in(client, "manager")
    refused = client.post(f"/sales/{sale.id}/cancellation", data={"reason": " "})
    assert (
        refused.status_code == 422
        and "Fill this in." in refused.text
        and status(db, sale) is Status.INVOICED
    )
    for _twice in range(2):
        assert (
            client.post(
                f"/sales/{sale.id}/cancellation", data={"reason": "bought twice"}
            ).status_code
            == 303
        )
    assert status(db, sale) is Status.CANCELLED and stock("BOOK") == 10
    page = client.get(f"/sales/{sale.id}").text
    assert "bought twice" in page and "Order cancelled: -R$15.00" in text_of(page)
    assert "Cancel the order" not in page
    assert client.get(f"/sales/{sale.id}/cancellation").status_code == 303


def test_while_sefaz_has_not_answered_the_page_says_so(client, db):
    sale = three_books()
    db.session.scalars(db.select(Invoice)).one().status = InvoiceStatus.SENDING
    db.session.commit()
    sign_in(client, "manager")
    assert "its answer is not known yet" in client.get(f"/sales/{sale.id}/cancellation").text
    assert client.post(f"/sales/{sale.id}/cancellation", data={"reason": "x"}).status_code == 409


def test_a_refund_is_foretold_then_made_once(client, db):
    sale = three_books()
    sign_in(client, "manager")
    form = client.get(f"/sales/{sale.id}/refunds/new").text
    key = re.search(r'name="form_key" value="(\w+)"', form)[1]
    typed = {"form_key": key, "quantity.1": "2", "reason": ""}
    foretold = text_of(client.post(f"/sales/{sale.id}/refunds/preview", data=typed).text)
    assert (
        "R$200.00" in foretold
        and "Commission: R$10.00 is reversed." in foretold
        and commission() == 15
    )
    for _twice in range(2):
        assert (
            client.post(f"/sales/{sale.id}/refunds", data=typed | {"reason": "damaged"}).status_code
            == 303
        )
    assert db.session.query(Refund).count() == 1 and stock("BOOK") == 9 and commission() == 5
    page = text_of(client.get(f"/sales/{sale.id}").text)
    for words in (
        "Refund 1 of R$200.00",
        "damaged",
        "2 units refunded",
        "Refund 1: -R$10.00",
        "−R$200.00",
    ):
        assert words in page


@pytest.mark.parametrize(
    "typed, words",
    [
        ({"quantity.1": "4"}, "Only 3 of this line are left to refund."),
        ({"quantity.1": "two"}, "Use a whole number."),
        ({"quantity.1": "-1"}, "At least 1."),
        ({"quantity.1": ""}, "Say how many units"),
        ({}, "Say how many units"),
        ({"quantity.9": "1"}, "has no line 9"),
        ({"quantity.x": "1"}, "Use a whole number."),
        ({"quantity.1": "1", "reason": ""}, "Fill this in."),
    ],
)
def test_a_refund_that_cannot_be_keeps_what_was_typed(client, db, typed, words):
    sale = three_books()
    sign_in(client, "manager")
    answer = client.post(f"/sales/{sale.id}/refunds", data={"reason": "because of rain"} | typed)
    assert answer.status_code == 422 and words in answer.text
    assert "reason" in typed or "because of rain" in answer.text
    assert client.post(f"/sales/{sale.id}/refunds/preview", data=typed).status_code == 200
    assert commission() == 15


def test_a_refund_without_a_reason_still_tells_what_it_does_and_what_is_wrong_with_its_units(
    client, db
):
    sale = three_books()
    sign_in(client, "manager")
    page = text_of(
        client.post(f"/sales/{sale.id}/refunds", data={"quantity.1": "2", "reason": ""}).text
    )
    assert "Fill this in." in page and "Commission: R$10.00 is reversed." in page
    page = text_of(
        client.post(f"/sales/{sale.id}/refunds", data={"quantity.1": "4", "reason": ""}).text
    )
    assert page.count("Only 3 of this line are left to refund.") > 1 and "Fill this in." in page
    assert commission() == 15


def test_what_a_cancellation_leaves_to_people_stands_on_the_orders_page_until_it_is_done(
    client, db
):
    sale = three_books()
    # Only a late cancellation is left, which a person decides.
    note = db.session.scalars(db.select(Invoice)).one()
    note.authorized_at = utc_now() - dt.timedelta(hours=25)
    db.session.commit()
    sign_in(client, "manager")
    client.post(f"/sales/{sale.id}/cancellation", data={"reason": "bought twice"})
    assert "1 task of this order is open Cancel the NF-e" in text_of(
        client.get(f"/sales/{sale.id}").text
    )
    task = db.session.scalars(db.select(Task)).one()
    client.post(f"/tasks/{task.id}/completion", data={"outcome": "done at SEFAZ"})
    assert "of this order is open" not in client.get(f"/sales/{sale.id}").text


def test_of_a_cancelled_order_no_refund_is_offered(client, db):
    sale = three_books()
    sign_in(client, "manager")
    client.post(f"/sales/{sale.id}/cancellation", data={"reason": "bought twice"})
    answer = client.get(f"/sales/{sale.id}/refunds/new", follow_redirects=True)
    assert (
        "nothing of this order to give back now" in answer.text
        and answer.request.path == f"/sales/{sale.id}"
    )


def test_a_refund_during_review_does_not_tell_of_rules_applied_anew(client, db):
    own_rule({"do": "hold"}, when={"field": "item_sku", "op": "eq", "value": "BOOK"})
    sale = three_books()
    sign_in(client, "manager")
    assert status(db, sale) is Status.REVIEW
    client.post(f"/sales/{sale.id}/refunds", data={"quantity.1": "1", "reason": "damaged"})
    work_off()
    timeline = text_of(client.get(f"/sales/{sale.id}").text.split('class="timeline"')[1])
    assert timeline.count("Rules applied") <= 1 and "NF-e prepared anew" in timeline


def test_a_clerk_sees_neither_button_nor_page(client, db):
    sale = three_books()
    sign_in(client, "clerk")
    page = client.get(f"/sales/{sale.id}").text
    assert "Cancel the order" not in page and "Refund" not in page
    for path in ("cancellation", "refunds/new"):
        assert client.get(f"/sales/{sale.id}/{path}").status_code == 403


def test_a_manager_meets_what_failed_without_knowing_the_order(client, db):
    own_rule(
        {"do": "membership_upgrade"}, when={"field": "item_kind", "op": "eq", "value": "ebook"}
    )
    sale = sold(make_product(kind="ebook", royalty_percent="5.00").sku)
    sign_in(client, "manager")
    make_due(sale)
    work_off()
    assert "Carrying out an effect of the rules" in client.get("/jobs").text
    page = client.get(f"/sales/{sale.id}").text
    assert (
        "no active membership" in page
        and re.search(r"tried \d+ times?\b", page)
        and "next try on" in page
    )
    for _attempt in range(MAX_ATTEMPTS):
        make_due(sale)
        work_off()
    page = client.get("/jobs").text
    assert (
        "Effects that failed" in page and sale.reference in page and "no active membership" in page
    )
    effect = effect_of(sale, "membership_upgrade")
    for path in (f"{effect.id}/retry", "retry"):
        answer = client.post(f"/sales/{sale.id}/effects/{path}", data={"from": "jobs"})
        assert answer.status_code == 303
    assert effect_of(sale, "membership_upgrade").status is EffectStatus.PENDING
    assert "Effects that failed" not in client.get("/jobs").text
