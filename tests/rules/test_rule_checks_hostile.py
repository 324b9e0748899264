"""Whatever is sent to POST /rules/check over a real connection: an answer in words, in bounded time
and memory."""

import copy
import http.client
import json
import random
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import api, make_token
from tests.rules.test_refusals_fuzzed import GOOD, anything
from tests.support.examples import examples
from tests.support.random_conditions import random_condition
from tests.support.shop_tokens import token_of
from tests.support.timing import processor_seconds_below, processor_seconds_of

RULE = {
    "code": "a",
    "name": "A",
    "when": {"field": "item_physical", "op": "is_true"},
    "then": [{"do": "hold"}],
}
SECONDS = 1.0
MIB_GROWN = 24


class Wire:
    def __init__(self, shop):
        self.shop = shop
        self.headers = {
            "Authorization": f"Bearer {token_of(shop)}",
            "Content-Type": "application/json",
        }

    def send(self, body: bytes) -> tuple[int, dict]:
        connection = http.client.HTTPConnection(urlsplit(self.shop.url).netloc, timeout=20)
        connection.request("POST", "/api/v1/rules/check", body, self.headers)
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        return answer.status, said_in_words(answer.status, said)

    def quickly(self, body: bytes) -> tuple[int, dict]:
        """The server's processor time counts: other tests share the machine."""
        before = processor_seconds_of(self._processes())
        answer = self.send(body)
        took = processor_seconds_of(self._processes()) - before
        assert took < SECONDS, f"{took:.2f} s of processor time"
        return answer

    def _processes(self) -> list[int]:
        parents = self.shop.pids("web")
        children = [
            int(pid)
            for parent in parents
            for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        ]
        return [*parents, *children]

    def resident_kib(self) -> int:
        """Of the web processes together."""
        return sum(_kib(pid) for pid in self._processes())


def said_in_words(status: int, said: bytes) -> dict:
    """The answer, checked for what holds of every one."""
    told = json.loads(said)
    assert status in (200, 413, 422), (status, said[:500])
    if status == 200:
        assert told["valid"] or told["errors"]
    else:
        assert told["detail"]
    return told


def _kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


@pytest.fixture(scope="module")
def wire(live_shop):
    return Wire(live_shop)


def rule(**changes) -> bytes:
    return json.dumps({"rule": RULE | changes}).encode()


def when(text: str) -> bytes:
    return json.dumps({"rule": RULE | {"when": "HERE"}}).replace('"HERE"', text).encode()


def deep(opening: str, closing: str, depth: int) -> str:
    return opening * depth + json.dumps(RULE["when"]) + closing * depth


def widest() -> bytes:
    skus = [[f"S{group}-{number}" for number in range(500)] for group in range(59)]
    checks = [{"field": "item_sku", "op": "not_in", "value": values} for values in skus]
    return rule(when={"all": checks})


# Written when they are sent: some are of megabytes.
NOT_JSON = {
    "nothing": lambda: b"",
    "half": lambda: b'{"rule": {',
    "NaN": lambda: when("NaN"),
    "Infinity": lambda: when("-Infinity"),
    "beyond a float": lambda: when("1E+999999999"),
    "a name twice": lambda: b'{"rule": {}, "rule": {}}',
    "a name twice within": lambda: when('{"all": [], "all": []}'),
    "a number of a million digits": lambda: when("9" * 1_000_000),
    "brackets": lambda: b"[" * 2_000_000,
    "braces": lambda: b'{"rule":' * 200_000,
    "not UTF-8": lambda: b'{"rule": "\xff\xfe\xfa"}',
    "a bare control character": lambda: b'{"rule": "\x00"}',
    "an odd number": lambda: when("0x10"),
    "two bodies": lambda: rule() + rule(),
}
NO_BODY = {
    "a list": lambda: b"[]",
    "text": lambda: b'"rule"',
    "null": lambda: b"null",
    "another key": lambda: b'{"rule": {}, "roule": 1}',
    "a key of half a character": lambda: b'{"rule": {}, "\\ud800": 1}',
    "facts that are none": lambda: b'{"rule": {}, "facts": [1]}',
    "facts of half a character": lambda: (
        b'{"rule": {}, "facts": 1, "\\udfff": {"\\ud800": "\\ud800"}}'
    ),
}
NO_RULE = {
    "deep nots": lambda: when(deep('{"not":', "}", 150)),
    "deep lists": lambda: when(deep('{"all":[', "]}", 150)),
    "wide": lambda: when('{"all":[' + ",".join(["{}"] * 500_000) + "]}"),
    "wide and deep": lambda: when(
        '{"any":[' + ",".join([deep('{"all":[', "]}", 20)] * 5_000) + "]}"
    ),
    "many keys": lambda: rule(when={f"key{number}": number for number in range(80_000)}),
    "half a character": lambda: rule(when={"\ud800": "\ud800"}),
    "a null character": lambda: rule(name="a\x00b"),
    "half a character in a name": lambda: rule(name="\ud800"),
    "a key of half a character": lambda: rule(**{"\ud800": 1}),
    "wrong types": lambda: rule(
        code=[],
        name=3,
        scope={},
        event=None,
        priority="high",
        enabled="yes",
        when=True,
        then={},
        examples=1,
    ),
    "huge code": lambda: rule(code="a" * 1_000_000),
    "huge field": lambda: rule(when={"field": "x" * 1_500_000, "op": "eq", "value": 1}),
    "huge number": lambda: rule(priority=10**4000),
    "a float": lambda: rule(priority=1.5),
    "many actions": lambda: rule(then=[{"do": "hold"}] * 100_000),
    "many values": lambda: rule(when={"field": "item_sku", "op": "in", "value": ["x"] * 300_000}),
    "codes of no rule": lambda: rule(
        then=[
            {"do": "skip_rule", "codes": [f"r_{n}_{code}" for code in range(50)]} for n in range(20)
        ]
    ),
    "many examples": lambda: rule(examples=[{"facts": {}, "expect": []}] * 50_000),
    "examples of unknown facts": lambda: rule(
        examples=[{"facts": {f"item_{number}": 1 for number in range(1000)}, "expect": []}] * 50
    ),
    "unknown facts": lambda: json.dumps(
        {"rule": RULE, "facts": {f"item_{number}": 1 for number in range(80_000)}}
    ).encode(),
    "facts of half a character": lambda: json.dumps(
        {"rule": RULE, "facts": {"item_name": "\ud800", "\udfff": 1}}
    ).encode(),
    "an amount out of range": lambda: rule(
        when={"field": "item_price", "op": "eq", "value": "1E+999999999"}
    ),
}


