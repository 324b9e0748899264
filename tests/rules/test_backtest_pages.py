"""Testing a draft on past orders: asked for, watched, stopped, read, and taken along as a file."""

import csv
import datetime as dt
import html
import io
import re

import pytest
from sqlalchemy import func, select

from tests.factories import make_user, sign_in, work_off
from tests.support.past_decisions import RULES, changed, keep_past, open_draft_of
from tests.support.processed_sales import counted
from webapp.platform.clock import utc_now
from webapp.platform.sliced import SliceStatus
from webapp.rules.models import Backtest, RuleDraft
from webapp.rules.pages import backtests
from webapp.sales.models import Sale

ASK = "/rules/draft/backtests"
COMMISSION_8 = {"then": [{"do": "commission", "percent": "8.00"}]}


@pytest.fixture
def manager(client, db):
    return sign_in(client, "manager", name="Rosa Almeida")


@pytest.fixture
def draft(db, manager):
    keep_past(70)
    return open_draft_of(changed("commission", **COMMISSION_8))


def ask(client, **form) -> str:
    """The test's page."""
    answer = client.post(ASK, data={"days": "all"} | form)
    assert answer.status_code == 303, answer.text
    return answer.location


def text_of(client, path) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.text)


def count(db) -> int:
    return db.session.scalar(select(func.count()).select_from(Backtest))


def test_a_test_is_asked_for_watched_and_read(client, draft):
    path = ask(client)
    page = text_of(client, path)
    assert (
        "Orders: 0 of 70" in page
        and "<progress" in page
        and 'http-equiv="refresh"' in page
        and "Rosa Almeida" in page
    )
    work_off()
    page = text_of(client, path)
    assert "<progress" not in page and 'http-equiv="refresh"' not in page
    assert "70 orders judged" in page and "Commission by agent" in page and "Agent A1" in page
    assert re.search(r"agent's own[^<]*→[^<]*8", page)


def test_the_page_fetches_its_moving_part_again_by_itself(client, draft):
    path = ask(client)
    number = path.rsplit("/", 1)[1]
    assert f'data-live="backtest-{number}"' in client.get(path).text
    part = client.get(f"{path}/state").text
    assert part.strip().startswith("<div") and 'id="backtest-live"' in part and "<html" not in part


def test_asked_twice_it_is_one_test_while_it_is_under_way(client, db, draft):
    first = ask(client)
    assert ask(client) == first and ask(client, days="30") != first and count(db) == 2
    work_off()
    assert ask(client) != first


def test_a_draft_that_changed_is_another_test_and_says_so_of_the_old_one(client, db, draft):
    first = ask(client)
    draft.rules = changed("commission", then=[{"do": "commission", "percent": "9.00"}])
    db.session.commit()
    assert "The draft has changed since" in text_of(client, first)
    second = ask(client)
    assert second != first and "The draft has changed since" not in text_of(client, second)
    work_off()
    assert "of an earlier draft" in text_of(client, "/rules/draft")


def test_a_test_is_stopped_once_and_stays_stopped(client, db, draft):
    path = ask(client)
    for _time in range(2):
        assert client.post(f"{path}/stop").status_code == 303
    work_off()
    assert "This test was stopped" in text_of(client, path)
    assert db.session.scalars(select(Backtest)).one().status is SliceStatus.STOPPED


def test_what_failed_says_so(client, db, draft):
    path = ask(client)
    asked = db.session.scalars(select(Backtest)).one()
    asked.fail("ZeroDivisionError: division by zero", utc_now())
    db.session.commit()
    page = text_of(client, path)
    assert "This test could not be finished" in page and "ZeroDivisionError" in page


def test_without_past_orders_it_says_so_at_once(client, manager, db):
    open_draft_of(changed("commission", **COMMISSION_8))
    assert "No orders were paid in this time" in text_of(client, ask(client, days="30"))


def test_a_draft_that_decides_alike_is_told_that_nothing_changes(client, db, manager):
    keep_past(20)
    open_draft_of(changed("commission", name="Another name"))
    path = ask(client)
    work_off()
    page = text_of(client, path)
    assert "Nothing changes" in page and "Download CSV" not in page and "orders and" not in page
    assert "Nothing changes" in text_of(client, f"{path}/orders")


def test_where_nothing_changes_it_is_told_what_became_of_each_changed_rule(client, db, manager):
    keep_past(20)
    never = {"field": "sale_channel", "op": "eq", "value": "Shop counter"}
    late = {"then": [{"do": "commission", "percent": "9.00"}], "scope": "line", "event": "paid"}
    standing = next(rule["when"] for rule in RULES if rule["code"] == "commission")
    names = {code: {"en": code.title(), "pt_BR": code.title()} for code in ("never", "late")}
    open_draft_of(
        [
            *RULES,
            {"code": "never", "name": names["never"], "when": never, **late},
            {"code": "late", "name": names["late"], "when": standing, **late},
        ]
    )
    path = ask(client)
    work_off()
    page = text_of(client, path)
    assert "“Never” held in none of 20 orders." in page
    assert re.search(r"“Late” held in \d+ of 20 orders and never counted: “.+” came first", page)


def test_a_rule_that_begins_later_can_be_judged_as_if_it_had_begun(client, db, manager):
    keep_past(30)
    begins = utc_now().date() + dt.timedelta(days=10)
    open_draft_of(changed("commission", valid_from=str(begins), **COMMISSION_8))
    assert f'<option value="{begins}"' in client.get("/rules/draft").text
    path = ask(client, as_of=str(begins))
    work_off()
    page = text_of(client, path)
    assert "as if every order were of" in page and "Actions changed" in page


