"""What the buttons of the rule editor do: each changes a `RuleForm` and says where the focus goes.
Pure.

A button is "<verb>:<place>", as in "add:when.0", "up:then.1", "fact:examples.0"; one that names no
place does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from webapp.platform.money import CENT
from webapp.rules.core.actions import ACTIONS, MAX_ACTIONS, Action
from webapp.rules.core.conditions import MAX_DEPTH, MAX_NODES
from webapp.rules.core.fields import FIELDS
from webapp.rules.core.problems import ValueRefused
from webapp.rules.core.rule import MAX_EXAMPLES
from webapp.rules.editing.form import RuleForm
from webapp.rules.editing.input_format import input_lines, input_text, read, split
from webapp.rules.editing.rows import (
    ActionRow,
    CheckRow,
    ExampleRow,
    GroupRow,
    Node,
    depth_of,
    filled,
    new_check,
    nodes_of,
)

_PLACE = re.compile(r"(when|then|examples)((?:\.[0-9]{1,3}){0,10})(?:\.([a-z_]{1,60}))?")


def edit(form: RuleForm, do: str) -> str:
    """Answers the name of the field, or the value of the button, that takes the focus; empty for
    none."""
    verb, _colon, place = do.partition(":")
    if verb == "pick":
        return _pick(form, place)
    found = _PLACE.fullmatch(place)
    if verb not in VERBS or found is None:
        return ""
    path = tuple(int(part) for part in found[2].split(".")[1:])
    before = form.when, list(form.then), list(form.examples)
    form.when = deepcopy(form.when)
    focus = VERBS[verb](form, found[1], path, found[3] or "")
    form.message = _too_much(form)
    if form.message:
        form.when, form.then, form.examples = before
    return focus


def _too_much(form: RuleForm) -> str:
    if sum(1 for _node in nodes_of(form.when)) > MAX_NODES:
        return _("A rule has at most %(most)d conditions and groups.", most=MAX_NODES)
    if depth_of(form.when) > MAX_DEPTH:
        return _("Groups are nested at most %(most)d deep.", most=MAX_DEPTH)
    if len(form.then) > MAX_ACTIONS:
        return _("A rule has at most %(most)d actions.", most=MAX_ACTIONS)
    if len(form.examples) > MAX_EXAMPLES:
        return _("A rule has at most %(most)d examples.", most=MAX_EXAMPLES)
    return ""


# Places


def _node(form: RuleForm, path: tuple[int, ...]) -> Node | None:
    node: Node | None = form.when
    for place in path:
        members = node.members if isinstance(node, GroupRow) else []
        node = members[place] if place < len(members) else None
    return node


def _list(form: RuleForm, kind: str, path: tuple[int, ...]) -> list[Any] | None:
    """The list that holds the row at that place; None where there is no such row."""
    if not path:
        return None
    rows: list[Any] = []
    if kind == "when":
        parent = _node(form, path[:-1])
        rows = parent.members if isinstance(parent, GroupRow) else []
    elif len(path) == 1:
        rows = form.then if kind == "then" else form.examples
    return rows if path[-1] < len(rows) else None


def _name(kind: str, path: tuple[int, ...]) -> str:
    return ".".join([kind, *map(str, path)])


def _replace(form: RuleForm, path: tuple[int, ...], node: Node) -> None:
    rows = _list(form, "when", path)
    if rows is not None:
        rows[path[-1]] = node
    elif not path:
        form.when = node


# Verbs: (form, kind, path, field) -> focus


def _add(form: RuleForm, kind: str, path: tuple[int, ...], _field: str) -> str:
    if kind == "then":
        form.then.append(new_action(form))
        return f"then.{len(form.then) - 1}.do"
    if kind == "examples":
        form.examples.append(new_example(form))
        return f"fact:examples.{len(form.examples) - 1}"
    return _grow(form, path, new_check(form.scope), "field")


def _add_group(form: RuleForm, kind: str, path: tuple[int, ...], _field: str) -> str:
    parent = _node(form, path) if kind == "when" else None
    turn = "any" if isinstance(parent, GroupRow) and parent.kind == "all" else "all"
    return _grow(form, path, GroupRow(turn, [new_check(form.scope)]), "group")


def _grow(form: RuleForm, path: tuple[int, ...], node: Node, part: str) -> str:
    """Puts the node at the end of the group there; a single condition, or what is denied, becomes a
    group first."""
    parent = _node(form, path)
    if parent is None:
        return ""
    if not isinstance(parent, GroupRow):
        parent = GroupRow("all", [parent])
        _replace(form, path, parent)
    elif parent.kind == "not" and parent.members:
        denied = parent.members[0]
        if not isinstance(denied, GroupRow) or denied.kind == "not":
            denied = GroupRow("all", parent.members)
            parent.members = [denied]
        parent, path = denied, (*path, 0)
    parent.members.append(node)
    return f"{_name('when', path)}.{len(parent.members) - 1}.{part}"


def _remove(form: RuleForm, kind: str, path: tuple[int, ...], _field: str) -> str:
    rows = _list(form, kind, path)
    if rows is not None:
        del rows[path[-1]]
        return f"add:{_name(kind, path[:-1])}"
    if kind == "when" and not path:
        form.when = GroupRow("all", [new_check(form.scope)])
        return "when.0.field"
    return ""


def _copy(form: RuleForm, kind: str, path: tuple[int, ...], _field: str) -> str:
    rows = _list(form, kind, path)
    if rows is None:
        return ""
    parent = _node(form, path[:-1]) if kind == "when" else None
    if isinstance(parent, GroupRow) and parent.kind == "not":
        parent.members = rows = [GroupRow("all", rows)]
        rows, path = rows[0].members, (*path, 0)
    rows.insert(path[-1] + 1, deepcopy(rows[path[-1]]))
    return f"menu:{_name(kind, (*path[:-1], path[-1] + 1))}"


def _move(step: int) -> Callable[[RuleForm, str, tuple[int, ...], str], str]:
    def move(form: RuleForm, kind: str, path: tuple[int, ...], _field: str) -> str:
        rows = _list(form, kind, path)
        to = path[-1] + step if path else -1
        if rows is None or not 0 <= to < len(rows):
            return ""
        rows[path[-1]], rows[to] = rows[to], rows[path[-1]]
        return f"menu:{_name(kind, (*path[:-1], to))}"

    return move


def _wrap(form: RuleForm, kind: str, path: tuple[int, ...], _field: str) -> str:
    node = _node(form, path) if kind == "when" else None
    if node is None:
        return ""
    parent = _node(form, path[:-1]) if path else None
    _replace(
        form,
        path,
        GroupRow("any" if isinstance(parent, GroupRow) and parent.kind == "all" else "all", [node]),
    )
    return f"{_name('when', path)}.group"


def _unwrap(form: RuleForm, kind: str, path: tuple[int, ...], _field: str) -> str:
    """The group's members take its place, where the place has room for them."""
    node, rows = (_node(form, path), _list(form, "when", path)) if kind == "when" else (None, None)
    if not isinstance(node, GroupRow):
        return ""
    parent = _node(form, path[:-1]) if path else None
    if len(node.members) == 1:
        _replace(form, path, node.members[0])
    elif rows is not None and isinstance(parent, GroupRow) and parent.kind != "not":
        rows[path[-1] : path[-1] + 1] = node.members
    return f"menu:{_name('when', path)}"


