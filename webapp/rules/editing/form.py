"""A rule while it is written: JSON -> `RuleForm` -> JSON; webapp/rules/editing/posted.py reads
what a form sends. Pure.

The whole tree lives in the form, so that nothing is kept between two requests. Names are places:

    when.group, when.0.field, when.0.op, when.0.value (or low and high), when.1.0.field … then.0.do,
    then.0.<parameter> · examples.0.facts.<field>, examples.0.expect · code, name.pt_BR, priority …

`was` beside a field or group is what it was when the form was made: a value outlives a change where
it still fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from flask_babel import gettext as _

from webapp.rules.core.conditions import GROUPS
from webapp.rules.core.fields import FIELDS
from webapp.rules.core.problems import ValueRefused
from webapp.rules.core.rule import LANGUAGES, RawRule, Rule
from webapp.rules.core.written import WrittenRule
from webapp.rules.editing import input_format
from webapp.rules.editing.rows import (
    ActionRow,
    CheckRow,
    ExampleRow,
    GroupRow,
    Node,
    is_picked,
    new_check,
    nodes_of,
)

ROW_PARTS = ("field", "op", "value", "low", "high")
UNNAMED = "?"
# Blanks at either end count where one asks for a part of a text.
EXACT = frozenset({"contains", "starts_with"})


class RuleForm:
    """Problems are in `errors`, by the name of the field they are about; `message` is about the
    whole."""

    def __init__(self, brazilian: bool):
        self.brazilian = brazilian
        self.plain: dict[str, str] = {
            "scope": "line",
            "event": "paid",
            "priority": "0",
            "enabled": "1",
        }
        self.when: Node = GroupRow("all", [new_check(self.scope)])
        self.then: list[ActionRow] = []
        self.examples: list[ExampleRow] = []
        self.errors: dict[str, str] = {}
        # Of the errors, those that only say that nothing was filled in yet.
        self.missing: set[str] = set()
        # The rule as last checked, where it can be read: all but its name may be wanting.
        self.readable: WrittenRule | None = None
        self.message = ""

    # -- what the templates ask -------------------------------------------------------------------

    @property
    def scope(self) -> str:
        return self.plain["scope"]

    def value(self, name: str) -> str:
        return self.plain.get(name, "")

    def error(self, name: str) -> str | None:
        return self.errors.get(name)

    def row_error(self, name: str) -> str | None:
        """What is wrong anywhere in the row of that name."""
        names = (name, *(f"{name}.{part}" for part in ROW_PARTS))
        return next((self.errors[part] for part in names if part in self.errors), None)

    @property
    def title(self) -> str:
        ours, other = ("name.pt_BR", "name.en") if self.brazilian else ("name.en", "name.pt_BR")
        return self.value(ours).strip() or self.value(other).strip()

    def forgive(self) -> RuleForm:
        """Says nothing of what is not filled in yet: the rule is still on its way."""
        self.errors = {
            name: message for name, message in self.errors.items() if name not in self.missing
        }
        return self

    # -- input -> JSON ----------------------------------------------------------------------------

    def check(self) -> Rule | None:
        """The rule; None where something is to be corrected, which `errors` then tell."""
        rule, self.readable = WrittenRule(self.to_json()), None
        if rule.problems:
            self.blame(rule.problems)
        else:
            self.readable = rule
        return None if self.errors else rule.rule

    def blame(self, problems: Iterable[tuple[str, str]]) -> None:
        """Puts problems, by their place in the JSON, beside their fields; what is blamed already
        stays."""
        known = {_row_of(name) for name in self.errors}
        for path, message in problems:
            name = form_name(path)
            if _row_of(name) not in known:
                self.errors.setdefault(name, message)

    def to_json(self) -> RawRule:
        """As far as it can be read; what cannot stays as written, and `errors` tell of it."""
        self.errors, self.missing = {}, set()
        texts = {language: self.value(f"name.{language}").strip() for language in LANGUAGES}
        names = {language: text for language, text in texts.items() if text}
        if not names:
            self._miss("name.pt_BR" if self.brazilian else "name.en", _("Fill this in."))
        if not self.then:
            self._miss("then", _("Add at least one action."))
        return {
            "code": self.value("code").strip() or input_format.slug(self.title) or "rule",
            "name": _shortest(names) or UNNAMED,
            "scope": self.scope,
            "event": self.value("event"),
            "priority": self._read("priority", self._reader("int"), "0"),
            "valid_from": self._read("valid_from", input_format.read_day),
            "valid_to": self._read("valid_to", input_format.read_day),
            "enabled": self.value("enabled") == "1",
            "when": self._node(self.when, "when"),
            "then": [self._action(row, f"then.{place}") for place, row in enumerate(self.then)],
            "examples": [
                self._example(row, f"examples.{place}") for place, row in enumerate(self.examples)
            ],
        }

    @property
    def asked(self) -> set[str]:
        """The facts that its conditions look at."""
        return {row.field for row in nodes_of(self.when) if isinstance(row, CheckRow)}

    def _reader(self, kind: str) -> Callable[[str], object]:
        return partial(input_format.read, kind, brazilian=self.brazilian)

    def _read(self, name: str, read: Callable[[str], object], blank: str = "") -> object:
        return self._tried(name, self.value(name).strip() or blank, read)

    def _tried(self, name: str, text: str, read: Callable[[str], object]) -> object:
        try:
            return read(text)
        except input_format.Missing as refused:
            self._miss(name, str(refused))
        except ValueRefused as refused:
            self.errors[name] = str(refused)
        return text

    def _miss(self, name: str, message: str) -> None:
        self.errors[name] = message
        self.missing.add(name)

    def _node(self, node: Node, name: str) -> dict[str, Any]:
        if isinstance(node, CheckRow):
            return self._check(node, name)
        members = [
            self._node(member, f"{name}.{place}") for place, member in enumerate(node.members)
        ]
        if not members:
            self._miss(name, _("this group is empty; add a condition or remove the group"))
        if node.kind != "not":
            return {node.kind: members}
        return {"not": members[0] if members else {}}

    def _check(self, row: CheckRow, name: str) -> dict[str, Any]:
        declared, op = row.declared
        raw: dict[str, Any] = {"field": row.field, "op": row.op}
        if declared.scope == "line" and self.scope == "sale":
            self.errors[f"{name}.field"] = _(
                "%(field)s is asked of each item; this rule looks at the whole order.",
                field=capitalized(str(declared.label)),
            )
        exact = row.op in EXACT
        read = input_format.read_exactly if exact else self._reader(declared.type)
        if op.takes == "one":
            raw["value"] = self._tried(f"{name}.value", row.value[0] if row.value else "", read)
        elif op.takes == "list":
            raw["value"] = self._members(f"{name}.value", row.value, read, is_picked(declared))
        elif op.takes == "pair":
            raw["value"] = [
                self._tried(f"{name}.{part}", getattr(row, part), read) for part in ("low", "high")
            ]
        return raw

    def _members(
        self, name: str, values: list[str], read: Callable[[str], object], picked: bool
    ) -> list[object]:
        texts = (
            [text for text in values if text]
            if picked
            else [part for text in values for part in input_format.split(text)]
        )
        if not texts:
            self._miss(
                name,
                _("Choose at least one.")
                if picked
                else _("Write at least one, each on a line of its own."),
            )
        return [self._tried(name, text, read) for text in texts]

    def _action(self, row: ActionRow, name: str) -> dict[str, Any]:
        raw: dict[str, Any] = {"do": row.do}
        for param in row.declared.params:
            texts = row.values.get(param.key, [])
            place = f"{name}.{param.key}"
            if param.type == "codes":
                raw[param.key] = self._members(place, texts, lambda text: text, picked=False)
            elif row.values.get(f"{param.key}.kind") == [input_format.AGENTS_OWN]:
                raw[param.key] = input_format.AGENTS_OWN
            elif param.required or any(text.strip() for text in texts):
                text = texts[0] if texts else ""
                raw[param.key] = self._tried(place, text, self._reader(param.type))
        return raw

    def _example(self, row: ExampleRow, name: str) -> dict[str, Any]:
        facts: dict[str, object] = {}
        for key, text in row.facts.items():
            declared = FIELDS[key]
            if declared.nullable and not text.strip():
                facts[key] = None
            else:
                facts[key] = self._tried(f"{name}.facts.{key}", text, self._reader(declared.type))
        return {"facts": facts, "expect": row.expect}


def _shortest(names: dict[str, str]) -> dict[str, str] | str:
    """One text where both languages have the same."""
    texts = set(names.values())
    return texts.pop() if len(names) == 2 and len(texts) == 1 else names


def capitalized(text: str) -> str:
    """Its first letter alone: "product's SKU" -> "Product's SKU"."""
    return text[:1].upper() + text[1:]


def form_name(path: str) -> str:
    """The field that a place in the JSON is written in: "when.all.0.not.value" ->
    "when.0.0.value"."""
    first, *rest = path.split(".")
    if first == "when":
        return ".".join(
            [
                first,
                *("0" if part == "not" else part for part in rest if part not in ("all", "any")),
            ]
        )
    if first == "examples":
        return ".".join([first, *(rest[:2] if "expect" in rest else rest)])
    return "name.pt_BR" if first == "name" else path


def _row_of(name: str) -> str:
    row, _dot, part = name.rpartition(".")
    return row if name.startswith("when.") and part in ROW_PARTS else name


# JSON -> form


def form_of(raw: RawRule, brazilian: bool) -> RuleForm:
    """For a rule that parses."""
    form, rule = RuleForm(brazilian), WrittenRule(raw)
    names: str | dict[str, str] = raw["name"]
    if isinstance(names, str):
        names = dict.fromkeys(LANGUAGES, names)
    form.plain |= {
        "code": rule.code,
        "scope": rule.scope,
        "event": raw.get("event", "paid"),
        "priority": str(rule.priority),
        "enabled": "1" if rule.enabled else "0",
        "valid_from": raw.get("valid_from") or "",
        "valid_to": raw.get("valid_to") or "",
        **{f"name.{language}": name for language, name in names.items()},
    }
    form.when = _row(raw["when"], brazilian)
    form.then = [_action_row(use, brazilian) for use in raw["then"]]
    form.examples = [example_row(example, brazilian) for example in raw.get("examples", [])]
    return form


def _row(raw: dict[str, Any], brazilian: bool) -> Node:
    kind = next((key for key in GROUPS if key in raw), None)
    if kind:
        members = [raw["not"]] if kind == "not" else raw[kind]
        return GroupRow(kind, [_row(member, brazilian) for member in members])
    row = CheckRow(raw["field"], raw["op"])
    declared, op = row.declared
    if op.takes == "none":
        return row
    values = [raw["value"]] if op.takes == "one" else raw["value"]
    texts = [input_format.input_text(declared.type, value, brazilian) for value in values]
    if op.takes == "pair":
        row.low, row.high = texts
    elif op.takes == "list" and not is_picked(declared):
        row.value = [input_format.input_lines(declared.type, values, brazilian)]
    else:
        row.value = texts
    return row


def _action_row(raw: dict[str, Any], brazilian: bool) -> ActionRow:
    row = ActionRow(raw["do"])
    for param in row.declared.params:
        value = raw.get(param.key)
        if param.type == "codes":
            row.values[param.key] = list(raw[param.key])
            continue
        if param.type == "commission":
            own = value == input_format.AGENTS_OWN
            row.values[f"{param.key}.kind"] = [input_format.AGENTS_OWN if own else "fixed"]
            value = None if own else value
        row.values[param.key] = [input_format.input_text(param.type, value, brazilian)]
    return row


def example_row(raw: dict[str, Any], brazilian: bool) -> ExampleRow:
    facts = {
        key: input_format.input_text(FIELDS[key].type, value, brazilian)
        for key, value in raw["facts"].items()
    }
    return ExampleRow(facts, list(raw["expect"]))
