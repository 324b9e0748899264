"""The facts that a rule may ask about: a field is one declaration in FIELDS, from which editor,
sentence, checks and help follow. What it is for a sale says its entry in
`webapp.processing.facts`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from webapp.rules.core.problems import ValueRefused, preview

MAX_TEXT = 200
MAX_INT = 10**9

_MONEY = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2})?")
_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")
_INT = re.compile(r"-?[0-9]{1,10}")
# NUL does not fit into PostgreSQL, and half a surrogate pair into no file.
_UNSTORABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Field:
    """One fact of a sale or of a line.

    label    as an editor offers it, without an article
    subject  as a sentence begins with it; a switch has none
    sample   its value in the sample sale that examples start from
    choices  value -> label, for type "choice"
    phrases how a sentence says yes and no, for type "bool" presence how a sentence says that it is
    filled in and that it is empty, where it may be distinct roughly how many different values a
    shop has; the index files a rule under its rarest one
    refers what its values point at ("sku", "customer", "agent"), so that lint knows those that are
    not there
    offers a list of known values that the editor offers ("channel", "tag", "category", "plan",
    "author")
    told   where else its values are found ("product"), so that lint knows those of them that are
    not there as it knows those of what it refers to or offers
    help     what the label does not say, for the editor and the page of help
    """

    key: str
    type: str
    label: str
    subject: str
    scope: str
    sample: Any
    presence: tuple[str, str] | None = None
    choices: Mapping[str, str] | None = None
    phrases: tuple[str, str] | None = None
    distinct: int = 1000
    refers: str = ""
    offers: str = ""
    told: str = ""
    help: str = ""

    @property
    def names(self) -> str:
        """What its values name; empty where they are not looked up."""
        return self.refers or self.offers or self.told

    @property
    def nullable(self) -> bool:
        return self.presence is not None

    @property
    def folds(self) -> bool:
        """A SKU in any case is the same product."""
        return self.refers == "sku"

    def comparable(self, value: Any) -> Any:
        """A value as it is compared, or a tuple of them."""
        if not self.folds or value is None:
            return value
        return tuple(map(_upper, value)) if isinstance(value, tuple) else _upper(value)

    def read(self, value: object) -> Any:
        """JSON -> typed value. Money and percentages are decimal text, never a number. Raises
        ValueRefused."""
        if self.choices is not None:
            return read_choice(value, self.choices)
        return READERS[self.type](value)


def _upper(sku: str) -> str:
    return sku.upper()


def read_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueRefused(_("expected text, not %(value)s", value=preview(value)))
    if len(value) > MAX_TEXT:
        raise ValueRefused(_("text is longer than %(most)d characters", most=MAX_TEXT))
    if not value.strip():
        raise ValueRefused(_("text is empty; to ask for an empty field use 'is_empty'"))
    if _UNSTORABLE.search(value):
        raise ValueRefused(_("text has control characters; remove them"))
    return value


def read_choice(value: object, choices: Mapping[str, str]) -> str:
    if not isinstance(value, str) or value not in choices:
        options = ", ".join(choices)
        raise ValueRefused(
            _(
                "%(value)s is not an option; use one of: %(options)s",
                value=preview(value),
                options=options,
            )
        )
    return value


def read_money(value: object) -> Decimal:
    if not isinstance(value, str) or not _MONEY.fullmatch(value):
        raise ValueRefused(
            _(
                "%(value)s is not an amount; write it as text with up to two decimals, like "
                '"129.90"',
                value=preview(value),
            )
        )
    return Decimal(value)


def read_percent(value: object) -> Decimal:
    if not isinstance(value, str) or not _PERCENT.fullmatch(value) or Decimal(value) > 100:
        raise ValueRefused(
            _(
                '%(value)s is not a percentage; write it as text from "0" to "100", like "7.50"',
                value=preview(value),
            )
        )
    return Decimal(value)


def read_int(value: object) -> int:
    """A JSON integer, or its digits as text (what a form posts)."""
    if isinstance(value, str) and _INT.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueRefused(_("%(value)s is not a whole number", value=preview(value)))
    if abs(value) > MAX_INT:
        raise ValueRefused(_("number is out of range; at most %(most)d", most=MAX_INT))
    return value


def read_bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueRefused(_("%(value)s is neither true nor false", value=preview(value)))
    return value


READERS: dict[str, Callable[[object], Any]] = {
    "money": read_money,
    "percent": read_percent,
    "int": read_int,
    "bool": read_bool,
    "text": read_text,
}

KINDS = {
    "physical": _l("physical product"),
    "book": _l("book"),
    "ebook": _l("e-book"),
    "video": _l("video on disc"),
    "streaming": _l("streaming video"),
    "membership": _l("membership"),
    "membership_upgrade": _l("membership upgrade"),
    "membership_reactivation": _l("membership reactivation"),
}
GOODS = frozenset({"physical", "book", "video"})
STATES = (
    "AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO"
).split()
PAYMENT_METHODS = {
    "pix": _l("Pix"),
    "credit_card": _l("credit card"),
    "debit_card": _l("debit card"),
    "boleto": _l("boleto"),
    "wallet": _l("wallet"),
    "store_credit": _l("store credit"),
    "other": _l("other"),
}
TAXPAYERS = {
    "contributor": _l("contributor"),
    "exempt": _l("exempt from registration"),
    "non_contributor": _l("non-contributor"),
}
MEMBERSHIP_STATUSES = {
    "none": lazy_pgettext("membership", "missing"),
    "active": _l("active"),
    "lapsed": _l("lapsed"),
}


def _choice(
    key: str,
    label: str,
    subject: str,
    scope: str,
    sample: str,
    choices: Mapping[str, str],
    **more: Any,
) -> Field:
    return Field(
        key, "choice", label, subject, scope, sample, choices=choices, distinct=len(choices), **more
    )


def _bool(key: str, label: str, scope: str, sample: bool, yes: str, no: str, help: str) -> Field:
    return Field(key, "bool", label, "", scope, sample, phrases=(yes, no), distinct=2, help=help)


FIELDS = {
    field.key: field
    for field in (
        Field(
            "sale_total",
            "money",
            _l("order total"),
            _l("the order total"),
            "sale",
            Decimal("100.00"),
            help=_l("What the customer pays: items after discount, and freight."),
        ),
        Field(
            "sale_goods_total",
            "money",
            _l("total of the goods"),
            _l("the total of the goods"),
            "sale",
            Decimal("100.00"),
            help=_l("Items that are shipped, after discount, without freight."),
        ),
        Field(
            "sale_freight", "money", _l("order freight"), _l("the freight"), "sale", Decimal("0.00")
        ),
        Field(
            "sale_discount_percent",
            "percent",
            _l("order discount (%)"),
            _l("the order discount"),
            "sale",
            Decimal("0.00"),
            help=_l("Of what the items cost without it; gifts do not count."),
        ),
        Field(
            "sale_channel",
            "text",
            _l("sales channel"),
            _l("the sales channel"),
            "sale",
            "site",
            distinct=4,
            offers="channel",
        ),
        Field(
            "sale_tags",
            "text",
            _l("order's tags"),
            _l("the order's list of tags"),
            "sale",
            None,
            distinct=40,
            offers="tag",
            presence=(_l("the order has a tag"), _l("the order has no tag")),
            help=_l("All its tags by name, with commas between: “contains” asks for one of them."),
        ),
        _choice(
            "payment_method",
            _l("payment method"),
            _l("the payment method"),
            "sale",
            "pix",
            PAYMENT_METHODS,
        ),
        Field(
            "customer_id",
            "text",
            _l("customer"),
            _l("the customer"),
            "sale",
            "1",
            distinct=5000,
            refers="customer",
        ),
        _choice(
            "customer_document_kind",
            _l("customer's document"),
            _l("the customer's document"),
            "sale",
            "cpf",
            {"cpf": "CPF", "cnpj": "CNPJ", "foreign": _l("of another country")},
        ),
        _choice(
            "customer_state",
            _l("customer's state"),
            _l("the customer's state"),
            "sale",
            "SP",
            {uf: uf for uf in STATES},
            presence=(_l("the customer's state is known"), _l("the customer's state is not known")),
        ),
        _choice(
            "taxpayer",
            _l("customer's ICMS status"),
            _l("the customer's ICMS status"),
            "sale",
            "non_contributor",
            TAXPAYERS,
        ),
        Field(
            "agent_id",
            "text",
            _l("selling agent"),
            _l("the selling agent"),
            "sale",
            "A1",
            distinct=20,
            refers="agent",
            presence=(_l("the order has a selling agent"), _l("the order has no selling agent")),
        ),
        Field(
            "agent_percent",
            "percent",
            _l("agent's percentage"),
            _l("the agent's percentage"),
            "sale",
            Decimal("5.00"),
            presence=(_l("the agent has a percentage"), _l("the agent has no percentage")),
            help=_l("The selling agent's own commission when the order was entered."),
        ),
        _choice(
            "membership_status",
            _l("customer's membership"),
            _l("the customer's membership"),
            "sale",
            "none",
            MEMBERSHIP_STATUSES,
            help=_l("As it was right before this order."),
        ),
        Field(
            "membership_plan",
            "text",
            _l("customer's membership plan"),
            _l("the customer's membership plan"),
            "sale",
            None,
            distinct=4,
            offers="plan",
            presence=(
                _l("the customer has a membership plan"),
                _l("the customer has no membership plan"),
            ),
        ),
        Field(
            "item_sku",
            "text",
            _l("product's SKU"),
            _l("the product's SKU"),
            "line",
            "SAMPLE-1",
            distinct=2000,
            refers="sku",
        ),
        Field(
            "item_name",
            "text",
            _l("product's name"),
            _l("the product's name"),
            "line",
            "Sample product",
            distinct=2000,
            told="product",
            help=_l("A product may be renamed; its SKU stays."),
        ),
        Field(
            "item_category",
            "text",
            _l("product's category"),
            _l("the product's category"),
            "line",
            "Sample",
            distinct=40,
            offers="category",
            presence=(_l("the product has a category"), _l("the product has no category")),
        ),
        _choice(
            "item_kind", _l("kind of product"), _l("the kind of product"), "line", "physical", KINDS
        ),
        _bool(
            "item_physical",
            _l("shipped"),
            "line",
            True,
            _l("the product is shipped"),
            _l("the product is not shipped"),
            help=_l("Physical products, books and videos on disc are."),
        ),
        Field(
            "item_price",
            "money",
            _l("item unit price"),
            _l("the unit price"),
            "line",
            Decimal("100.00"),
        ),
        Field(
            "item_below_catalog_percent",
            "percent",
            _l("price below catalog (%)"),
            _l("the price below catalog"),
            "line",
            Decimal("0.00"),
            presence=(
                _l("the catalog price at the time is known"),
                _l("the catalog price at the time is not known"),
            ),
            help=_l("How far the unit price lies below the product's own when the order was made."),
        ),
        Field(
            "item_margin_percent",
            "percent",
            _l("item margin (%)"),
            _l("the margin"),
            "line",
            None,
            presence=(_l("the margin is known"), _l("the margin is not known")),
            help=_l(
                "What is left of the item's total, after discount, when its product's cost at the "
                "time is paid; below zero it is sold at a loss, down to −100 %. Not known for a "
                "gift, nor where the product has no cost."
            ),
        ),
        Field(
            "item_quantity",
            "int",
            _l("item quantity"),
            _l("the quantity"),
            "line",
            1,
            distinct=10,
            help=_l("On one line of the order: a product that stands on two lines is two items."),
        ),
        Field(
            "item_total",
            "money",
            _l("item total"),
            _l("the item total"),
            "line",
            Decimal("100.00"),
            help=_l(
                "After discount, without freight. Of one line of the order: a product that stands "
                "on two lines is two items."
            ),
        ),
        _bool(
            "item_gift",
            _l("gift"),
            "line",
            False,
            _l("the item is a gift"),
            _l("the item is not a gift"),
            help=_l("Added free of charge by a rule."),
        ),
        Field(
            "item_royalty_percent",
            "percent",
            _l("royalty percentage"),
            _l("the royalty percentage"),
            "line",
            None,
            distinct=10,
            presence=(_l("the product pays royalties"), _l("the product pays no royalties")),
        ),
        Field(
            "item_author",
            "text",
            _l("author"),
            _l("the author"),
            "line",
            None,
            distinct=200,
            offers="author",
            presence=(_l("the product has an author"), _l("the product has no author")),
        ),
    )
}
# A switch nobody set is off; anything else nobody told is empty.
BLANK = {key: False if field.type == "bool" else None for key, field in FIELDS.items()}


def sample_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The sample sale with `facts` over it. Whether the item ships follows its kind unless `facts`
    say."""
    sample = {key: field.sample for key, field in FIELDS.items()}
    kind = facts.get("item_kind", sample["item_kind"])
    return {**sample, "item_physical": kind in GOODS, **facts}


def comparable(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """The facts as conditions compare them; see `Field.comparable`."""
    sku = facts.get("item_sku")
    if sku is None or (upper := sku.upper()) == sku:
        return facts
    return {**facts, "item_sku": upper}


def facts_to_json(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Typed facts -> what JSON can keep: decimals as text."""
    return {
        key: str(value) if isinstance(value, Decimal) else value for key, value in facts.items()
    }


def facts_from_json(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The way back from `facts_to_json`; keys that are no fields (such as `line`) pass
    unchanged."""
    exact = {key for key, field in FIELDS.items() if field.type in ("money", "percent")}
    return {
        key: Decimal(value) if key in exact and value is not None else value
        for key, value in facts.items()
    }
