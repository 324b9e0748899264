"""The first page: today's figures, who waits for somebody, and what a new shop does first."""

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import event, update

from tests.factories import (
    make_product,
    make_sale,
    make_token,
    make_user,
    open_shop,
    sign_in,
    work_off,
)
from webapp.dashboard import queries
from webapp.dashboard.charts import ticks
from webapp.fulfilment.commissions.models import Commission
from webapp.http.formatting import shop_day
from webapp.invoices.models import Invoice, InvoiceStatus, RejectedBy
from webapp.platform.clock import utc_now
from webapp.platform.money import ZERO
from webapp.rules.models import Decision, Effect
from webapp.sales.models import Sale, Status
from webapp.store.queries import the_shop


@pytest.fixture
def clerk(client, db):
    sign_in(client, "clerk")
    return client


def moved(db, sale, moment):
    """The sale as if placed and paid then."""
    db.session.execute(
        update(Sale)
        .where(Sale.id == sale.id)
        .values(paid_at=moment, created_at=moment, updated_at=utc_now())
    )
    db.session.commit()


# -- a new shop
# -------------------------------------------------------------------------------------


def test_a_new_shop_is_told_what_to_do_first_each_as_far_as_their_role(client, db):
    sign_in(client, "admin")
    page = client.get("/").text
    assert (
        'id="first-steps"' in page
        and "Fill in the company details" in page
        and 'href="/settings"' in page
        and "Make a token" in page
    )

    sign_in(client, "clerk")
    page = client.get("/").text
    assert (
        "Add your products" in page
        and "Fill in the company details" not in page
        and "Make a token" not in page
    )

    sign_in(client, "accountant")
    page = client.get("/").text
    assert "No order yet" in page and "Add your products" not in page


def steps_done(page: str) -> int:
    return page.count("first-step-done")


def test_a_step_is_done_only_when_it_really_is(client, db):
    """A product without NCM is none, nor is an order that is not through."""
    sign_in(client, "admin")
    assert steps_done(client.get("/").text) == 0

    open_shop()
    bare = make_product(ncm="")
    page = client.get("/").text
    assert steps_done(page) == 1 and "1 lacks it." in page

    bare.ncm = "42029200"
    db.session.commit()
    assert steps_done(client.get("/").text) == 3
    make_sale(sku=bare.sku, paid=False)
    assert steps_done(client.get("/").text) == 3
    make_sale(sku=bare.sku)
    work_off()
    assert steps_done(client.get("/").text) == 4
    make_user("clerk")
    make_token()
    page = client.get("/").text
    assert steps_done(page) == 6 and "5 of 7 done" in page and "simulated SEFAZ only" in page


def test_the_guide_stays_beside_the_figures_until_a_person_puts_it_away(client, db):
    make_sale()
    sign_in(client, "clerk")
    page = client.get("/").text
    assert 'id="first-steps"' in page and "Paid sales today" in page and "Dismiss" not in page
    assert client.post("/guide/closure").status_code == 403

    sign_in(client, "admin")
    assert "Dismiss the guide" in client.get("/").text
    page = client.post("/guide/closure", follow_redirects=True).text
    assert 'id="first-steps"' not in page and "Fill in the company details" in page
    open_shop()
    assert "Fill in the company details" not in client.get("/").text


def test_whose_steps_are_all_done_sees_no_guide_but_who_may_finish_it(client, db):
    open_shop()
    make_sale()
    work_off()
    sign_in(client, "clerk")
    assert 'id="first-steps"' not in client.get("/").text
    sign_in(client, "admin")
    assert 'id="first-steps"' in client.get("/").text


# -- figures
# ----------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_days_begin_at_midnight_in_the_shop_s_zone(db):
    # 02:30 UTC on the 2nd is 23:30 on the 1st in São Paulo and 22:30 in Manaus.
    today = dt.date(2026, 3, 2)
    late, early = (
        dt.datetime(2026, 3, 2, 2, 30, tzinfo=dt.UTC),
        dt.datetime(2026, 3, 2, 3, 30, tzinfo=dt.UTC),
    )
    moved(db, make_sale(), late)
    moved(db, make_sale(), early)

    *_, yesterday, now = queries.last_days(today)
    assert (yesterday.paid, yesterday.sold) == (1, Decimal("129.90"))
    assert (now.paid, now.sold) == (1, Decimal("129.90"))
    assert sum(queries.placed_by_status(now.starts_at).values()) == 1


