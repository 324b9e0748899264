"""What a rule's form posted -> `RuleForm`: bounded before anything is visited. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flask_babel import gettext as _

from webapp.platform.errors import Invalid
from webapp.platform.text import LONGEST
from webapp.rules.core.actions import ACTIONS
from webapp.rules.core.conditions import GROUPS, MAX_DEPTH, MAX_NODES
from webapp.rules.core.events import EVENTS
from webapp.rules.core.fields import FIELDS
from webapp.rules.core.rule import LANGUAGES, SCOPES
from webapp.rules.editing.form import RuleForm
from webapp.rules.editing.rows import (
    ActionRow,
    CheckRow,
    ExampleRow,
    GroupRow,
    Node,
    Values,
    filled,
    fitted,
    new_check,
    turned,
)

# A rule as large as one may be, with all its boxes ticked, has fewer.
MAX_VALUES = 6000
# A form may hold what is too much by a little, so that it can be said at its row.
READ_DEPTH, READ_NODES, READ_ITEMS = MAX_DEPTH + 2, 2 * MAX_NODES, 100
PLAIN = (
    "code",
    "scope",
    "event",
    "priority",
    "valid_from",
    "valid_to",
    "enabled",
    *(f"name.{each}" for each in LANGUAGES),
)
CHOICES = {"scope": SCOPES, "event": EVENTS}
# What the page sends beside the rule itself.
BESIDES = frozenset({"csrf_token", "do", "seen", "replaces", "place", "sale"})

_NODE = re.compile(
    rf"when((?:\.[0-9]{{1,3}}){{0,{READ_DEPTH - 1}}})\.(group|field|op|value|low|high|was|find)"
)
_ACTION = re.compile(r"then\.([0-9]{1,3})\.([a-z][a-z_]{0,39}(?:\.kind)?)")
_EXAMPLE = re.compile(r"examples\.([0-9]{1,3})\.(here|expect|fresh|facts\.[a-z0-9_]{1,60})")

Path = tuple[int, ...]


def form_from(posted: Iterable[tuple[str, list[str]]], brazilian: bool) -> RuleForm:
    """`posted` are names with their values. Raises Invalid for what no page of ours sends; nothing
    is visited unbounded."""
    form = RuleForm(brazilian)
    nodes: dict[Path, Values] = {}
    actions: dict[int, Values] = {}
    examples: dict[int, Values] = {}
    count = 0
    for name, values in posted:
        count += len(values)
        if count > MAX_VALUES:
            raise Invalid([], _("This form has too many fields."))
        if name in PLAIN:
            form.plain[name] = (
                values[0] if values[0] in CHOICES.get(name, values) else CHOICES[name][0]
            )
        elif found := _NODE.fullmatch(name):
            nodes.setdefault(tuple(map(int, found[1].split(".")[1:])), {})[found[2]] = values
        elif found := _ACTION.fullmatch(name):
            actions.setdefault(int(found[1]), {})[found[2]] = values
        elif found := _EXAMPLE.fullmatch(name):
            examples.setdefault(int(found[1]), {})[found[2]] = values
        elif name not in BESIDES:
            raise Invalid([], _("This form was not understood. Reload the page and try again."))
    form.when = _grown(nodes) if nodes else GroupRow("all", [new_check(form.scope)])
    form.then = [_posted_action(actions[place]) for place in sorted(actions)[:READ_ITEMS]]
    form.examples = [_posted_example(examples[place]) for place in sorted(examples)[:READ_ITEMS]]
    return form


def _grown(nodes: dict[Path, Values]) -> Node:
    members: dict[Path, set[int]] = {}
    for path in nodes:
        for length in range(len(path)):
            members.setdefault(path[:length], set()).add(path[length])
    if len(members.keys() | nodes.keys()) > READ_NODES:
        raise Invalid([], _("the rule has more than %(most)d conditions; split it", most=MAX_NODES))

    def grow(path: Path) -> Node:
        values = nodes.get(path, {})
        within = [grow((*path, place)) for place in sorted(members.get(path, ()))]
        kind, was = _first(values, "group"), _first(values, "was")
        if within or kind:
            return turned(
                GroupRow(was if was in GROUPS else kind, within), kind if kind in GROUPS else "all"
            )
        row = CheckRow(
            _first(values, "field"),
            _first(values, "op"),
            values.get("value", []),
            _first(values, "low"),
            _first(values, "high"),
        )
        row = fitted(row, was)
        row.find = _first(values, "find")[:LONGEST]
        return row

    return grow(())


def _first(values: Values, name: str) -> str:
    return values.get(name, [""])[0]


def _posted_action(values: Values) -> ActionRow:
    do = _first(values, "do")
    row = ActionRow(
        do if do in ACTIONS else next(iter(ACTIONS)),
        {key: texts for key, texts in values.items() if key != "do"},
    )
    return filled(row)


def _posted_example(values: Values) -> ExampleRow:
    facts = {
        name[6:]: texts[0]
        for name, texts in values.items()
        if name.startswith("facts.") and name[6:] in FIELDS
    }
    return ExampleRow(facts, values.get("expect", []), _first(values, "fresh"))