def _add_fact(form: RuleForm, kind: str, path: tuple[int, ...], _field: str) -> str:
    rows = _list(form, kind, path) if kind == "examples" else None
    key = rows[path[-1]].fresh if rows else ""
    if not rows or key not in FIELDS or key in rows[path[-1]].facts:
        return ""
    declared = FIELDS[key]
    rows[path[-1]].facts[key] = input_text(declared.type, declared.sample, form.brazilian)
    rows[path[-1]].fresh = ""
    return f"{_name(kind, path)}.facts.{key}"


def _drop_fact(form: RuleForm, kind: str, path: tuple[int, ...], field: str) -> str:
    rows = _list(form, kind, path) if kind == "examples" else None
    if rows:
        rows[path[-1]].facts.pop(field, None)
    return f"fact:{_name(kind, path)}"


def _pick(form: RuleForm, choice: str) -> str:
    """Puts what was found ("when.0:12") into the condition: beside others where it takes a list."""
    place, _colon, value = choice.partition(":")
    found = _PLACE.fullmatch(place)
    row = _node(form, tuple(int(part) for part in found[2].split(".")[1:])) if found else None
    if not isinstance(row, CheckRow):
        return ""
    listed = row.declared[1].takes == "list"
    known = [part for text in row.value for part in split(text)] if listed else []
    row.value = (
        [input_lines("text", dict.fromkeys([*known, value]), form.brazilian)] if listed else [value]
    )
    row.find = ""
    return f"{place}.value"