@pytest.mark.both_databases
def test_only_paid_orders_are_sales_and_none_that_was_cancelled(db):
    today = shop_day(utc_now())
    make_sale(paid=False)
    make_sale()
    cancelled = make_sale()
    cancelled.status = Status.CANCELLED
    db.session.commit()

    last = queries.last_days(today)[-1]
    assert (last.paid, last.sold) == (1, Decimal("129.90"))
    assert queries.placed_by_status(last.starts_at) == {
        Status.OPEN: 1,
        Status.ADDRESS: 1,
        Status.CANCELLED: 1,
    }


def test_what_lies_before_the_fourteen_days_is_left_out(db):
    today = shop_day(utc_now())
    moved(db, make_sale(), queries.midnight(today - dt.timedelta(days=13)))
    moved(
        db, make_sale(), queries.midnight(today - dt.timedelta(days=13)) - dt.timedelta(seconds=1)
    )

    days = queries.last_days(today)
    assert len(days) == 14 and days[0].paid == 1 and sum(day.paid for day in days) == 1


def test_today_is_compared_with_yesterday(clerk, db):
    make_sale(lines=[{"sku": make_product(price="150.00").sku, "quantity": 1}])
    assert "on yesterday" not in clerk.get("/").text

    yesterday = make_sale(lines=[{"sku": make_product(price="100.00").sku, "quantity": 1}])
    moved(db, yesterday, queries.midnight(shop_day(utc_now())) - dt.timedelta(hours=1))
    assert "+50.00 % on yesterday" in clerk.get("/").text


@pytest.mark.both_databases
def test_commissions_of_the_month_are_net_of_reversals_and_sum_up_day_by_day(db):
    today = shop_day(utc_now())
    assert queries.commissions_of_month(today).amount == ZERO

    open_shop()
    sale = make_sale()
    work_off()
    for number, amount in enumerate(("10.00", "5.50", "-3.00")):
        db.session.add(commission(db, sale, number, Decimal(amount), today.strftime("%Y-%m")))
    db.session.add(commission(db, sale, 9, Decimal("99.00"), "2020-01"))
    db.session.commit()

    found = queries.commissions_of_month(today)
    assert (found.amount, found.today, found.agents) == (Decimal("12.50"), Decimal("12.50"), 1)
    assert len(found.by_day) == today.day and found.by_day[-1] == found.amount


def commission(db, sale, number, amount, month):
    decision = db.session.scalar(db.select(Decision).where(Decision.sale_id == sale.id))
    effect = Effect(
        decision=decision,
        sale_id=sale.id,
        event="test",
        kind="commission",
        target=str(number),
        rule="test",
    )
    return Commission(
        sale_id=sale.id,
        effect=effect,
        month=month,
        agent_code="A1",
        agent_name="Rosa",
        sku="X",
        base=amount * 10,
        percent=Decimal("10.00"),
        amount=amount,
    )


