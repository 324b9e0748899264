"""Everything a rule may ask and do, for people: made from the declarations alone."""

from flask import render_template
from flask_babel import lazy_gettext as _l

from webapp.rules.core.actions import ACTIONS, Action
from webapp.rules.core.conditions import MAX_DEPTH, MAX_LIST, MAX_NODES
from webapp.rules.core.fields import FIELDS, Field
from webapp.rules.core.operators import OPERATORS, Operator, operators_for
from webapp.rules.core.rule import MAX_EXAMPLES, MAX_PRIORITY
from webapp.rules.pages.blueprint import bp
from webapp.staff.access import allow

TYPES = {
    "money": _l("amount of money"),
    "percent": _l("percentage"),
    "int": _l("whole number"),
    "bool": _l("yes or no"),
    "text": _l("text"),
    "choice": _l("one of a list"),
    "sku": _l("SKU of a product"),
    "codes": _l("codes of rules"),
    "template": _l("e-mail that a rule may send"),
    "task": _l("kind of task"),
    "commission": _l("a percentage, or the agent's own"),
}
POLICIES = {
    "union": _l("asked for by several rules, it is done once"),
    "first": _l("the first rule by priority wins"),
    "each": _l("done for every rule that asks"),
    "skip": _l("every rule named is skipped"),
}
TAKES = {
    "none": _l("no value"),
    "one": _l("one value"),
    "list": _l("a list of values"),
    "pair": _l("two values, the lower one first"),
}


@bp.get("/rules/help")
@allow("manager")
def help_page() -> str:
    return render_template(
        "rules/help.html",
        fields=FIELDS.values(),
        operators=OPERATORS.values(),
        actions=ACTIONS.values(),
        types=TYPES,
        policies=POLICIES,
        takes=TAKES,
        asked_how=_asked_how,
        asked_of=_asked_of,
        parts=_parts,
        limits={
            "nodes": MAX_NODES,
            "depth": MAX_DEPTH,
            "list": MAX_LIST,
            "examples": MAX_EXAMPLES,
            "priority": MAX_PRIORITY,
        },
    )


def _asked_how(field: Field) -> list[str]:
    return [str(op.label) for op in operators_for(field)]


def _asked_of(op: Operator) -> list[str]:
    """The types of field that take the operator."""
    return [str(TYPES.get(kind, kind)) for kind in sorted(op.types)]


def _parts(action: Action) -> list[tuple[str, str, bool]]:
    """(label, type in words, required) of each parameter."""
    return [
        (str(param.label), str(TYPES.get(param.type, param.type)), param.required)
        for param in action.params
    ]
