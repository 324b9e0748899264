"""What lint warns of, in words, with the place and the other rule."""

import random
import time
from datetime import date

import pytest

from tests.bench.rule_rate import specific_rules
from tests.support.rule_facts import DISC_PAIRS, STREAM_PAIRS, rule
from webapp.messages.words import RULE_TEMPLATES
from webapp.rules.core.book import RuleBook
from webapp.rules.core.day_one import day_one_rules
from webapp.rules.core.vocabulary import TASK_TITLES
from webapp.rules.linting.lint import lint
from webapp.rules.linting.references import References

TODAY = date(2026, 11, 20)
SKUS = {sku: "active" for pair in (*DISC_PAIRS.items(), *STREAM_PAIRS.items()) for sku in pair}
KNOWN = References(
    SKUS | {"OLD-1": "archived"},
    frozenset(RULE_TEMPLATES),
    frozenset(TASK_TITLES),
    frozenset({"A1"}),
    frozenset({"1", "2"}),
)


def check(field, op, *value):
    return {"field": field, "op": op} | ({"value": value[0]} if value else {})


def both(*members):
    return {"all": list(members)}


def paying(code, when=None, percent="5.00", **more):
    return rule(code, when, [{"do": "commission", "percent": percent}], **more)


def told(*rules, only=None):
    """(kind, code, path, other) of each warning."""
    return [
        (each.kind, each.code, each.path, each.other)
        for each in lint(RuleBook.read(list(rules)), KNOWN, TODAY, only)
    ]


def message(*rules):
    (warning,) = lint(RuleBook.read(list(rules)), KNOWN, TODAY)
    return warning.message


BOOK, EBOOK = check("item_kind", "eq", "book"), check("item_kind", "eq", "ebook")
GIFT = check("item_gift", "is_true")


def test_of_the_day_one_rules_there_is_nothing_to_say():
    assert told(*day_one_rules()) == told(*day_one_rules(DISC_PAIRS, STREAM_PAIRS)) == []


@pytest.mark.parametrize(
    ("when", "path"),
    [
        (both(BOOK, EBOOK), "when.all.1"),
        (both(GIFT, check("item_gift", "is_false")), "when.all.1"),
        (
            both(
                GIFT,
                both(BOOK, check("item_price", "gt", "10.00"), check("item_price", "lte", "10.00")),
            ),
            "when.all.1.all.2",
        ),
        (
            both(check("item_price", "gt", "10.00"), check("item_price", "lt", "10.01")),
            "when.all.1",
        ),
        (both(check("item_quantity", "gt", 3), check("item_quantity", "lt", 4)), "when.all.1"),
        (
            both(check("item_quantity", "in", [1, 2]), check("item_quantity", "not_in", [1, 2, 3])),
            "when.all.1",
        ),
        (
            both(
                check("item_price", "between", ["1.00", "2.00"]), check("item_price", "eq", "2.01")
            ),
            "when.all.1",
        ),
        (check("agent_percent", "gt", "100"), "when"),
        (
            check(
                "item_kind",
                "not_in",
                [
                    "physical",
                    "book",
                    "ebook",
                    "video",
                    "streaming",
                    "membership",
                    "membership_upgrade",
                    "membership_reactivation",
                ],
            ),
            "when",
        ),
        (both(check("item_physical", "is_true"), EBOOK), "when.all.1"),
        (both(check("agent_id", "is_empty"), check("agent_id", "starts_with", "A")), "when.all.1"),
        (
            both(check("item_sku", "starts_with", "AB"), check("item_sku", "starts_with", "AC")),
            "when.all.1",
        ),
        (
            both(
                check("item_sku", "starts_with", "AB"), {"not": check("item_sku", "contains", "B")}
            ),
            "when.all.1",
        ),
        (
            both(
                check("item_sku", "in", ["AB", "AC"]),
                {"not": check("item_sku", "starts_with", "A")},
            ),
            "when.all.1",
        ),
        (check("item_sku", "is_empty"), "when"),
        ({"not": {"any": [BOOK, {"not": BOOK}]}}, "when"),
        (
            both(check("customer_state", "is_empty"), check("customer_state", "eq", "SP")),
            "when.all.1",
        ),
        ({"any": [both(BOOK, EBOOK), both(GIFT, check("item_gift", "is_false"))]}, "when"),
    ],
)
def test_conditions_that_contradict_each_other_never_apply(when, path):
    assert ("never_fires", "a", path, None) in told(rule("a", when))


