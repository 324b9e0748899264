"""Known values that the rule editor offers: read from the shop when a row asks for them, and never
more than a few."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from flask_babel import gettext as _
from sqlalchemy import select

from webapp.catalog.models import Product
from webapp.catalog.queries import products_by_sku
from webapp.customers.models import Agent, Customer
from webapp.http.formatting import percent_text
from webapp.platform.database import db
from webapp.platform.text import storable
from webapp.platform.whole import whole_number
from webapp.rules.core.actions import ACTIONS
from webapp.rules.core.book import RuleBook
from webapp.rules.core.fields import FIELDS, Field
from webapp.rules.core.rule import Rule
from webapp.rules.core.vocabulary import EMAIL_TITLES, TASK_TITLES
from webapp.rules.core.written import WrittenRule
from webapp.rules.editing.form import RuleForm
from webapp.rules.editing.input_format import split
from webapp.rules.editing.rows import CheckRow, ExampleRow, is_picked, nodes_of
from webapp.rules.linting.references import WORDED
from webapp.sales.forms import CHANNELS
from webapp.sales.queries import customers_like, latest_channels, products_to_sell

MOST = 500
MOST_BOXES = 30
# Tasks that only the house itself opens: their words need what a rule does not tell.
OWN_TASKS = ("gift_out_of_stock", "customer_without_email")

Options = list[tuple[str, object]]


class Offers:
    """`book` has the rules of the draft; `code` is the one that is edited, empty for a new one."""

    def __init__(self, form: RuleForm, book: RuleBook, code: str):
        self.form, self.book, self.code = form, book, code

    def options(self, declared: Field) -> Options:
        """All values of a field that are picked."""
        if declared.type == "bool":
            return [("true", _("yes")), ("false", _("no"))]
        if declared.offers == "channel":
            return self.channels
        return list(declared.choices.items()) if declared.choices else self.agents

    @cached_property
    def channels(self) -> Options:
        """The shop's own, and those by which programs sent orders lately."""
        more = [(code, code) for code in sorted(latest_channels()) if code not in CHANNELS]
        return [*CHANNELS.items(), *more]

    @cached_property
    def agents(self) -> Options:
        found = db.session.execute(
            select(Agent.code, Agent.name, Agent.commission_percent)
            .order_by(Agent.name)
            .limit(MOST)
        )
        return [(code, f"{name} · {percent_text(percent)}") for code, name, percent in found]

    @cached_property
    def products(self) -> list[Product]:
        return products_to_sell()

    def known(self, source: str) -> Options:
        """Values beside which another may be written; `source` is a field's `offers`, or a
        parameter's type."""
        if source == "task":
            return [(code, title) for code, title in TASK_TITLES.items() if code not in OWN_TASKS]
        column = WORDED[source]
        query = select(column).where(column != "").distinct().order_by(column).limit(MOST)
        return [(value, value) for value in db.session.scalars(query)]

    @property
    def templates(self) -> Options:
        return list(EMAIL_TITLES.items())

    def found(self, row: CheckRow) -> Options:
        """What the row's search finds: (value, label)."""
        return found(row.declared[0].refers, row.find)

    @cached_property
    def names(self) -> dict[tuple[str, str], str]:
        """Names of the customers and products that the conditions name, by ("customer", id) and
        ("sku", SKU)."""
        customers = _customer_names(self._values_of("customer"))
        products = _product_names(self._values_of("sku"))
        return {("customer", key): name for key, name in customers.items()} | {
            ("sku", key): name for key, name in products.items()
        }

    def _values_of(self, kind: str) -> set[str]:
        """What the conditions on fields that refer to `kind` name."""
        return {
            part
            for row in nodes_of(self.form.when)
            if isinstance(row, CheckRow) and row.declared[0].refers == kind
            for text in row.value
            for part in split(text)
        }

    def named(self, row: CheckRow) -> list[tuple[str, str]]:
        """(value, name) of what the row names and the shop knows."""
        kind = row.declared[0].refers
        return [
            (part, self.names[kind, part])
            for text in row.value
            for part in split(text)
            if (kind, part) in self.names
        ]

    # -- examples ---------------------------------------------------------------------------------

    def kinds(self, example: ExampleRow) -> list[str]:
        """What an example may expect: what the rule does, and what it expects already."""
        own = {row.do for row in self.form.then} | set(example.expect)
        return [key for key in ACTIONS if key in own]

    def fact_words(self, declared: Field, text: str) -> object:
        """A fact as it was written, in words."""
        if not text.strip():
            return _("(empty)")
        if declared.type == "money":
            return f"R$ {text}"
        return dict(self.options(declared)).get(text, text) if is_picked(declared) else text

    # -- rules that this one may skip -------------------------------------------------------------

    def skippable(self, chosen: Iterable[str]) -> tuple[Options, Options]:
        """The rules to tick, and those to type where there are too many of them."""
        others = [rule for rule in self.book.in_order if rule.code != self.code]
        if len(others) <= MOST_BOXES:
            return self._labelled(others), []
        ticked = set(chosen)
        boxes = [rule for rule in others if rule.code in ticked]
        return self._labelled(boxes), self._labelled(others[:MOST])

    def _labelled(self, rules: Iterable[WrittenRule]) -> Options:
        return [(rule.code, _label(rule.rule, self.form.brazilian)) for rule in rules]


def _customer_names(written: Iterable[str]) -> dict[str, str]:
    numbers = (whole_number(text) for text in written)
    ids = sorted(number for number in numbers if number is not None)[:MOST]
    query = select(Customer.id, Customer.name).where(Customer.id.in_(ids))
    return {str(row.id): row.name for row in db.session.execute(query)} if ids else {}


def _product_names(written: Iterable[str]) -> dict[str, str]:
    products = products_by_sku(sorted(written)[:MOST])
    return {sku: product.name for sku, product in products.items()}


def found(kind: str, written: str) -> Options:
    if not written.strip():
        return []
    if kind == "customer":
        customers = customers_like(storable(written))
        return [(str(customer.id), _with_city(customer)) for customer in customers]
    return [(product.sku, product.name) for product in products_to_sell(storable(written))]


def _with_city(customer: Customer) -> str:
    city = f" · {customer.city}/{customer.state}" if customer.city else ""
    return customer.name + city


def fields_offered(scope: str) -> list[tuple[str, list[Field]]]:
    """Fields by what they tell of: those of items only where the rule looks at items."""
    groups = [(_("Of the order"), [field for field in FIELDS.values() if field.scope == "sale"])]
    items = (_("Of the item"), [field for field in FIELDS.values() if field.scope == "line"])
    return [items, *groups] if scope == "line" else groups


def _label(rule: Rule, brazilian: bool) -> str:
    name = rule.name_in("pt_BR" if brazilian else "en")
    return _("%(rule)s (priority %(priority)s)", rule=name, priority=rule.priority)
