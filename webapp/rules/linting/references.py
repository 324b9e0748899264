"""What rules point at: products, e-mail templates, tasks, agents and customers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from webapp.catalog.models import Product
from webapp.customers.models import Agent, Customer
from webapp.http.query import whole_number
from webapp.platform.database import db
from webapp.rules.core.conditions import Condition, FactCheck
from webapp.rules.core.problems import RuleProblem
from webapp.rules.core.rule import Rule
from webapp.rules.core.vocabulary import EMAIL_TITLES, TASK_TITLES

# Values of one query: databases take some thousands.
BATCH = 500
# A list of hundreds is told of by its first few.
MOST_NAMED = 5
KINDS = frozenset({"sku", "template", "task", "agent", "customer"})


@dataclass(frozen=True, slots=True)
class References:
    """What is there of the things that some rules name. `skus` maps each to "active" or
    "archived"."""

    skus: Mapping[str, str]
    templates: frozenset[str]
    tasks: frozenset[str]
    agents: frozenset[str]
    customers: frozenset[str]

    def missing(self, mention: Mention) -> list[str]:
        there = getattr(self, f"{mention.kind}s")
        return [value for value in dict.fromkeys(mention.values) if value not in there]

    def archived(self, mention: Mention) -> list[str]:
        if mention.kind != "sku":
            return []
        return [
            value for value in dict.fromkeys(mention.values) if self.skus.get(value) == "archived"
        ]


class Mention(NamedTuple):
    """What a rule names in one place: things of a kind of KINDS, and the place, as in
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
        if condition.field.refers and condition.op.names_values:
            values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
            yield Mention(condition.field.refers, values, f"{path}.value")
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
    products = _rows(Product.sku, named["sku"], Product.archived_at.is_not(None))
    return References(
        skus={row[0]: "archived" if row[1] else "active" for row in products},
        templates=frozenset(EMAIL_TITLES),
        tasks=frozenset(TASK_TITLES),
        agents=frozenset(row[0] for row in _rows(Agent.code, named["agent"])),
        customers=frozenset(str(row[0]) for row in _rows(Customer.id, customers)),
    )


def _rows(
    key: InstrumentedAttribute[Any], values: Iterable[Any], *more: ColumnElement[Any]
) -> Iterator[Any]:
    wanted = sorted(values)
    for start in range(0, len(wanted), BATCH):
        yield from db.session.execute(
            select(key, *more).where(key.in_(wanted[start : start + BATCH]))
        )


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
