"""Why a rule applied to an order, or why not: by the version and the facts that decided."""

import datetime as dt
import re
from html import unescape

import pytest
from sqlalchemy import select

from tests.factories import make_product, open_shop, sign_in
from tests.support.processed_sales import agent, book, publish, sold
from tests.support.rule_facts import rule
from webapp.platform.database import db
from webapp.rules.models import Effect, RuleSetVersion

BOOKS = {"field": "item_kind", "op": "eq", "value": "book"}


def day_one() -> list[dict]:
    return db.session.scalars(db.select(RuleSetVersion).order_by(RuleSetVersion.id)).first().rules


def text_of(answer) -> str:
    assert answer.status_code == 200
    return " ".join(unescape(answer.text).split())


def ask(client, sale, code: str) -> str:
    return text_of(client.get(f"/sales/{sale.id}/rules/{code}"))


@pytest.fixture
def clerk(db, client):
    sign_in(client)
    return client


def test_a_rule_that_did_not_hold_shows_what_was_wanted_and_what_was_got(clerk):
    sale = sold(make_product(kind="streaming", video_url="https://videos.example/1").sku)
    page = ask(clerk, sale, "royalty_slip")
    assert "Its condition did not hold" in page and "Did not hold" in page
    assert re.search(
        "wanted: [^·]*book[^·]* or [^·]*e-book[^·]*· got: [^·]*streaming video[^·]*· not met", page
    )


def test_each_item_is_answered_for(clerk):
    agent()
    sale = sold(book(sku="LV-1"), make_product(kind="membership", sku="CL-1").sku, agent="A1")
    page = ask(clerk, sale, "commission")
    assert page.count('<details class="fold answer"') == 2
    assert "Commission of R$5.00" in page and "Applied" in page and "Did not hold" in page


def test_a_fact_that_was_not_there_is_told_as_nothing(clerk):
    page = ask(clerk, sold(book()), "commission")
    assert "got: nothing · not met" in page


def test_a_switch_is_told_in_words(clerk):
    page = ask(clerk, sold(book()), "royalty_slip")
    assert "got: the item is not a gift · met" in page


def test_an_exception_and_the_rule_it_skips_name_each_other(clerk):
    agent()
    vip = rule(
        "no_commission",
        BOOKS,
        [{"do": "skip_rule", "codes": ["commission"]}],
        priority=5,
        name="No commission on books",
    )
    publish([*day_one(), vip])
    sale = sold(book(), agent="A1")
    assert "The exception “No commission on books” skips this rule." in ask(
        clerk, sale, "commission"
    )
    assert "Physical product or book: commission" in ask(clerk, sale, "no_commission")
    page = text_of(clerk.get(f"/sales/{sale.id}"))
    assert (
        "Suppressed by an exception" in page
        and "The exception “No commission on books” skips this rule." in page
    )


def test_of_two_commissions_the_loser_names_the_winner(clerk):
    agent()
    first = rule(
        "ten", BOOKS, [{"do": "commission", "percent": "10"}], priority=5, name="Ten per cent"
    )
    publish([*day_one(), first])
    sale = sold(book(), agent="A1")
    page = ask(clerk, sale, "commission")
    assert (
        "Lost to another" in page
        and "“Ten per cent” comes first, and only one of the two counts." in page
    )


def test_a_commission_without_an_agent_had_nothing_to_pay(clerk):
    publish([*day_one(), rule("ten", BOOKS, [{"do": "commission", "percent": "10"}], priority=5)])
    page = ask(clerk, sold(book()), "ten")
    assert "Nothing to pay" in page and "Lost to another" not in page


def test_a_gift_that_would_bring_a_gift_names_the_rule_that_added_it(clerk):
    sku, gift = book(), make_product().sku
    always = {"field": "item_quantity", "op": "gte", "value": 1}
    publish([rule("more", always, [{"do": "add_item", "sku": gift}], name="One more")])
    sale = sold(sku)
    assert "A gift brings no further gift: “One more” added this item." in ask(clerk, sale, "more")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"enabled": False}, ("This rule was disabled", "It would have held; enabled")),
        (
            {"valid_to": "2020-01-31"},
            ("This rule was not in force on", "Would hold", "31 Jan 2020"),
        ),
    ],
)
def test_a_rule_that_was_not_asked_tells_whether_it_would_have_held(clerk, change, words):
    publish([*day_one(), rule("shelf", BOOKS) | change])
    page = ask(clerk, sold(book()), "shelf")
    assert [word for word in words if word not in page] == []


def test_the_version_of_that_time_answers_also_after_another_was_published(clerk):
    old = publish([*day_one(), rule("gone", BOOKS, name="Once upon a time")])
    sale = sold(book())
    publish(day_one())
    assert f"version {old.id}" in ask(clerk, sale, "gone")
    assert clerk.get(f"/sales/{sale.id}/rules/never_there").status_code == 404


def test_it_is_judged_by_the_day_of_the_payment_not_of_the_decision(clerk):
    """Paid late in the evening of the last day, decided the day after."""
    publish([*day_one(), rule("until_today", BOOKS, valid_to="2026-03-10")])
    sale = sold(book())
    sale.paid_at = dt.datetime(2026, 3, 11, 2, 30, tzinfo=dt.UTC)  # 23:30 of the 10th in the shop
    db.session.commit()
    assert "was not in force" not in ask(clerk, sale, "until_today")


