"""The first page: today's figures, who waits for somebody, and what a new shop does first."""

import datetime as dt
import html
import json
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
from webapp.dashboard.glance import Glance, glance_since
from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.http.formatting import shop_day
from webapp.invoices.models import Invoice, InvoiceStatus, RejectedBy
from webapp.platform.clock import utc_now
from webapp.platform.money import ZERO
from webapp.rules.models import Decision, Effect
from webapp.sales.models import Sale, Status
from webapp.store.queries import the_shop
from webapp.sums.models import By
from webapp.sums.queries import midnight, sums


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
    assert (
        steps_done(page) == 6
        and "5 of 7 done" in page
        and "NFE_AUTHORITY=sefaz asks the real one" in page
    )


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


def glance_of(today):
    return Glance(today, sums(By.ALL, glance_since(today), today), queries.of_the_day(today))


def commissions_of(today):
    return queries.commissions_of_month(today, queries.of_the_day(today).commissions)


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

    glance = glance_of(today)
    assert glance.sales == (Decimal("129.90"), Decimal("129.90")) and glance.orders == (1, 1)
    assert sum(queries.of_the_day(today).placed.values()) == 1


@pytest.mark.both_databases
def test_only_paid_orders_are_sales_and_none_that_was_cancelled(db):
    today = shop_day(utc_now())
    make_sale(paid=False)
    make_sale()
    cancelled = make_sale()
    cancelled.status = Status.CANCELLED
    db.session.commit()

    glance = glance_of(today)
    assert (glance.orders.now, glance.sales.now) == (1, Decimal("129.90"))
    assert queries.of_the_day(today).placed == {
        Status.OPEN: 1,
        Status.ADDRESS: 1,
        Status.CANCELLED: 1,
    }


def test_each_figure_stands_beside_the_former_period_and_opens_its_list(clerk, db):
    """Of the month: the former one as far as this one is."""
    today = dt.date(2026, 3, 31)
    for moment in (
        "2026-03-31",
        "2026-03-30",
        "2026-03-01",
        "2026-02-28",
        "2026-02-01",
        "2026-01-31",
    ):
        moved(db, make_sale(), midnight(dt.date.fromisoformat(moment)))
    glance = glance_of(today)
    assert glance.orders == (1, 1) and glance.orders.change == 0
    assert glance.month == (Decimal("389.70"), Decimal("259.80"))
    assert glance.month.change == 50 and glance.month_day_by_day[-2:] == [
        Decimal("259.80"),
        Decimal("389.70"),
    ]
    assert glance_of(dt.date(2026, 3, 1)).month == (Decimal("129.90"), Decimal("129.90"))

    make_sale()
    page, now = clerk.get("/").text, shop_day(utc_now())
    days = f"paid_since={now}&amp;paid_until={now}"
    assert f'href="/sales?{days}"' in page and f'href="/packing-slips?shipped_since={now}' in page
    assert f'href="/invoices?status=authorized&amp;since={now}&amp;until={now}"' in page
    assert f'href="/sales?paid_since={now.replace(day=1)}&amp;paid_until={now}"' in page


def test_nfe_and_parcels_of_a_day_are_those_that_its_lists_show(clerk, db):
    open_shop()
    make_sale(reference="NOW")
    make_sale(reference="BEFORE")
    work_off()
    now, (_first, second) = utc_now(), db.session.scalars(db.select(Invoice).order_by(Invoice.id))
    yesterday = now - dt.timedelta(days=1)
    second.issued_at = yesterday
    slips = db.session.scalars(db.select(PackingSlip).order_by(PackingSlip.id)).all()
    slips[0].shipped_at, slips[1].shipped_at = yesterday, now
    db.session.commit()
    today = shop_day(now)
    found = queries.of_the_day(today)
    assert (found.notes, found.parcels) == ([1, 1], [1, 1])

    shown = clerk.get(f"/invoices?status=authorized&since={today}&until={today}").text
    assert "NOW" in shown and "BEFORE" not in shown
    shown = clerk.get(f"/packing-slips?shipped_since={today}&shipped_until={today}").text
    assert "BEFORE" in shown and "NOW" not in shown
    shown = clerk.get(f"/sales?paid_since={today}&paid_until={today}").text
    assert "BEFORE" in shown and "NOW" in shown and "Paid since" in shown
    assert "BEFORE" not in clerk.get(f"/sales?paid_until={shop_day(yesterday)}").text


# On its first day a month has no day before it.
@pytest.mark.both_databases
@pytest.mark.parametrize("today", ("2026-03-01", "2026-03-02", "2026-03-31", "2028-02-29"))
def test_commissions_of_the_month_are_net_of_reversals_and_sum_up_day_by_day(db, today):
    today = dt.date.fromisoformat(today)
    assert commissions_of(today).amount == ZERO

    open_shop()
    sale = make_sale()
    work_off()
    moved(db, sale, midnight(today))
    for number, amount in enumerate(("10.00", "5.50", "-3.00")):
        db.session.add(commission(db, sale, number, Decimal(amount), today.strftime("%Y-%m")))
    db.session.add(commission(db, sale, 9, Decimal("99.00"), "2020-01"))
    db.session.commit()

    found = commissions_of(today)
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


