"""The list of rules: found by text and action, paged, fast and with few queries; the buttons of its
rows."""

import datetime as dt
import re

import pytest

from tests.factories import sign_in
from tests.support.processed_sales import counted
from tests.support.rule_drafts import drafted, in_force, paying, rule, somebody
from tests.support.timing import processor_seconds_below
from webapp.platform.clock import utc_now
from webapp.rules.models import RuleFiring
from webapp.rules.pages.listing import ROWS
from webapp.rules.queries import KEPT_SETS, book_to_edit, compiled, firings, open_draft

TODAY = dt.date(2026, 11, 20)
MANY = 1000


def shown(answer) -> list[str]:
    return re.findall(r'<tr id="rule-([a-z0-9_]+)"', answer.text)


def row(answer, code: str) -> str:
    return answer.text.split(f'<tr id="rule-{code}"')[1].split("</tr>")[0]


def of_many(number: int) -> dict:
    """One of a thousand rules as shops have them: of one product each, with two conditions and
    examples."""
    return rule(
        f"r{number}",
        [{"do": "commission", "percent": "5.00"}] if number % 3 else None,
        priority=number % 7,
        when={
            "all": [
                {"field": "item_sku", "op": "in", "value": [f"SKU-{number}", f"SKU-{number}-B"]},
                {
                    "any": [
                        {"field": "agent_id", "op": "is_set"},
                        {"field": "sale_total", "op": "gte", "value": "10.00"},
                    ]
                },
            ]
        },
        name={"pt_BR": f"Regra {number}", "en": f"Rule {number}"},
        examples=[],
    )


FOUND = [
    ("", ["a", "gift", "fee"]),
    ("q=fee", ["fee"]),
    ("q=BRINDE", ["gift"]),
    ("q=comissão", ["fee"]),
    ("q=comissao", ["fee"]),
    ("q=SKU-9", ["gift"]),
    ("q=VD-0002", ["gift"]),
    ("q=rule+fee", []),
    ("action=commission", ["fee"]),
    ("action=commission&q=gift", []),
    ("page=7", ["a", "gift", "fee"]),
    ("page=x&q=%00", ["a", "gift", "fee"]),
]


def test_rules_are_found_by_name_code_value_and_action(db, client, subtests):
    in_force(
        rule("a"),
        paying("fee", name={"pt_BR": "Comissão da casa", "en": "The house's share"}),
        rule(
            "gift",
            [{"do": "add_item", "sku": "VD-0002"}],
            {"field": "item_sku", "op": "eq", "value": "SKU-9"},
            name="Brinde",
        ),
    )
    sign_in(client, "manager")
    for query, codes in FOUND:
        with subtests.test(query=query):
            found = shown(client.get(f"/rules?{query}"))
            assert sorted(found) == sorted(codes)


def test_a_long_list_comes_in_pages(db, client):
    in_force(*[rule(f"r{number:03}") for number in range(ROWS + 3)])
    sign_in(client, "manager")
    first, second = client.get("/rules"), client.get("/rules?page=2")
    assert len(shown(first)) == ROWS and shown(second) == [
        f"r{number:03}" for number in range(ROWS, ROWS + 3)
    ]
    assert "/rules?page=2" in first.text and "1 to 50 of 53" in first.text
    assert shown(client.get("/rules?at=r051")) == shown(second) and shown(
        client.get("/rules?page=99")
    ) == shown(second)


def test_a_rule_says_when_it_fired_last_and_how_often(db, client):
    in_force(rule("often"), rule("never"))
    day = utc_now().astimezone(dt.timezone(dt.timedelta(hours=-3))).date()
    for ago, sales in ((0, 2), (29, 3), (30, 4), (400, 9)):
        moment = utc_now() - dt.timedelta(days=ago)
        db.session.add(
            RuleFiring(code="often", day=day - dt.timedelta(days=ago), sales=sales, last_at=moment)
        )
    db.session.commit()
    assert firings(day)["often"].in_30_days == 5 and firings(day, ["never"]) == {}
    sign_in(client, "manager")
    page = client.get("/rules")
    assert ">5<" in row(page, "often") and "never" in row(page, "never")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["In force", "Last applied", "Priority", "Rule one", "If ", "Each item"]),
        ("pt_BR", ["Em vigor", "Última aplicação", "Prioridade", "Regra um", "Se ", "Cada item"]),
    ],
)
def test_the_list_is_in_the_readers_language(db, client, language, words):
    in_force(
        rule(
            "one",
            name={"pt_BR": "Regra um", "en": "Rule one"},
            when={"field": "item_physical", "op": "is_true"},
        )
    )
    sign_in(client, "manager", locale=language)
    page = client.get("/rules").text
    assert [word for word in words if word not in page] == []


