"""What rules point at: products, e-mail templates, tasks, agents and customers; and what they name
by its words: channels, tags, categories, plans, authors, products' names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from webapp.catalog.models import Product
from webapp.catalog.queries import products_by_sku
from webapp.customers.models import Agent, Customer
from webapp.platform.database import db
from webapp.platform.text import fold
from webapp.platform.whole import whole_number
from webapp.rules.core.conditions import Condition, FactCheck
from webapp.rules.core.problems import RuleProblem
from webapp.rules.core.rule import Rule
from webapp.rules.core.vocabulary import EMAIL_TITLES, TASK_TITLES
from webapp.sales.forms import CHANNELS
from webapp.sales.models import Tag
from webapp.sales.queries import latest_channels

# Values of one query: databases take some thousands.
BATCH = 500
# A list of hundreds is told of by its first few.
MOST_NAMED = 5
KINDS = frozenset({"sku", "template", "task", "agent", "customer"})
# What is named by its own words, and the column in which those are kept.
WORDED = {
    "category": Product.category,
    "plan": Product.plan,
    "author": Product.author,
    "product": Product.name,
    "tag": Tag.name,
}
# Among more values than these the one that was meant is not looked for.
MOST_ALIKE = 500


@dataclass(frozen=True, slots=True)
class References:
    """What is there of the things that some rules name. `skus` maps each, as it is written, to
    "active" or "archived"; `absent` has what is worded and not there, by kind and value, with the
    value that is there and looks most like it."""

    skus: Mapping[str, str]
    templates: frozenset[str]
    tasks: frozenset[str]
    agents: frozenset[str]
    customers: frozenset[str]
    absent: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def missing(self, mention: Mention) -> list[str]:
        if mention.kind not in KINDS:
            return [v for v in dict.fromkeys(mention.values) if (mention.kind, v) in self.absent]
        there = getattr(self, f"{mention.kind}s")
        return [value for value in dict.fromkeys(mention.values) if value not in there]

    def archived(self, mention: Mention) -> list[str]:
        if mention.kind != "sku":
            return []
        return [
            value for value in dict.fromkeys(mention.values) if self.skus.get(value) == "archived"
        ]


class Mention(NamedTuple):
    """What a rule names in one place: things of a kind of KINDS or worded, and the place, as in
    "then.0.sku"."""

    kind: str
    values: tuple[str, ...]
    path: str


def mentions(rule: Rule) -> Iterator[Mention]:
    yield from _named_by(rule.when, "when")
    for place, use in enumerate(rule.then):
        for param in use.action.params:
            if param.type in KINDS:
                yield Mention(param.type, (use.params[param.key],), f"then.{place}.{param.key}")


def _named_by(condition: Condition, path: str) -> Iterator[Mention]:
    if isinstance(condition, FactCheck):
        if condition.field.names and condition.op.names_values:
            values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
            if condition.field.names == "tag":
                # All of an order stand in one text.
                values = tuple(tag for text in values for tag in text.split(", "))
            yield Mention(condition.field.names, values, f"{path}.value")
    elif condition.op == "not":
        yield from _named_by(condition.members[0], f"{path}.not")
    else:
        for place, member in enumerate(condition.members):
            yield from _named_by(member, f"{path}.{condition.op}.{place}")


def gather(rules: Iterable[Rule]) -> References:
    """Asks the database for what `rules` name and nothing else."""
    named: dict[str, set[str]] = defaultdict(set)
    for rule in rules:
        for mention in mentions(rule):
            named[mention.kind].update(mention.values)
    # "007" is no customer's number, nor is one that no database column holds.
    numbers = {whole_number(text) for text in named["customer"]}
    customers = {number for number in numbers if number is not None}
    return References(
        skus={
            sku: "archived" if product.archived_at else "active"
            for skus in _batches(named["sku"])
            for sku, product in products_by_sku(skus).items()
        },
        templates=frozenset(EMAIL_TITLES),
        tasks=frozenset(TASK_TITLES),
        agents=frozenset(row[0] for row in _rows(Agent.code, named["agent"])),
        customers=frozenset(str(row[0]) for row in _rows(Customer.id, customers)),
        absent={
            (kind, value): meant
            for kind in ("channel", *WORDED)
            for value, meant in _absent(kind, named[kind]).items()
        },
    )


def _absent(kind: str, named: set[str]) -> dict[str, str]:
    """Of the values named those that are nowhere, each with the one that was most likely meant."""
    if kind == "channel":
        missing = named - CHANNELS.keys()
        seen = latest_channels() if missing else set[str]()
        missing -= seen
        written = {fold(channel): channel for channel in seen | CHANNELS.keys()}
        written |= {fold(str(label)): channel for channel, label in CHANNELS.items()}
    else:
        column = WORDED[kind]
        missing = named - {row[0] for row in _rows(column, named)}
        query = select(column).where(column != "").distinct().limit(MOST_ALIKE) if missing else None
        there = db.session.scalars(query) if query is not None else ()
        written = {fold(text).strip(): text for text in there}
    return {value: _nearest(value, written) for value in sorted(missing)}


def _nearest(value: str, written: Mapping[str, str]) -> str:
    """`written`: what there is, by its folded words."""
    alike = get_close_matches(fold(value).strip(), written, 1)
    return written[alike[0]] if alike else ""


def _rows(key: InstrumentedAttribute[Any], values: Iterable[Any]) -> Iterator[Any]:
    for batch in _batches(values):
        yield from db.session.execute(select(key).where(key.in_(batch)))


def _batches(values: Iterable[Any]) -> Iterator[list[Any]]:
    wanted = sorted(values)
    for start in range(0, len(wanted), BATCH):
        yield wanted[start : start + BATCH]


def refused(rule: Rule, known: References) -> list[RuleProblem]:
    """What keeps an enabled rule from being published: it counts on a product that is no longer
    sold."""
    if not rule.enabled:
        return []
    return [
        RuleProblem(
            mention.path,
            _("product '%(sku)s' is archived; take it back into sale or name another one", sku=sku),
        )
        for mention in mentions(rule)
        for sku in known.archived(mention)[:MOST_NAMED]
    ]