@pytest.mark.parametrize("name", NOT_JSON)
def test_what_is_no_json_is_said_to_be_none(wire, name):
    assert wire.quickly(NOT_JSON[name]())[0] == 422


@pytest.mark.parametrize("name", NO_BODY)
def test_what_is_no_rule_and_facts_is_refused(wire, name):
    assert wire.quickly(NO_BODY[name]())[0] == 422


@pytest.mark.parametrize("name", NO_RULE)
def test_a_hostile_rule_is_refused_in_a_few_words(wire, name):
    status, told = wire.quickly(NO_RULE[name]())
    assert status == 200 and not told["valid"]
    assert len(json.dumps(told)) < 50_000


def test_a_body_beyond_all_measure_is_not_read(wire):
    assert wire.quickly(b'{"rule": "' + b"x" * 3_000_000 + b'"}')[0] == 413


def test_the_widest_rule_there_is_is_checked_in_time(wire):
    status, told = wire.quickly(widest())
    assert status == 200 and told["valid"] and told["fires"]
    assert {warning["kind"] for warning in told["warnings"]} == {"unknown_sku"}


def test_memory_does_not_grow_with_what_was_refused(wire):
    kinds = [*NOT_JSON.values(), *NO_BODY.values(), *NO_RULE.values(), widest]
    bodies = [written() for written in kinds]
    for body in bodies:
        wire.send(body)
    before = wire.resident_kib()
    for body in bodies * 2:
        wire.send(body)
    assert wire.resident_kib() - before < MIB_GROWN * 1024


# Without a server in between, a random body costs little.

FUZZ = settings(
    max_examples=examples(120),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def check(client, db):
    calls = api(client, make_token("manager"))

    def check(body: bytes) -> tuple[int, dict]:
        with processor_seconds_below(SECONDS):
            answer = calls.post("/rules/check", body, Accept_Language="pt-BR")
        return answer.status_code, said_in_words(answer.status_code, answer.data)

    return check


def sent_as(value) -> bytes:
    return json.dumps(value, default=repr, skipkeys=True).encode("utf-8", "surrogatepass")


@FUZZ
@given(anything, anything)
def test_any_value_gets_an_answer(check, rule, facts):
    check(sent_as({"rule": rule, "facts": facts}))


@FUZZ
@given(st.binary(max_size=200))
def test_any_bytes_get_an_answer(check, body):
    check(body)


@FUZZ
@given(st.sampled_from(GOOD), st.integers(0, 2**32), anything)
def test_a_good_rule_with_one_part_exchanged_gets_an_answer(check, good, seed, intruder):
    raw, chance = copy.deepcopy(good), random.Random(seed)
    raw[chance.choice(list(raw))] = intruder
    check(sent_as({"rule": raw}))


@FUZZ
@given(st.integers(0, 2**32))
def test_a_random_rule_is_valid_and_told_in_words(check, seed):
    status, told = check(sent_as({"rule": RULE | {"when": random_condition(random.Random(seed))}}))
    assert status == 200 and told["valid"] and told["sentence"].startswith("S")


@pytest.mark.parametrize("seed", range(3))
def test_a_random_rule_over_a_real_connection(wire, seed):
    status, told = wire.quickly(
        sent_as({"rule": RULE | {"when": random_condition(random.Random(seed))}})
    )
    assert status == 200 and told["valid"] and told["sentence"].startswith("S")
