"""The rows of the rule editor: conditions, groups, actions and examples as they stand in the form.
Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as attribute

from webapp.rules.core.actions import ACTIONS, Action
from webapp.rules.core.fields import FIELDS, Field
from webapp.rules.core.operators import OPERATORS, Operator, operators_for
from webapp.rules.core.problems import ValueRefused
from webapp.rules.editing import input_format

Values = dict[str, list[str]]


@dataclass
class CheckRow:
    """`value` is as posted: one text, or one for each ticked box."""

    field: str
    op: str
    value: list[str] = attribute(default_factory=list)
    low: str = ""
    high: str = ""
    # What is looked for among customers or products.
    find: str = ""

    @property
    def declared(self) -> tuple[Field, Operator]:
        return FIELDS[self.field], OPERATORS[self.op]


@dataclass
class GroupRow:
    kind: str
    members: list[CheckRow | GroupRow]


Node = CheckRow | GroupRow


@dataclass
class ActionRow:
    do: str
    values: Values = attribute(default_factory=dict)

    @property
    def declared(self) -> Action:
        return ACTIONS[self.do]


@dataclass
class ExampleRow:
    facts: dict[str, str] = attribute(default_factory=dict)
    expect: list[str] = attribute(default_factory=list)
    # The field that the next button adds.
    fresh: str = ""


def is_picked(declared: Field) -> bool:
    """Whether its values are chosen from all there are, not typed."""
    return (
        declared.choices is not None
        or declared.type == "bool"
        or declared.refers == "agent"
        or declared.offers == "channel"
    )


def new_check(scope: str) -> CheckRow:
    """It asks for the first field of what the rule looks at."""
    return fitted(
        CheckRow(next(key for key, declared in FIELDS.items() if declared.scope == scope), ""), ""
    )


def fitted(row: CheckRow, was: str) -> CheckRow:
    """The row with a field there is, an operator that fits it, and of its value what another field
    than `was` can keep."""
    declared = FIELDS.get(row.field) or next(iter(FIELDS.values()))
    op = OPERATORS.get(row.op)
    changed = bool(was) and was != declared.key
    if (
        op is None
        or declared.type not in op.types
        or (changed and op not in operators_for(declared))
    ):
        op = operators_for(declared)[0]
    texts = [*row.value[:1], row.low, row.high] if op.takes == "pair" else [*row.value, row.low]
    if changed:
        texts = [text for text in texts if _is_readable(declared, text)]
    if op.takes == "pair":
        low, high = row.low or next(iter(texts), ""), row.high
        return CheckRow(
            declared.key, op.key, [], *(text if text in texts else "" for text in (low, high))
        )
    value = [text for text in row.value if text in texts] or [text for text in texts if text]
    if op.takes == "one" and value:
        value = value[:1] if "\n" not in value[0] else input_format.split(value[0])[:1]
    return CheckRow(declared.key, op.key, [] if op.takes == "none" else value)


def _is_readable(declared: Field, text: str) -> bool:
    if is_picked(declared):
        return declared.choices is not None and text in declared.choices
    try:
        # Only asks whether: in which language is no matter.
        input_format.read(declared.type, text, "," in text)
    except ValueRefused:
        return False
    return True


def filled(row: ActionRow) -> ActionRow:
    """With the values that its parameters have at first, where nothing was said of them."""
    for param in row.declared.params:
        if param.key not in row.values and param.default is not None:
            row.values[param.key] = [str(param.default)]
        if param.type == "commission":
            row.values.setdefault(f"{param.key}.kind", [input_format.AGENTS_OWN])
    return row


def turned(group: GroupRow, kind: str) -> GroupRow:
    """The group as another kind: a "not" has one member, which is then the group that it was."""
    if kind == "not" and len(group.members) > 1:
        return GroupRow(
            "not", [GroupRow(group.kind if group.kind in ("all", "any") else "all", group.members)]
        )
    if (
        group.kind == "not" != kind
        and len(group.members) == 1
        and isinstance(group.members[0], GroupRow)
    ):
        return GroupRow(kind, group.members[0].members)
    return GroupRow(kind, group.members)


def nodes_of(node: Node) -> Iterator[Node]:
    yield node
    for member in node.members if isinstance(node, GroupRow) else ():
        yield from nodes_of(member)


def depth_of(node: Node) -> int:
    return (
        1 + max((depth_of(member) for member in node.members), default=0)
        if isinstance(node, GroupRow)
        else 1
    )