@pytest.mark.parametrize(
    "when",
    [
        both(check("item_price", "gt", "10.00"), check("item_price", "lt", "10.02")),
        both(
            check("item_sku", "starts_with", "AB"),
            check("item_sku", "starts_with", "A"),
            check("item_sku", "contains", "C"),
        ),
        both(check("item_sku", "ne", "AB"), check("item_sku", "contains", "AB")),
        both({"any": [BOOK, EBOOK]}, {"any": [EBOOK, GIFT]}),
        {"not": check("agent_percent", "lte", "100")},
        {"not": both(check("agent_percent", "gte", "0"), check("agent_percent", "lte", "100"))},
        check(
            "customer_state",
            "not_in",
            [
                "AC",
                "AL",
                "AM",
                "AP",
                "BA",
                "CE",
                "DF",
                "ES",
                "GO",
                "MA",
                "MG",
                "MS",
                "MT",
                "PA",
                "PB",
                "PE",
                "PI",
                "PR",
                "RJ",
                "RN",
                "RO",
                "RR",
                "RS",
                "SC",
                "SE",
                "SP",
                "TO",
            ],
        ),
    ],
)
def test_conditions_that_may_hold_are_left_in_peace(when):
    assert "never_fires" not in [kind for kind, *_more in told(rule("a", when))]


def test_a_contradiction_is_told_by_the_two_that_make_it():
    assert message(
        rule("a", both(GIFT, check("item_quantity", "gt", 5), check("item_quantity", "lt", 3)))
    ) == (
        "It never applies: it cannot be that the quantity is above 5 and at once the quantity is "
        "below 3."
    )
    assert message(rule("a", check("agent_percent", "gt", "100"))) == (
        "It never applies: it cannot be that the agent's percentage is above 100.00 %."
    )


def test_a_rule_whose_last_day_is_over_never_applies_again():
    assert told(rule("a", valid_to="2026-11-19")) == [("never_fires", "a", "valid_to", None)]
    assert told(rule("a", valid_to="2026-11-20")) == told(rule("a", valid_from="2027-01-01")) == []


def test_a_rule_that_is_switched_off_is_not_looked_at():
    assert (
        told(rule("a", both(BOOK, EBOOK), [{"do": "add_item", "sku": "NONE"}], enabled=False)) == []
    )


def test_a_commission_where_there_is_no_agent_never_pays():
    nobody = paying("a", check("agent_id", "is_empty"))
    assert told(nobody) == [("never_fires", "a", "then.0", None)]
    nobody["then"].append({"do": "hold"})
    assert told(nobody) == [("never_fires", "a", "then.0", None)]


SKIP = [{"do": "skip_rule", "codes": ["a"]}]


def test_a_rule_that_a_wider_exception_always_skips_never_applies():
    always = rule("all_books", BOOK, SKIP, priority=5)
    assert told(always, rule("a", both(BOOK, GIFT))) == [("never_fires", "a", "", "all_books")]
    assert (
        message(always, rule("a", both(BOOK, GIFT)))
        == "It never applies: wherever it would, “all_books” skips it."
    )
    assert told(always, rule("a", {"any": [BOOK, GIFT]})) == []
    assert told(always | {"valid_to": "2026-12-01"}, rule("a", BOOK)) == []
    assert told(always | {"valid_to": "2026-12-01"}, rule("a", BOOK, valid_to="2026-11-30")) == [
        ("never_fires", "a", "", "all_books"),
    ]


def test_an_exception_to_the_whole_order_may_always_skip_a_rule_for_items():
    free = check("sale_total", "eq", "0.00")
    exception = rule("free", free, SKIP, scope="sale", priority=5)
    assert told(exception, rule("a", both(BOOK, free))) == [("never_fires", "a", "", "free")]


def test_an_exception_with_an_exception_of_its_own_does_not_always_skip():
    always = rule("all_books", BOOK, SKIP, priority=5)
    spared = rule("spared", GIFT, [{"do": "skip_rule", "codes": ["all_books"]}], priority=6)
    assert told(spared, always, rule("a", BOOK)) == []
    assert told(spared | {"when": EBOOK}, always, rule("a", BOOK)) == [
        ("never_fires", "a", "", "all_books")
    ]


def test_a_rule_adds_nothing_where_a_wider_one_does_the_same_before_it():
    wide, narrow = rule("wide", {"any": [BOOK, GIFT]}), rule("narrow", BOOK)
    assert told(wide, narrow) == [("subsumed", "narrow", "", "wide")]
    assert (
        message(wide, narrow)
        == "It adds nothing: wherever it applies, “wide” comes first and does the same."
    )
    assert told(narrow, wide) == []
    assert told(narrow, wide | {"priority": 1}) == [("subsumed", "narrow", "", "wide")]