def test_a_search_leads_to_the_one_rule_it_means_and_else_to_a_choice(clerk):
    sale = sold(book())
    assert clerk.get(f"/sales/{sale.id}/rules?q=royalty_slip").location.endswith(
        f"/sales/{sale.id}/rules/royalty_slip"
    )
    several = text_of(clerk.get(f"/sales/{sale.id}/rules?q=membership"))
    assert (
        f'href="/sales/{sale.id}/rules/membership_upgrade"' in several
        and "royalty_slip" not in several
    )
    assert "No rule of this name" in text_of(clerk.get(f"/sales/{sale.id}/rules?q=zebra"))
    options = text_of(clerk.get(f"/sales/{sale.id}/rule-options?q=royal"))
    assert options.count("<option") == 1 and "royalty_slip" in options


def test_a_choice_among_many_rules_is_bounded(clerk):
    publish([rule(f"r{number}", BOOKS) for number in range(300)])
    sale = sold(book())
    assert clerk.get(f"/sales/{sale.id}/rule-options").text.count("<option") == 50
    assert "<option" not in clerk.get(f"/sales/{sale.id}").text


def test_with_htmx_only_the_answer_comes(clerk):
    sale = sold(book())
    part = clerk.get(f"/sales/{sale.id}/rules/royalty_slip", headers={"HX-Request": "true"}).text
    assert part.startswith('<div id="why-answer"') and "<h1" not in part


def test_before_the_rules_decided_there_is_nothing_to_ask(clerk):
    sale = sold(book(), paid=False)
    assert clerk.get(f"/sales/{sale.id}/rules/royalty_slip").status_code == 409
    assert 'id="why"' not in clerk.get(f"/sales/{sale.id}").text


def test_all_values_of_a_long_list_are_there_to_read(clerk):
    skus = [f"S-{number}" for number in range(12)]
    publish([*day_one(), rule("some", {"field": "item_sku", "op": "in", "value": skus})])
    page = ask(clerk, sold(book()), "some")
    assert "All 12 values wanted" in page and "“S-11”" in page


@pytest.mark.parametrize(("role", "status"), [("clerk", 200), ("accountant", 200)])
def test_clerks_and_accountants_may_ask(db, client, role, status):
    sign_in(client, role)
    assert client.get(f"/sales/{sold(book()).id}/rules/royalty_slip").status_code == status


def test_a_manager_goes_on_to_the_rule_and_makes_an_example_of_the_order(db, client):
    sale = sold(book(sku="LV-77"))
    sign_in(client, "manager")
    for page in (text_of(client.get(f"/sales/{sale.id}")), ask(client, sale, "royalty_slip")):
        assert (
            'href="/rules/royalty_slip/edit"' in page
            and 'action="/rules/royalty_slip/examples"' in page
        )
    answer = client.post("/rules/royalty_slip/examples", data={"sale": sale.id})
    assert answer.status_code == 303 and answer.location.startswith("/rules/royalty_slip/edit")


def test_a_rule_that_is_there_no_more_is_explained_and_not_opened(db, client):
    publish([*day_one(), rule("gone", BOOKS, name="Once upon a time")])
    sale = sold(book())
    publish(day_one())
    sign_in(client, "manager")
    for page in (text_of(client.get(f"/sales/{sale.id}")), ask(client, sale, "gone")):
        assert "Once upon a time" in page and "/rules/gone/" not in page.replace(
            f"/sales/{sale.id}/rules/gone", ""
        )


def test_a_clerk_asks_and_changes_nothing(clerk):
    sale = sold(book())
    assert "/rules/royalty_slip/e" not in ask(clerk, sale, "royalty_slip")


def test_the_order_page_tells_each_effect_once_beside_its_rule(db, client):
    """Rule, effect and state in one row; a rule that came to nothing says what stood in its way."""
    agent()
    open_shop()
    sale = sold(book(sku="LV-1"), agent="A1")
    sign_in(client, "manager")
    page = client.get(f"/sales/{sale.id}").text
    rows = {
        re.search('aria-label="([^"]*)"', row)[1]: text
        for row in page.split('<article class="ruling"')[1:]
        if (text := row.partition("</article>")[0])
    }
    effects = list(db.session.scalars(select(Effect).where(Effect.sale_id == sale.id)))
    assert len(effects) == sum(row.count('id="effect-') for row in rows.values()) >= 3
    for effect in effects:
        assert page.count(f'id="effect-{effect.id}"') == 1
    commission = next(row for row in rows.values() if "R$5.00" in row)
    assert "Done" in commission and "why?" in commission
    assert page.count("R$5.00") == commission.count("R$5.00") == 1


def test_an_address_names_a_source_only_where_it_is_not_the_customers(client, db):
    sale = sold(book())
    sale.address_source = {"zip_code": "customer", "complement": "empty", "street": "viacep"}
    db.session.commit()
    sign_in(client)
    page = client.get(f"/sales/{sale.id}").text
    parts = page[page.index('id="address"') : page.index('id="customer-title"')]
    assert re.findall('<span class="tag">([^<]*)</span>', parts) == ["ViaCEP"]
