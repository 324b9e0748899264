"""Commissions of a month: by agent, net of reversals, as page, file and call."""

from decimal import Decimal

import pytest

from tests.factories import api, make_product, make_token, sign_in
from tests.support.processed_sales import agent, book, sold
from webapp.fulfilment.commissions.models import Commission
from webapp.http.formatting import shop_day
from webapp.platform.clock import utc_now
from webapp.rules.models import Effect


@pytest.fixture
def month(db):
    return shop_day(utc_now()).strftime("%Y-%m")


def reverse(db, sale, share="1", month=None) -> None:
    """What a cancellation or refund writes: a negative twin of each of the sale's commissions."""
    for earned in db.session.scalars(
        db.select(Commission).where(Commission.sale_id == sale.id)
    ).all():
        base, amount = (
            -(value * Decimal(share)).quantize(Decimal("0.01"))
            for value in (earned.base, earned.amount)
        )
        effect = Effect(
            decision_id=earned.effect.decision_id,
            sale_id=sale.id,
            event=f"refund-{share}",
            kind="commission",
            target=earned.effect.target,
            rule=earned.effect.rule,
            amount=amount,
            reverses=earned.effect_id,
        )
        db.session.add(
            Commission(
                sale_id=sale.id,
                effect=effect,
                month=month or earned.month,
                agent_code=earned.agent_code,
                agent_name=earned.agent_name,
                sku=earned.sku,
                base=base,
                percent=earned.percent,
                amount=amount,
            )
        )
    db.session.commit()


def commissions(client, **query) -> list[dict]:
    words = "&".join(f"{name}={value}" for name, value in query.items())
    return api(client, make_token("manager")).get(f"/commissions?{words}").json["items"]


def test_each_agent_has_one_line_with_what_was_sold_and_earned(db, client, month):
    agent("A1", "5.00", "Bruna Lima"), agent("A2", "7.50", "Caio Reis")
    sold(book(price="100.00"), make_product(price="50.10").sku, agent="A1")
    sold(book(price="10.00"), agent="A1")
    sold(book(price="20.00"), agent="A2")
    assert commissions(client, month=month) == [
        {"agent": "A1", "name": "Bruna Lima", "sales": 2, "sold": "160.10", "commission": "8.01"},
        {"agent": "A2", "name": "Caio Reis", "sales": 1, "sold": "20.00", "commission": "1.50"},
    ]
    assert [row["agent"] for row in commissions(client, month=month, agent="A2")] == ["A2"]


def test_a_sale_taken_back_whole_counts_no_more(db, client, month):
    agent()
    reverse(db, sold(book(), agent="A1"))
    sold(book(price="30.00"), agent="A1")
    assert commissions(client, month=month) == [
        {"agent": "A1", "name": "Bruna Lima", "sales": 1, "sold": "30.00", "commission": "1.50"},
    ]


def test_a_sale_taken_back_in_part_still_counts(db, client, month):
    agent()
    reverse(db, sold(book(), agent="A1"), share="0.4")
    assert commissions(client, month=month) == [
        {"agent": "A1", "name": "Bruna Lima", "sales": 1, "sold": "60.00", "commission": "3.00"},
    ]


def test_a_reversal_belongs_to_the_month_in_which_it_happens(db, client, month):
    agent()
    reverse(db, sold(book(), agent="A1"), month="2031-01")
    assert commissions(client, month=month)[0]["commission"] == "5.00"
    assert commissions(client, month="2031-01") == [
        {"agent": "A1", "name": "Bruna Lima", "sales": 0, "sold": "-100.00", "commission": "-5.00"},
    ]


def test_the_list_of_agents_is_paged(db, client, month):
    for code in ("A1", "A2", "A3"):
        agent(code)
        sold(book(), agent=code)
    calls = api(client, make_token("accountant"))
    first = calls.get(f"/commissions?month={month}&limit=2").json
    second = calls.get(f"/commissions?month={month}&limit=2&cursor={first['next_cursor']}").json
    assert [row["agent"] for row in first["items"] + second["items"]] == ["A1", "A2", "A3"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "written", ["2026-13", "26-11", "2026-11-01", "november", "0000-01", "9999-12", "2026-1١"]
)
def test_a_month_written_otherwise_is_refused(db, client, written):
    answer = api(client, make_token("manager")).get(f"/commissions?month={written}")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "month")
    sign_in(client, "manager")
    assert client.get(f"/commissions?month={written}").status_code == 422


def test_the_page_shows_agents_and_the_months_total(db, client, month):
    agent("A1"), agent("A2", "10.00", "Caio Reis")
    sold(book(), agent="A1")
    sold(book(price="40.00"), agent="A2")
    sign_in(client, "accountant")
    page = client.get("/commissions").text
    assert 'id="agent-A1"' in page and 'id="agent-A2"' in page
    assert "R$140.00" in page and "R$9.00" in page


def test_an_agents_page_lists_each_commission_with_its_order(db, client, month):
    agent()
    sale = sold(book(), agent="A1", reference="WEB-9")
    reverse(db, sale)
    sign_in(client, "manager")
    page = client.get(f"/commissions?month={month}&agent=A1").text
    assert (
        page.count(f'href="/sales/{sale.id}"') == 2
        and 'data-status="reversal"' in page
        and "-R$5.00" in page
    )


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("pt_BR", "A1;Bruna Lima;{month};1;100,00;5,00"),
        ("en", "A1,Bruna Lima,{month},1,100.00,5.00"),
    ],
)
def test_the_file_is_written_as_spreadsheets_of_the_readers_country_read_it(
    db, client, month, language, line
):
    agent()
    sold(book(), agent="A1")
    sign_in(client, "manager", locale=language)
    answer = client.get(f"/commissions.csv?month={month}", buffered=True)
    assert (
        answer.headers["Content-Disposition"] == f'attachment; filename="commissions-{month}.csv"'
    )
    text = answer.data.decode("utf-8")
    assert text.startswith("\ufeff") and line.format(month=month) in text


@pytest.mark.parametrize("name", ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)"])
def test_a_name_is_no_formula_in_a_spreadsheet(db, client, month, name):
    agent(name=name)
    sold(book(), agent="A1")
    sign_in(client, "manager", locale="pt_BR")
    [cell] = [
        row.split(";")[1]
        for row in client.get("/commissions.csv", buffered=True).text.splitlines()[1:]
    ]
    assert cell.strip('"').startswith("'")


def test_a_month_without_commissions_teaches_what_brings_them(db, client):
    sign_in(client, "manager")
    page = client.get("/commissions?month=2020-01").text
    assert "No commissions in this month" in page and "January 2020" in page


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "path", ["/commissions?agent=A%00", "/royalties?author=%00", "/commissions?agent=nobody"]
)
def test_a_filter_that_fits_nothing_shows_nothing(db, client, path):
    agent()
    sold(book(), agent="A1")
    sign_in(client, "manager")
    answer = client.get(path)
    assert (
        answer.status_code == 200
        and 'id="commission-' not in answer.text
        and 'id="royalty-1' not in answer.text
    )


@pytest.mark.parametrize(
    "path", ["/commissions", "/commissions.csv", "/royalties", "/royalties.csv"]
)
def test_what_people_earn_is_not_for_clerks(db, client, path):
    sign_in(client, "clerk")
    assert client.get(path).status_code == 403