def test_the_buttons_of_a_row_write_the_draft(db, client):
    in_force(rule("a"), rule("b"))
    sign_in(client, "manager")
    for path, data in (
        ("b/place", {"step": "up", "version": "0"}),
        ("a/copies", {"version": "1"}),
        ("a/switch", {"enabled": "0"}),
        ("b/removal", {}),
    ):
        answer = client.post(f"/rules/draft/rules/{path}", data=data)
        assert answer.status_code == 303 and answer.headers["Location"].startswith("/rules/draft")
    assert [(raw["code"], raw.get("enabled", True)) for raw in book_to_edit().to_json()] == [
        ("a", False),
        ("a_2", False),
    ]


def test_a_button_pressed_on_an_old_page_does_nothing_and_says_so(db, client):
    in_force(rule("a"), rule("b"))
    sign_in(client, "manager")
    seen = client.get("/rules").text
    assert 'name="version" value="0"' in seen
    drafted(somebody(), rule("c"))
    answer = client.post(
        "/rules/draft/rules/a/place", data={"step": "down", "version": "0"}, follow_redirects=True
    )
    assert "so nothing was done" in answer.text and [
        raw["code"] for raw in book_to_edit().to_json()
    ] == [
        "a",
        "b",
        "c",
    ]


@pytest.mark.parametrize(
    "path", ["gone/switch", "gone/removal", "gone/place", "gone/copies", "NO%20CODE/switch"]
)
def test_a_button_of_a_rule_that_is_gone_is_refused_in_words(db, client, path):
    sign_in(client, "manager")
    answer = client.post(f"/rules/draft/rules/{path}", data={"version": "0"}, follow_redirects=True)
    assert answer.status_code == 200 and open_draft() is None
    assert "no such rule" in answer.text or "removal" in path


def test_the_draft_shows_where_a_changed_rule_stands(db, client):
    in_force(*[rule(f"r{number:03}") for number in range(ROWS + 3)])
    sign_in(client, "manager")
    answer = client.post(
        "/rules/draft/rules/r051/switch", data={"enabled": "0"}, follow_redirects=True
    )
    assert (
        "r051" in shown(answer)
        and "Changed rule" in row(answer, "r051")
        and "Disabled" in row(answer, "r051")
    )
    assert "Changed rule" in row(client.get("/rules?at=r051"), "r051"), (
        "in force it is told as well"
    )


PAGES = ("/rules", "/rules/draft", "/rules/versions", "/rules/versions/1", "/rules/export.json")


@pytest.mark.parametrize(
    ("role", "status"), [("clerk", 403), ("reviewer", 403), ("accountant", 403), ("manager", 200)]
)
def test_only_who_keeps_rules_sees_them(db, client, role, status, subtests):
    sign_in(client, role)
    for path in PAGES:
        with subtests.test(path=path):
            assert client.get(path).status_code == status


CHANGES = [
    "/rules/draft/publication",
    "/rules/draft/discarding",
    "/rules/draft/rebase",
    "/rules/draft/rules/commission/copies",
    "/rules/draft/rules/commission/switch",
    "/rules/draft/rules/commission/place",
    "/rules/draft/rules/commission/removal",
    "/rules/versions/1/restoration",
    "/rules/versions/1/draft",
]


@pytest.mark.parametrize("role", ["reviewer", "accountant"])
def test_only_who_keeps_rules_changes_them(db, client, role, subtests):
    sign_in(client, role)
    for path in CHANGES:
        with subtests.test(path=path):
            assert client.post(path).status_code == 403 and open_draft() is None


def test_a_thousand_rules_are_listed_fast_and_with_few_queries(db, client):
    in_force(rule("a"))
    sign_in(client, "manager")
    client.get("/rules")
    with counted() as few:
        client.get("/rules")
    in_force(*[of_many(number) for number in range(MANY)])
    client.get("/rules")
    with counted() as many:
        with processor_seconds_below(1):
            answer = client.get("/rules?q=sku-99")
    assert len(shown(answer)) == 11 and len(many) == len(few)


def test_a_click_in_a_draft_of_a_thousand_rules_stays_under_a_second(db, client):
    in_force(*[of_many(number) for number in range(MANY)])
    sign_in(client, "manager")
    client.post("/rules/draft/rules/r500/switch", data={"enabled": "0"})
    with processor_seconds_below(1):
        client.post("/rules/draft/rules/r501/switch", data={"enabled": "0"})
    assert open_draft().version == 2


def test_only_the_sets_asked_for_last_stay_compiled(app, db):
    ids = [in_force(rule("a")).id for _each in range(KEPT_SETS + 3)]
    first = [compiled(number) for number in ids][-KEPT_SETS]
    kept = app.extensions["rule_sets"]
    assert list(kept) == ids[-KEPT_SETS:]
    assert compiled(ids[-KEPT_SETS]) is first
    compiled(ids[0])
    assert list(kept)[-2:] == [ids[-KEPT_SETS], ids[0]], "what was asked for again stays"