def drawn(page):
    return json.loads(html.unescape(page.partition('data-plot="')[2].partition('"')[0]))


def test_a_chart_of_a_range_beside_the_days_before_or_parted(client, db):
    """The lines are what was paid, less what was given back."""
    sign_in(client, "manager")
    sku = make_product(price="10.00", cost="4.00", name="Chá preto").sku
    for day, channel, quantity in (
        (3, "site", 1),
        (3, "phone", 2),
        (1, "site", 4),
        (-1, "site", 7),
    ):
        sale = make_sale(lines=[{"sku": sku, "quantity": quantity}], channel=channel)
        moved(db, sale, midnight(dt.date(2026, 3, 10) + dt.timedelta(day)))
    ask = "/?since=2026-03-11&until=2026-03-13"

    told = drawn(client.get(ask).text)
    assert [line["values"] for line in told["lines"]] == [[40, 0, 30], [0, 70, 0]]
    assert [line["former"] for line in told["lines"]] == [False, True]
    assert told["steps"] == [1773187200 + 86400 * index for index in range(3)]

    told = drawn(client.get(f"{ask}&by=channel").text)
    assert [(line["label"], line["values"]) for line in told["lines"]] == [
        ("Site", [40, 0, 10]),
        ("Phone", [0, 0, 20]),
    ]
    page = client.get(f"{ask}&by=channel&of=orders").text
    assert [line["values"] for line in drawn(page)["lines"]] == [[1, 0, 1], [0, 0, 1]]
    assert "/sales?paid_since=2026-03-11&amp;paid_until=2026-03-13&amp;channel=phone" in page
    asked = {"HX-Request": "true", "HX-Target": "chart"}
    told = drawn(client.get(f"{ask}&by=product&of=margin", headers=asked).text)
    assert [(line["label"], line["values"]) for line in told["lines"]] == [
        ("Chá preto", [24, 0, 18])
    ]
    assert [line["label"] for line in drawn(client.get(f"{ask}&by=agent").text)["lines"]] == [
        "No agent"
    ]


def test_the_glance_is_the_same_whatever_the_chart_is_parted_by(client, db):
    sign_in(client, "manager")
    for channel in ("site", "phone"):
        make_sale(channel=channel)
    pages = [client.get(f"/?by={by}").text for by in ("all", "channel", "agent")]
    usual, *others = (page.partition('id="figures"')[2].partition("</ul>")[0] for page in pages)
    assert usual.count("259.80") > 1
    assert others == [usual, usual]


def test_a_long_range_is_told_by_weeks_and_one_without_sales_in_words(clerk, db):
    moved(db, make_sale(), midnight(dt.date(2026, 3, 10)))
    told = drawn(clerk.get("/?since=2025-12-01&until=2026-03-31").text)
    assert len(told["steps"]) == 18 and told["steps"][1] - told["steps"][0] == 7 * 86400
    assert sum(told["lines"][0]["values"]) == 129.9
    assert "Nothing was paid on these days" in clerk.get("/?since=2026-03-11&until=2026-03-12").text


@pytest.mark.parametrize(
    "asked", ["since=x", "since=2020-01-01", "since=2999-01-01", "by=day", "of=margin", "of=x"]
)
def test_a_range_or_measure_that_cannot_be_is_refused_in_words(clerk, db, asked):
    """A margin is not for clerks; a chart shows a year."""
    make_sale()
    assert clerk.get(f"/?{asked}").status_code == 422


# -- who waits
# --------------------------------------------------------------------------------------


def needs_of(page):
    return page.partition('id="needs-title"')[2].partition("</section>")[0]


def test_what_must_leave_is_told_first_with_its_list(clerk, db):
    open_shop()
    make_sale()
    work_off()
    assert "due=late" not in needs_of(clerk.get("/").text)
    db.session.execute(update(Sale).values(ship_by=utc_now() - dt.timedelta(hours=1)))
    db.session.commit()
    needs = needs_of(clerk.get("/").text)
    assert 'href="/sales?due=late"' in needs and "due=today" not in needs


def test_an_order_in_attention_stands_there_with_reason_and_mend(clerk, db):
    make_sale(reference="WEB-9", address={"zip_code": "99999-999", "number": "1"})
    work_off()

    page = clerk.get("/").text
    needs = needs_of(page)
    assert 'href="/attention?kind=address"' in needs and "kind=review" not in needs
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
    assert "NF-e under review for 2 h 14 min" in page
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
