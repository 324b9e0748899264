"""What a rule may do: an action is one declaration in ACTIONS, from which editor, sentence, checks
and help follow. What it does to a sale is the kind of effect with the same key, in
`webapp.processing.effects`.

The hit policy says what happens when several rules ask for the same thing (same action, same
target): "union" merges them, "first" lets the first by priority win, "each" does every one of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.platform.money import ZERO, percent_of
from webapp.rules.core.events import EVENTS, PAID, TOLD_TO_CUSTOMERS
from webapp.rules.core.fields import read_int, read_percent, read_text
from webapp.rules.core.problems import Problems, ValueRefused, preview

MAX_ACTIONS = 20
MAX_CODES = 50
MAX_GIFT_QUANTITY = 100
CODE = re.compile(r"[a-z][a-z0-9_]{0,59}")

Params = Mapping[str, Any]
BOTH = ("line", "sale")
LINE = ("line",)


def read_code(value: object) -> str:
    if isinstance(value, str) and CODE.fullmatch(value):
        return value
    message = _(
        "%(value)s is not a code; begin with a small letter, then letters, digits and _",
        value=preview(value),
    )
    raise ValueRefused(message)


def read_codes(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_CODES:
        raise ValueRefused(_("expected a list of 1 to %(most)d codes", most=MAX_CODES))
    return tuple(read_code(code) for code in value)


def read_gift_quantity(value: object) -> int:
    quantity = read_int(value)
    if not 1 <= quantity <= MAX_GIFT_QUANTITY:
        raise ValueRefused(_("quantity must be from 1 to %(most)d", most=MAX_GIFT_QUANTITY))
    return quantity


def read_commission_percent(value: object) -> str | Decimal:
    """The word "agent" (the selling agent's own percentage), or a percentage."""
    return "agent" if value == "agent" else read_percent(value)


@dataclass(frozen=True)
class Param:
    """type  names the editor's input, or what the value points at: "sku", "template", "task"
    read  turns JSON into the typed value, or raises ValueRefused
    """

    key: str
    type: str
    label: str
    read: Callable[[object], Any]
    required: bool = True
    default: Any = None


@dataclass(frozen=True)
class Action:
    """phrase how the sentence of a rule says it; takes the parameters by name, worded by
    `webapp.rules.core.sentence`
    target      (params, place) -> what it is done to; place is "line:<n>" or "sale"
    amount      (params, facts) -> money it moves, or None where the facts leave nothing to pay
    needs       params -> the facts without which there is no amount
    earning     the sum of a backtest that its money belongs to
    settled     facts of its line -> the amount, where only carrying it out settles it
    events      the triggers that it goes with
    moves_money publishing it takes a second person
    help        what the label does not say, for the editor and the page of help
    """

    key: str
    label: str
    phrase: str
    policy: str
    target: Callable[[Params, str], str]
    params: tuple[Param, ...] = ()
    scopes: tuple[str, ...] = LINE
    events: tuple[str, ...] = (PAID,)
    moves_money: bool = False
    amount: Callable[[Params, Mapping[str, Any]], Decimal | None] | None = None
    needs: Callable[[Params], tuple[str, ...]] = lambda _params: ()
    earning: Literal["", "commission", "royalty"] = ""
    settled: Callable[[Mapping[str, Any]], Decimal] | None = None
    help: str = ""


@dataclass(frozen=True, slots=True)
class ActionUse:
    """One action of a rule with its typed parameters."""

    action: Action
    params: Params


def commission_needs(params: Params) -> tuple[str, ...]:
    needed = ("agent_id", "item_total")
    return (*needed, "agent_percent") if params["percent"] == "agent" else needed


def commission_amount(params: Params, facts: Mapping[str, Any]) -> Decimal | None:
    """Percentage of the line after discount, without freight, rounded half up; None where a fact it
    needs is empty."""
    percent = facts["agent_percent"] if params["percent"] == "agent" else params["percent"]
    if not facts["agent_id"] or percent is None or facts["item_total"] is None:
        return None
    return percent_of(facts["item_total"], percent)


def royalty_amount(facts: Mapping[str, Any]) -> Decimal:
    """The product's own percentage of the line."""
    return percent_of(facts["item_total"], facts.get("item_royalty_percent") or ZERO)


def _customer(_params: Params, _place: str) -> str:
    return "customer"


def _place(_params: Params, place: str) -> str:
    return place


def _sale(_params: Params, _place: str) -> str:
    return "sale"


def _at_place(param: str) -> Callable[[Params, str], str]:
    return lambda params, place: f"{params[param]}:{place.replace(':', '')}"


ADD_ITEM = Action(
    "add_item",
    _l("add a free item"),
    _l("add %(quantity)s × %(sku)s as a gift"),
    "each",
    _at_place("sku"),
    (
        Param("sku", "sku", _l("product's SKU"), read_text),
        Param(
            "quantity", "int", _l("number of units"), read_gift_quantity, required=False, default=1
        ),
    ),
    BOTH,
    moves_money=True,
    help=_l(
        "The gift joins the order at full discount, once for each item that the rule applies to, "
        "however many units of it were bought. Without stock, staff get a task."
    ),
)
SKIP_RULE = Action(
    "skip_rule",
    _l("skip rules"),
    _l("skip %(codes)s"),
    "skip",
    _sale,
    (Param("codes", "codes", _l("rules to skip"), read_codes),),
    BOTH,
    EVENTS,
    moves_money=True,
    help=_l(
        "An exception: the rules named, which must come after this one, do nothing where this one "
        "applies."
    ),
)
COMMISSION = Action(
    "commission",
    _l("commission"),
    _l("pay the agent a commission %(percent)s"),
    "first",
    _place,
    (Param("percent", "commission", _l("percentage"), read_commission_percent),),
    moves_money=True,
    amount=commission_amount,
    needs=commission_needs,
    earning="commission",
    help=_l(
        "A percentage of the item after discount, without freight. Without a selling agent nothing "
        "is paid."
    ),
)
ACTIONS = {
    action.key: action
    for action in (
        Action(
            "packing_slip",
            _l("packing slip"),
            _l("put the item on the packing slip"),
            "union",
            _sale,
            help=_l(
                "One slip for the whole order; printed for the parcel once the NF-e is authorized."
            ),
        ),
        Action(
            "royalty_slip",
            _l("royalty slip"),
            _l("send a royalty slip"),
            "union",
            _place,
            moves_money=True,
            earning="royalty",
            settled=royalty_amount,
            help=_l("At the product's royalty percentage, for its author."),
        ),
        ADD_ITEM,
        Action(
            "membership_activation",
            _l("activate the membership"),
            _l("activate the membership"),
            "union",
            _customer,
        ),
        Action(
            "membership_upgrade",
            _l("upgrade the membership"),
            _l("upgrade the membership"),
            "union",
            _customer,
        ),
        Action(
            "membership_reactivation",
            _l("reactivate the membership"),
            _l("reactivate the membership"),
            "union",
            _customer,
        ),
        Action(
            "email",
            _l("e-mail to the customer"),
            _l("send the customer the e-mail %(template)s"),
            "union",
            lambda params, _place: params["template"],
            (Param("template", "template", _l("e-mail template"), read_code),),
            BOTH,
            TOLD_TO_CUSTOMERS,
        ),
        COMMISSION,
        Action(
            "task",
            _l("task for staff"),
            _l("open the task %(text_code)s for staff"),
            "union",
            _at_place("text_code"),
            (Param("text_code", "task", _l("task"), read_code),),
            BOTH,
            EVENTS,
        ),
        Action(
            "hold",
            _l("hold for review"),
            _l("hold the order for review"),
            "union",
            _sale,
            (Param("reason", "text", _l("reason"), read_text, required=False),),
            BOTH,
            help=_l("Nothing leaves the shop until a person releases the order."),
        ),
        Action(
            "approve",
            _l("approve without review"),
            _l("approve the NF-e without review"),
            "union",
            _sale,
            scopes=BOTH,
            help=_l(
                "The NF-e goes out by itself, even where the shop reviews every one. A hold is "
                "stronger."
            ),
        ),
        SKIP_RULE,
    )
}


def read_actions(
    raw: object, path: str, scope: str, event: str, problems: Problems
) -> tuple[ActionUse, ...]:
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_ACTIONS:
        problems.add(path, _("expected a list of 1 to %(most)d actions", most=MAX_ACTIONS))
        return ()
    uses: list[ActionUse] = []
    for place, node in enumerate(raw):
        use = _read_action(node, f"{path}.{place}", scope, event, problems)
        if use is None:
            continue
        if any(
            use.action is other.action and (use.action.policy == "first" or use == other)
            for other in uses
        ):
            problems.add(
                f"{path}.{place}",
                _("'%(do)s' is already among the actions; remove one", do=use.action.key),
            )
        uses.append(use)
    return tuple(uses)


def _read_action(
    node: object, path: str, scope: str, event: str, problems: Problems
) -> ActionUse | None:
    if not isinstance(node, dict):
        problems.add(path, _("expected an action, not %(value)s", value=preview(node)))
        return None
    action = problems.choose(ACTIONS, node.get("do"), f"{path}.do")
    if action is None:
        return None
    if scope not in action.scopes:
        problems.add(
            f"{path}.do",
            _("'%(do)s' needs a line; this rule looks at the whole sale", do=action.key),
        )
    if event not in action.events:
        problems.add(
            f"{path}.do",
            _("'%(do)s' does not go with what this rule hears; choose another", do=action.key),
        )
    problems.keys(node, ("do", *(param.key for param in action.params)), path)
    return ActionUse(
        action, {param.key: _read_param(node, param, path, problems) for param in action.params}
    )


def _read_param(node: dict[str, Any], param: Param, path: str, problems: Problems) -> Any:
    value = node.get(param.key)
    if value is None and not param.required:
        return param.default
    try:
        return param.read(value)
    except ValueRefused as refused:
        problems.add(f"{path}.{param.key}", str(refused))
        return None