@pytest.mark.parametrize(
    "change",
    [
        {"valid_to": "2026-12-31"},
        {"valid_from": "2026-11-21"},
        {"enabled": False},
        {"then": [{"do": "hold", "reason": "Books"}]},
        {"scope": "sale", "when": check("sale_total", "is_set")},
    ],
)
def test_what_is_not_there_always_or_does_something_else_makes_no_rule_idle(change):
    assert told(rule("wide") | change, rule("narrow", BOOK)) == []


def test_the_days_of_a_rule_that_are_over_do_not_count():
    assert told(rule("wide", valid_from="2026-11-01"), rule("narrow", BOOK)) == [
        ("subsumed", "narrow", "", "wide")
    ]
    assert told(
        rule("wide", valid_to="2026-12-31"), rule("narrow", BOOK, valid_to="2026-12-01")
    ) == [
        ("subsumed", "narrow", "", "wide"),
    ]


def test_only_the_idle_one_of_several_actions_is_named():
    narrow = rule("narrow", BOOK, [{"do": "email", "template": "streaming_links"}, {"do": "hold"}])
    assert told(rule("wide"), narrow) == [("subsumed", "narrow", "then.1", "wide")]


def test_an_item_that_is_added_once_more_is_one_more():
    add = [{"do": "add_item", "sku": "VD-0002"}]
    assert told(rule("wide", then=add), rule("narrow", BOOK, add)) == []


def test_an_exception_adds_nothing_to_one_that_skips_more():
    rules = [rule("b", GIFT), rule("c", BOOK, [{"do": "hold", "reason": "Books"}])]
    more = rule("more", BOOK, [{"do": "skip_rule", "codes": ["b", "c"]}], priority=6)
    less = rule("less", both(BOOK, GIFT), [{"do": "skip_rule", "codes": ["b"]}], priority=5)
    assert ("subsumed", "less", "", "more") in told(more, less, *rules)
    assert ("subsumed", "more", "", "less") not in told(less | {"priority": 7}, more, *rules)
    assert ("subsumed", "less", "", "more") in told(more, less | {"then": more["then"]}, *rules)


def test_a_commission_never_counts_behind_a_wider_one():
    wide, narrow = paying("wide", {"any": [BOOK, GIFT]}, priority=1), paying("narrow", BOOK, "9.00")
    assert told(wide, narrow) == [("subsumed", "narrow", "", "wide")]
    assert (
        message(wide, narrow)
        == "It never counts: wherever it applies, “wide” comes first and wins."
    )


def test_a_fixed_commission_still_pays_where_the_agent_has_no_percentage():
    assert told(paying("usual", None, "agent", priority=1), paying("fixed", None, "3.00")) == []
    assert told(paying("fixed", None, "3.00", priority=1), paying("usual", None, "agent")) == [
        ("subsumed", "usual", "", "fixed")
    ]
    with_percent = check("agent_percent", "is_set")
    assert told(
        paying("usual", None, "agent", priority=1), paying("fixed", with_percent, "3.00")
    ) == [
        ("subsumed", "fixed", "", "usual"),
    ]


def test_a_rule_behind_one_that_is_skipped_at_times_is_not_idle():
    for_one = check("customer_id", "eq", "1")
    skip = rule("skip", for_one, [{"do": "skip_rule", "codes": ["wide"]}], priority=9)
    wide, narrow = paying("wide", BOOK, priority=1), paying("narrow", both(BOOK, for_one), "9.00")
    assert told(skip, wide, narrow) == []
    for_another = narrow | {"when": both(BOOK, check("customer_id", "eq", "2"))}
    assert told(skip, wide, for_another) == [("subsumed", "narrow", "", "wide")]


@pytest.mark.parametrize(
    ("exception", "narrow"),
    [
        ({"then": [{"do": "hold"}, {"do": "skip_rule", "codes": ["wide", "narrow"]}]}, {}),
        ({"valid_to": "2026-11-30"}, {"valid_from": "2026-12-01"}),
        (
            {"when": check("item_quantity", "gt", 5)},
            {"when": both(BOOK, check("item_quantity", "lt", 3))},
        ),
    ],
)
def test_an_exception_that_never_parts_the_two_saves_neither(exception, narrow):
    skip = rule("skip", GIFT, [{"do": "skip_rule", "codes": ["wide"]}], priority=9) | exception
    few = paying("narrow", both(BOOK, check("item_quantity", "lt", 3)), "9.00")
    assert told(skip, paying("wide", BOOK, priority=1), few | narrow) == [
        ("subsumed", "narrow", "", "wide")
    ]