NOT_OFFERED = [
    {"days": "7"},
    {"days": ""},
    {"days": "30", "as_of": "tomorrow"},
    {"days": "30", "as_of": "2020-01-01"},
    {"days": "30", "as_of": "9" * 400},
    {"days": "30", "as_of": "\x00"},
]


def test_another_time_or_day_than_those_offered_is_refused(client, db, draft, subtests):
    for form in NOT_OFFERED:
        with subtests.test(form=form):
            assert client.post(ASK, data=form).status_code == 422
            assert count(db) == 0


def test_without_a_draft_there_is_nothing_to_test(client, db, manager):
    answer = client.post(ASK, data={"days": "30"}, follow_redirects=True)
    assert "There is no draft to test" in html.unescape(answer.text) and count(db) == 0


@pytest.mark.parametrize("path", ["", "/state", "/orders", ".csv"])
def test_a_test_that_is_not_there_is_not_found(client, manager, path):
    assert client.get(f"/rules/backtests/99{path}").status_code == 404
    assert client.get(f"/rules/backtests/99999999999999999999{path}").status_code == 404


@pytest.mark.parametrize("role", ["clerk", "reviewer", "accountant"])
def test_below_the_manager_nobody_tests_rules(client, db, draft, role):
    path = ask(client)
    other = client.application.test_client()
    sign_in(other, role)
    assert other.get(path).status_code == other.post(ASK, data={"days": "30"}).status_code == 403
    assert other.post(f"{path}/stop").status_code == other.get(f"{path}.csv").status_code == 403


# What changes, order by order


def test_all_orders_that_change_are_listed_page_by_page_the_newest_first(
    client, db, draft, monkeypatch
):
    monkeypatch.setattr(backtests, "ON_A_PAGE", 20)
    path = ask(client)
    work_off()
    kept = [change["sale"] for change in db.session.scalars(select(Backtest.changes)).one()]
    references = dict(db.session.execute(select(Sale.id, Sale.reference)).all())
    first, second = (text_of(client, f"{path}/orders?page={page}") for page in (1, 2))
    assert len(kept) > 20 and kept == sorted(kept, reverse=True)
    assert all(f">{references[sale]}<" in first for sale in kept[:20])
    assert f">{references[kept[20]]}<" in second and f">{references[kept[0]]}<" not in second
    assert 'rel="next"' in first and 'rel="prev"' in second


def test_a_page_that_is_none_is_the_nearest_one(client, draft, subtests):
    path = ask(client)
    work_off()
    for page in ("0", "-1", "9999", "99999999999", "x", "²", ""):
        with subtests.test(page=page):
            assert client.get(f"{path}/orders?page={page}").status_code == 200


def test_the_file_has_a_line_for_each_change_and_is_safe_in_a_spreadsheet(client, db, draft):
    db.session.execute(db.update(Sale).values(reference="=HYPERLINK(1)"))
    db.session.commit()
    path = ask(client)
    work_off()
    answer = client.get(f"{path}.csv")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    header, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    changes = db.session.scalars(select(Backtest.changes)).one()
    assert len(rows) == sum(len(sale["changes"]) for sale in changes) > 10
    assert all(len(row) == len(header) for row in rows) and {row[0] for row in rows} == {
        "'=HYPERLINK(1)"
    }
    first = changes[0]["changes"][0]
    assert rows[0][-2:] == [first["was"]["amount"], first["now"]["amount"]]


def test_names_are_text_not_markup(client, db, draft):
    db.session.execute(db.update(Sale).values(reference="<script>alert(1)</script>"))
    db.session.commit()
    path = ask(client)
    work_off()
    assert "<script>alert" not in client.get(path).text + client.get(f"{path}/orders").text


# On the draft's page


def test_the_drafts_page_shows_its_last_tests_and_the_form(client, draft):
    path = ask(client)
    page = text_of(client, "/rules/draft")
    assert f'href="{path}"' in page and f'action="{ASK}"' in page and "Orders: 0 of 70" in page
    work_off()
    assert "of the orders judged change" in text_of(client, ASK)


def test_a_draft_that_was_published_keeps_its_tests_readable(client, db, draft):
    path = ask(client)
    work_off()
    kept = db.session.get_one(RuleDraft, draft.id)
    kept.status, kept.published_as = "published", kept.base_id
    db.session.commit()
    page = text_of(client, path)
    assert "This draft was published as version" in page and f'action="{ASK}"' not in page


def test_the_page_asks_the_database_no_more_for_many_changes_than_for_few(client, db, manager):
    asked = []
    keep_past(200)
    open_draft_of(changed("commission", **COMMISSION_8))
    path = ask(client)
    work_off()
    # The first page asks besides whether anything is amiss in the house.
    client.get(f"{path}/orders")
    for number in (1, 50):
        kept = db.session.scalars(select(Backtest)).one()
        kept.changes = kept.changes[:number]
        db.session.commit()
        with counted() as said:
            client.get(f"{path}/orders")
        asked.append(len(said))
    assert asked[0] == asked[1]


def test_who_asked_is_told_by_name(client, db, draft):
    make_user("manager", name="Somebody else")
    ask(client)
    assert db.session.scalars(select(Backtest.asked_by)).one() == "Rosa Almeida"
