"""Whatever JSON arrives is either a rule that can be used or refused with reasons; nothing else
happens."""

import copy
import json
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.rule_facts import DISC_PAIRS, HIGH_VALUE_HOLD, STREAM_PAIRS, TODAY, line, sale
from webapp.rules.core.actions import ACTIONS
from webapp.rules.core.day_one import day_one_rules
from webapp.rules.core.engine import RuleSet
from webapp.rules.core.examples import run_examples
from webapp.rules.core.fields import FIELDS
from webapp.rules.core.operators import OPERATORS
from webapp.rules.core.problems import RuleInvalid
from webapp.rules.core.rule import KEYS, parse_rule
from webapp.rules.core.sentence import sentence
from webapp.rules.core.trace import explain_rule

WORDS = [
    *KEYS,
    *FIELDS,
    *OPERATORS,
    *ACTIONS,
    "all",
    "any",
    "not",
    "field",
    "op",
    "value",
    "do",
    "facts",
    "expect",
    "percent",
    "codes",
    "sku",
    "quantity",
    "template",
    "1E+999999999",
    "NaN",
    "-0",
    "5.00",
    "2026-11-20",
    "\x00",
    "\ud800",
    "",
]
leaf = (
    st.sampled_from(WORDS)
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=3)
)
anything = st.recursive(
    leaf,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(leaf, inner, max_size=4) | st.tuples(inner)
    ),
    max_leaves=20,
)
GOOD = [*day_one_rules(DISC_PAIRS, STREAM_PAIRS), HIGH_VALUE_HOLD]


def use(raw):
    """Either refused with reasons, or usable everywhere."""
    try:
        rule = parse_rule(raw)
    except RuleInvalid as refused:
        assert refused.problems
        assert all(isinstance(path, str) and message for path, message in refused.problems)
        json.dumps(refused.problems)
        return
    facts = {**sale([]), **line(1, "LV-0001")}
    assert sentence(rule)
    run_examples(rule)
    json.dumps(explain_rule(rule, facts, TODAY))
    if all(action["do"] != "skip_rule" for action in raw["then"]):
        verdict = RuleSet(1, [raw]).decide(sale([]), [line(1, "LV-0001")], lambda sku: None, TODAY)
        json.dumps(verdict.to_json())


@settings(max_examples=examples(300), deadline=None)
@given(anything)
def test_any_value_as_a_rule(raw):
    use(raw)


@settings(max_examples=examples(300), deadline=None)
@given(anything, anything, anything)
def test_any_value_as_condition_actions_and_examples(when, then, examples):
    use({"code": "a", "name": "A", "when": when, "then": then, "examples": examples})


@settings(max_examples=examples(700), deadline=None)
@given(st.sampled_from(GOOD), st.integers(0, 2**32), anything)
def test_a_good_rule_with_one_value_exchanged(good, seed, intruder):
    raw = copy.deepcopy(good)
    chance = random.Random(seed)
    node = raw
    while True:
        key = chance.choice(list(node) if isinstance(node, dict) else range(len(node)))
        if not isinstance(node[key], (dict, list)) or not node[key] or chance.random() < 0.2:
            node[key] = intruder
            break
        node = node[key]
    use(raw)