def test_commissions_of_one_priority_compete_where_both_apply():
    books, gifts = paying("books", BOOK), paying("gifts", GIFT, "9.00")
    assert told(books, gifts) == [("competing", "gifts", "then.0", "books")]
    assert message(books, gifts) == (
        "Where both apply, “books” counts and “gifts” does not, only because it stands before it "
        "in the list: both have priority 0. Give one of them a higher priority."
    )


def test_a_higher_priority_that_wins_only_in_part_is_named():
    books, gifts = paying("books", BOOK, priority=5), paying("gifts", GIFT, "9.00")
    assert told(books, gifts) == [("outranked", "gifts", "then.0", "books")]
    assert message(books, gifts) == (
        "Where both apply, “books” counts and “gifts” does not: its priority is higher, 5 over 0."
    )
    # That an exception to a rule has the higher priority is what a priority is for.
    assert told(paying("few", both(BOOK, GIFT), "9.00", priority=5), paying("books", BOOK)) == []
    assert told(paying("books", BOOK, "9.00", priority=5), paying("gifts", GIFT, "9.00")) == []
    assert told(paying("books", BOOK, priority=5), paying("ebooks", EBOOK, "9.00")) == []


def test_rules_that_may_hold_by_one_field_or_another_compete_with_either():
    either = {"any": [BOOK, check("sale_channel", "eq", "site")]}
    assert told(paying("ebooks", EBOOK), paying("either", either, "9.00")) == [
        ("competing", "either", "then.0", "ebooks")
    ]
    assert told(paying("either", either), paying("ebooks", EBOOK, "9.00")) == [
        ("competing", "ebooks", "then.0", "either")
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"priority": 1},
        {"when": EBOOK},
        {"enabled": False},
        {"valid_to": "2026-11-30"},
        {"then": [{"do": "commission", "percent": "9.00"}]},
        {"when": both(GIFT, check("agent_id", "is_empty"))},
    ],
)
def test_commissions_that_never_meet_or_agree_do_not_compete(change):
    kinds = [
        kind
        for kind, *_more in told(
            paying("books", BOOK) | change,
            paying("gifts", both(BOOK, GIFT), "9.00", valid_from="2026-12-01"),
        )
    ]
    assert "competing" not in kinds


def test_a_commission_and_the_exception_that_makes_room_for_it_do_not_compete():
    for_one = check("customer_id", "eq", "1")
    room = rule("room", for_one, [{"do": "skip_rule", "codes": ["usual"]}], priority=9)
    usual, own = paying("usual", BOOK, "agent"), paying("own", for_one, "9.00")
    assert told(usual, own) == [("competing", "own", "then.0", "usual")]
    assert told(room, usual, own) == []
    assert told(room | {"when": both(for_one, GIFT)}, usual, own) == [
        ("competing", "own", "then.0", "usual")
    ]
    assert told(room | {"valid_from": "2026-12-01"}, usual, own) == [
        ("competing", "own", "then.0", "usual")
    ]


def test_many_exceptions_that_cover_all_of_where_two_meet_leave_nothing_to_compete_for():
    few = check("item_quantity", "between", [1, 9])
    rules = [
        rule(
            f"e{number}",
            check("item_quantity", "eq", number),
            [{"do": "skip_rule", "codes": ["usual"]}],
            priority=9,
        )
        for number in range(1, 10)
    ]
    assert told(*rules, paying("usual", few), paying("own", few, "9.00")) == []
    assert told(*rules[:4], paying("usual", few), paying("own", few, "9.00")) == [
        ("competing", "own", "then.0", "usual")
    ]


def test_of_many_rivals_the_first_few_are_named():
    rules = [
        paying(f"r{number}", check("sale_total", "gte", f"{number}.00"), f"{number}")
        for number in range(9, 0, -1)
    ]
    assert [other for _kind, code, _path, other in told(*rules) if code == "r1"] == [
        "r9",
        "r8",
        "r7",
    ]


@pytest.mark.parametrize(
    ("when", "then", "kind", "path"),
    [
        (check("item_sku", "eq", "NONE"), None, "unknown_sku", "when.value"),
        (
            both(BOOK, {"not": {"any": [check("item_sku", "in", ["VD-0001", "NONE"])]}}),
            None,
            "unknown_sku",
            "when.all.1.not.any.0.value",
        ),
        (None, [{"do": "hold"}, {"do": "add_item", "sku": "NONE"}], "unknown_sku", "then.1.sku"),
        (check("item_sku", "ne", "OLD-1"), None, "archived_sku", "when.value"),
        (None, [{"do": "add_item", "sku": "OLD-1"}], "archived_sku", "then.0.sku"),
        (None, [{"do": "email", "template": "hello"}], "unknown_template", "then.0.template"),
        (
            None,
            [{"do": "email", "template": "invoice_authorized"}],
            "unknown_template",
            "then.0.template",
        ),
        (None, [{"do": "task", "text_code": "call_them"}], "unknown_task", "then.0.text_code"),
        (check("agent_id", "in", ["A1", "A9"]), None, "unknown_agent", "when.value"),
        (check("customer_id", "not_in", ["1", "9"]), None, "unknown_customer", "when.value"),
    ],
)
def test_what_a_rule_names_must_be_there(when, then, kind, path):
    assert told(rule("a", when, then)) == [(kind, "a", path, None)]


