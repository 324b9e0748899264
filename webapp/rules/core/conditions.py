"""JSON condition tree -> typed tree, with every mistake told by its place.

{"all": [{"field": "item_kind", "op": "in", "value": ["book", "ebook"]}, {"not": {…}}]}
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from webapp.rules.core.fields import FIELDS, Field
from webapp.rules.core.operators import OPERATORS, Operator
from webapp.rules.core.problems import Problems, ValueRefused, did_you_mean, preview

MAX_DEPTH = 6
MAX_NODES = 60
MAX_LIST = 500
GROUPS = ("all", "any", "not")


@dataclass(frozen=True, slots=True)
class FactCheck:
    """One fact asked for. `value` is typed: None, one value, or a tuple ("list" and "pair"
    operators)."""

    field: Field
    op: Operator
    value: Any

    @property
    def asked(self) -> Any:
        """The value as it is compared."""
        return self.field.comparable(self.value)


@dataclass(frozen=True, slots=True)
class Group:
    """`op` is "all", "any" or "not"; "not" has one member."""

    op: str
    members: tuple[Condition, ...]


Condition = FactCheck | Group


class ConditionReader:
    """Reads one tree. Depth and number of nodes are bounded before anything is visited."""

    def __init__(self, problems: Problems, scope: str):
        self.problems = problems
        self.scope = scope
        self.left = MAX_NODES

    def read(self, node: object, path: str, depth: int = 1) -> Condition | None:
        """None where a problem was added. The root is at depth 1."""
        self.left -= 1
        if self.left == -1:
            self.problems.add(
                path, _("the rule has more than %(most)d conditions; split it", most=MAX_NODES)
            )
        if self.left < 0:
            return None
        if depth > MAX_DEPTH:
            self.problems.add(
                path,
                _(
                    "conditions are nested deeper than %(most)d levels; split the rule",
                    most=MAX_DEPTH,
                ),
            )
            return None
        if not isinstance(node, dict):
            self.problems.add(path, _("expected a condition, not %(value)s", value=preview(node)))
            return None
        group = next((key for key in GROUPS if key in node), None)
        if group is None:
            return self._check(node, path)
        self.problems.keys(node, (group,), path)
        return self._group(group, node[group], f"{path}.{group}", depth)

    def _group(self, op: str, raw: object, path: str, depth: int) -> Group | None:
        if op == "not":
            member = self.read(raw, path, depth + 1)
            return Group("not", (member,)) if member else None
        if not isinstance(raw, list) or not raw:
            self.problems.add(path, _("this group is empty; add a condition or remove the group"))
            return None
        within = raw[: max(self.left, 0) + 1]
        members = [
            self.read(member, f"{path}.{place}", depth + 1) for place, member in enumerate(within)
        ]
        readable = tuple(member for member in members if member is not None)
        return Group(op, readable) if len(readable) == len(members) else None

    def _check(self, node: dict[str, Any], path: str) -> FactCheck | None:
        self.problems.keys(node, ("field", "op", "value"), path)
        field = self._field(node.get("field"), f"{path}.field")
        op = self._operator(node.get("op"), field, f"{path}.op")
        if field is None or op is None:
            return None
        try:
            return FactCheck(field, op, read_value(field, op, node.get("value")))
        except ValueRefused as refused:
            self.problems.add(f"{path}.value", str(refused))
            return None

    def _field(self, key: object, path: str) -> Field | None:
        field = FIELDS.get(key) if isinstance(key, str) else None
        if field is None:
            hint = did_you_mean(key, FIELDS)
            self.problems.add(
                path, _("field %(field)s does not exist%(hint)s", field=preview(key), hint=hint)
            )
        elif field.scope == "line" and self.scope == "sale":
            self.problems.add(
                path,
                _("'%(field)s' belongs to a line; this rule looks at the whole sale", field=key),
            )
        return field

    def _operator(self, key: object, field: Field | None, path: str) -> Operator | None:
        op = self.problems.choose(OPERATORS, key, path)
        if op is None or field is None or field.type in op.types:
            return op
        fitting = ", ".join(known.key for known in OPERATORS.values() if field.type in known.types)
        message = _(
            "'%(op)s' does not fit '%(field)s'; use one of: %(ops)s",
            op=op.key,
            field=field.key,
            ops=fitting,
        )
        self.problems.add(path, message)
        return None


def read_value(field: Field, op: Operator, raw: object) -> Any:
    """What the operator takes, typed by the field. Raises ValueRefused."""
    if op.takes == "one":
        return field.read(raw)
    if op.takes == "none":
        if raw is not None:
            raise ValueRefused(_("'%(op)s' takes no value; remove it", op=op.key))
        return None
    if not isinstance(raw, list):
        raise ValueRefused(_("expected a list of values, not %(value)s", value=preview(raw)))
    if op.takes == "list" and not 1 <= len(raw) <= MAX_LIST:
        raise ValueRefused(_("expected a list of 1 to %(most)d values", most=MAX_LIST))
    if op.takes == "pair" and len(raw) != 2:
        raise ValueRefused(_("expected two values, the lower one first"))
    values = tuple(field.read(value) for value in raw)
    if op.takes == "pair" and values[0] > values[1]:
        raise ValueRefused(_("the first value is above the second; swap them"))
    return values