@pytest.mark.parametrize(
    ("largest", "top"),
    [
        ("0", 4),
        ("3.99", 4),
        ("6181.80", 8000),
        ("7950.40", 8000),
        ("8000.01", 10000),
        ("99999999.99", 100000000),
    ],
)
def test_the_chart_s_lines_are_round_and_hold_every_bar(app, largest, top):
    with app.test_request_context(headers={"Accept-Language": "en"}):
        lines = ticks([Decimal(0), Decimal(largest)])

    assert [line["value"] for line in lines] == [top * place / 4 for place in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize(
    ("largest", "second"), [("9", "R$7.50"), ("3", "R$3"), ("6181.80", "R$6,000")]
)
def test_the_chart_s_lines_are_told_as_money(app, largest, second):
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert ticks([Decimal(largest)])[1]["text"].replace("\xa0", "") == second


def test_a_chart_of_one_day_is_a_sentence_and_one_of_two_begins_with_its_week(clerk, db):
    sale = make_sale()
    page = clerk.get("/").text
    assert "The chart begins with the second day of sales." in page and 'class="chart"' not in page
    assert "<polyline" not in page

    make_sale()
    sale.paid_at -= dt.timedelta(days=2)
    db.session.commit()
    chart = clerk.get("/").text.partition('class="chart"')[2].partition("</svg>")[0]
    assert chart.count("<rect") == 7


# -- who waits
# --------------------------------------------------------------------------------------


def test_an_order_in_attention_stands_there_with_reason_and_mend(clerk, db):
    make_sale(reference="WEB-9", address={"zip_code": "99999-999", "number": "1"})
    work_off()

    page = clerk.get("/").text
    item = page.split('id="waiting-sale-1"')[1].split("</li>")[0]
    assert (
        "WEB-9" in item
        and "We did not find the postal code 99999-999" in item
        and "Fix the address" in item
    )
    assert "1 item<" in page


def test_an_nfe_under_review_stands_there_with_its_age(clerk, db):
    open_shop()
    the_shop().review_policy = "all"
    db.session.commit()
    make_sale()
    work_off()
    db.session.execute(
        update(Invoice).values(updated_at=utc_now() - dt.timedelta(hours=2, minutes=14, seconds=5))
    )
    db.session.commit()

    page = clerk.get("/").text
    assert "NF-e under review for 2 h 14 min" in page and "oldest 2 h 14 min" in page
    assert "The shop has every NF-e reviewed" in page


def test_an_open_task_stands_there_with_its_question_until_it_is_settled(client, db):
    sign_in(client, "clerk")
    upgrade = make_product(kind="membership_upgrade")
    make_sale(lines=[{"sku": upgrade.sku, "quantity": 1}])
    work_off()
    page = client.get("/").text
    assert 'id="waiting-task-1"' in page and "has no active membership" in page

    client.post("/tasks/1/completion", data={"outcome": "Money given back"})
    assert 'id="waiting-task-1"' not in client.get("/").text


def test_an_nfe_that_sefaz_rejected_stands_there_with_its_reason(clerk, db):
    open_shop()
    make_sale(reference="WEB-4")
    work_off()
    assert "No open rejection" in clerk.get("/").text
    db.session.execute(
        update(Invoice).values(
            status=InvoiceStatus.REJECTED,
            rejected_by=RejectedBy.AUTHORITY,
            rejection_code="703",
            comment="Rejeicao",
        )
    )
    db.session.commit()

    section = clerk.get("/").text.split('id="rejected-title"')[1]
    assert 'id="waiting-invoice-1"' in section and "WEB-4" in section


def test_low_stock_is_told_and_archived_products_are_not(clerk, db):
    make_sale()
    make_product(name="Nearly gone", stock=2, low_stock=5)
    make_product(name="Plenty", stock=50, low_stock=5)
    make_product(name="Put away", stock=0, low_stock=5).archive()
    db.session.commit()

    page = clerk.get("/").text
    assert "Nearly gone" in page and "Plenty" not in page and "Put away" not in page


def test_the_accountant_sees_money_and_nfe_and_no_work_of_others(client, db):
    sign_in(client, "accountant")
    make_sale(address={"zip_code": "99999-999", "number": "1"})
    make_product(name="Nearly gone", stock=1, low_stock=5)
    work_off()

    page = client.get("/").text
    assert "Paid sales today" in page and "NF-e rejected by SEFAZ" in page
    assert 'id="attention"' not in page and "Nearly gone" not in page and "New order" not in page


def test_orders_of_today_by_status_lead_to_their_list(clerk, db):
    make_sale(paid=False)
    make_sale()
    page = clerk.get("/").text

    today = shop_day(utc_now()).isoformat()
    assert (
        f"/sales?status=open&amp;since={today}" in page
        and f"/sales?status=address&amp;since={today}" in page
    )


# -- bounds
# -----------------------------------------------------------------------------------------


def test_the_page_asks_as_many_questions_of_a_full_shop_as_of_a_small_one(clerk, db):
    open_shop()
    the_shop().review_policy = "all"
    db.session.commit()

    def questions():
        asked = []

        def note(_connection, _cursor, statement, *_rest):
            asked.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        assert clerk.get("/").status_code == 200
        event.remove(db.engine, "before_cursor_execute", note)
        return len(asked)

    for _ in range(2):
        make_sale()
    make_sale(address={"zip_code": "99999-999", "number": "1"})
    work_off()
    few = questions()
    for _ in range(8):
        make_sale()
        make_sale(address={"zip_code": "99999-999", "number": "1"})
    work_off()
    assert questions() <= few


def test_at_most_five_of_a_kind_are_shown_and_the_rest_is_linked(clerk, db):
    for _ in range(7):
        make_sale(address={"zip_code": "99999-999", "number": "1"})
    work_off()

    page = clerk.get("/").text
    assert (
        page.count('id="waiting-sale-') == 5
        and "7 items" in page
        and "All orders that need attention" in page
    )


def test_the_style_guide_is_only_there_while_developing(app, clerk, monkeypatch):
    assert clerk.get("/styleguide").status_code == 404
    monkeypatch.setattr(app, "debug", True)
    assert clerk.get("/styleguide").status_code == 200