def test_a_part_of_a_sku_is_no_name_of_a_product():
    assert (
        told(rule("a", check("item_sku", "contains", "NONE")))
        == told(rule("a", check("item_sku", "starts_with", "X")))
        == []
    )


def test_of_a_long_list_the_first_few_that_are_not_there_are_named():
    many = check("item_sku", "in", ["VD-0001", *(f"S{number}" for number in range(499))])
    assert (
        message(rule("a", many)) == "No product has the SKU “S0”, “S1”, “S2”, “S3”, “S4”, 494 more."
    )
    five = check("item_sku", "in", [f"S{number}" for number in range(5)])
    assert message(rule("a", five)) == "No product has the SKU “S0”, “S1”, “S2”, “S3”, “S4”."


def test_only_what_concerns_the_rules_asked_about_is_told():
    rules = [
        rule("wide", {"any": [BOOK, GIFT]}),
        rule("narrow", BOOK),
        rule("never", both(BOOK, EBOOK)),
        rule("lost", then=[{"do": "add_item", "sku": "NONE"}]),
    ]
    assert (
        told(*rules, only={"narrow"})
        == told(*rules, only={"wide"})
        == [("subsumed", "narrow", "", "wide")]
    )
    assert told(*rules, only={"never"}) == [("never_fires", "never", "when.all.1", None)]
    assert told(*rules, only={"lost"}) == [("unknown_sku", "lost", "then.0.sku", None)]
    assert told(*rules, only=set()) == []
    skipped = [rule("books", BOOK, SKIP, priority=5), rule("a", both(BOOK, GIFT)), rule("b", EBOOK)]
    assert (
        told(*skipped, only={"a"})
        == told(*skipped, only={"books"})
        == [("never_fires", "a", "", "books")]
    )
    assert told(*skipped, only={"b"}) == []


def test_names_are_in_the_words_not_codes():
    wide = rule("wide", BOOK) | {"name": {"pt_BR": "Todos os livros", "en": "All books"}}
    assert "“All books”" in message(wide, rule("narrow", both(BOOK, GIFT)))


# Bounds. Time is that of the process, and the better of two tries.


def kinds_found_within(most: float, rules, only=None) -> set[str]:
    """Of the warnings, given in so many seconds at the second try at the latest."""
    parsed, tried = RuleBook.read(rules), []
    for _ in range(2):
        began = time.process_time()
        warnings = lint(parsed, KNOWN, TODAY, only)
        tried.append(time.process_time() - began)
        if tried[-1] < most:
            return {warning.kind for warning in warnings}
    raise AssertionError(f"{min(tried):.2f} s of processor time")


def test_a_thousand_rules_are_looked_at_in_time():
    rules = specific_rules(1000)
    assert "unexamined" not in kinds_found_within(3, rules)
    kinds_found_within(0.2, rules, only={"r500"})
    kinds_found_within(0.2, rules, only={"r0"})


def wide_and_nested(number):
    chance = random.Random(number)
    parts = [
        {
            "any": [
                check("item_name", "contains", f"x{chance.randrange(1000)}")
                if chance.random() < 0.5
                else check(
                    "sale_total",
                    "between",
                    sorted([f"{chance.randrange(1000)}.00" for _ in "ab"], key=float),
                )
                for _ in range(18)
            ]
        }
        for _ in range(3)
    ]
    return paying(f"r{number}", both(*parts), f"{number % 100}")


def test_rules_too_wide_to_compare_are_given_up_in_time_and_that_is_said():
    rules = [wide_and_nested(number) for number in range(500)]
    assert "unexamined" in kinds_found_within(5, rules)


def test_long_lists_count_for_what_they_are():
    many = [
        both(
            *(
                check("item_sku", "not_in", [f"s{number * part}-{each}" for each in range(500)])
                for part in range(20)
            )
        )
        for number in range(100)
    ]
    rules = [paying(f"r{number}", when, f"{number}") for number, when in enumerate(many)]
    assert "unexamined" in kinds_found_within(5, rules)