VERBS: dict[str, Callable[[RuleForm, str, tuple[int, ...], str], str]] = {
    "add": _add,
    "group": _add_group,
    "remove": _remove,
    "copy": _copy,
    "up": _move(-1),
    "down": _move(1),
    "wrap": _wrap,
    "unwrap": _unwrap,
    "fact": _add_fact,
    "drop": _drop_fact,
}


# New rows


def offered_actions(scope: str) -> list[Action]:
    return [action for action in ACTIONS.values() if scope in action.scopes]


def new_action(form: RuleForm) -> ActionRow:
    """One that the rule does not have yet."""
    used = {row.do for row in form.then}
    offered = offered_actions(form.scope)
    action = next((action for action in offered if action.key not in used), offered[0])
    return filled(ActionRow(action.key))


def new_example(form: RuleForm) -> ExampleRow:
    """Facts that the conditions ask for, and everything expected that the rule does; to be looked
    over."""
    facts = {
        row.field: input_text(FIELDS[row.field].type, FIELDS[row.field].sample, form.brazilian)
        for row in _rows(form.when)
    }
    facts |= {
        row.field: wanted
        for row in _rows(form.when, denied=False)
        if (wanted := _wanted(row, form.brazilian)) is not None
    }
    return ExampleRow(facts, list(dict.fromkeys(row.do for row in form.then)))


def _rows(node: Node, denied: bool = True) -> Iterator[CheckRow]:
    """The conditions; without `denied`, those that stand in no "not"."""
    if isinstance(node, CheckRow):
        yield node
    elif denied or node.kind != "not":
        for member in node.members:
            yield from _rows(member, denied)


def _wanted(row: CheckRow, brazilian: bool) -> str | None:
    """A value that meets the condition, as typed; None where none stands in it."""
    fixed = {"is_true": "true", "is_false": "false", "is_empty": "", "between": row.low}
    if row.op == "in":
        return next((part for text in row.value for part in split(text)), None)
    if row.op in ("eq", "gte", "lte", "contains", "starts_with"):
        return next(iter(row.value), None)
    if row.op in ("gt", "lt"):
        return _beyond(row, brazilian)
    return fixed.get(row.op)


def _beyond(row: CheckRow, brazilian: bool) -> str | None:
    """The nearest number on the side that the condition asks for; None where no number stands in it
    yet."""
    kind, step = FIELDS[row.field].type, 1 if row.op == "gt" else -1
    try:
        value: Any = read(kind, next(iter(row.value), ""), brazilian)
    except ValueRefused:
        return None
    beyond = value + step if kind == "int" else str(Decimal(value) + step * CENT)
    return input_text(kind, beyond, brazilian)
