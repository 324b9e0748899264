"""A shop of any size, to see how the pages bear it: `flask demo --scale N`.

What is real: a score of model orders is made in the demo shop by the same verbs and background
steps as any other, their NF-e signed and authorized by the sandbox, and then taken away. Each of
the N orders is a copy of one of them, with all that hangs off it, under ids, names, documents,
dates, products, stock balances, numbers and access keys of its own. What is not: a copied XML keeps
its model's dates, amounts, digest and signature, so it does not verify; the facts that a decision
has frozen keep the model's dates; every order goes its whole way within a minute.
"""

import datetime as dt
import gc
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from flask import current_app
from sqlalchemy import Connection, Table, delete, func, insert, or_, select, update

from webapp.authority.models import SandboxNote
from webapp.catalog.models import Product, StockMovement
from webapp.customers.models import Customer
from webapp.demo import stories
from webapp.demo.bulk import Raw, make_room, settle, write
from webapp.demo.copies import AUDIT, Copy, Model, hanging_off
from webapp.demo.invented import FIRMS, Person, person, product_texts
from webapp.demo.load import load_demo
from webapp.demo.orders import ModelOrder, Orders, Sold
from webapp.fulfilment.memberships.models import Membership, MembershipEvent
from webapp.platform.clock import utc_now
from webapp.platform.database import Base, db
from webapp.rules.models import RuleFiring
from webapp.sales.models import Sale
from webapp.store.models import Series

SPAN, LAPSES = dt.timedelta(days=3 * 365), dt.timedelta(days=180)
# What is not paid stays open for longer than a look at the shop takes.
HELD_FOR = dt.timedelta(days=30)
AT_ONCE = 2000
# What every product began with; more than is sold of any.
FULL = 100_000
SALES, PRODUCTS, CUSTOMERS = Sale.__table__, Product.__table__, Customer.__table__
MOVEMENTS, MEMBERSHIPS = StockMovement.__table__, Membership.__table__
EVENTS = MembershipEvent.__table__
Advance = Callable[[int], None]


def fill(count: int, advance: Advance) -> bool:
    """Fills the shop with `count` orders and what belongs to them; `advance` is told after how many
    orders. False when it holds something already."""
    settings = current_app.extensions["settings"]
    # Nobody outside is asked or written to.
    current_app.extensions["settings"] = replace(settings, cep_providers=("sample",), smtp_url=None)
    if not load_demo():
        return False
    db.session.execute(update(PRODUCTS).where(PRODUCTS.c.stock.is_not(None)).values(stock=FULL))
    told = stories.tell()
    db.session.remove()
    # Millions of rows and no circle among them: looking for one takes as long as making them.
    gc.disable()
    try:
        Filling(count).run(told, advance)
    finally:
        gc.enable()
    return True


@dataclass
class Filling:
    count: int
    ids: dict[Table, int] = field(default_factory=dict)

    def run(self, told: list[int], advance: Advance) -> None:
        tables = dependents(SALES)
        with db.engine.begin() as connection:
            orders = [
                ModelOrder.read(connection, row_id, story.like, tables)
                for row_id, story in zip(told, stories.STORIES, strict=True)
            ]
            _take_away(connection, [*tables, SALES])
            self.is_sqlite = connection.dialect.name == "sqlite"
            for table in Base.metadata.sorted_tables:
                if "id" in table.c:
                    most = connection.scalar(select(func.max(table.c.id)))
                    self.ids[table] = (most or 0) + 1
        for order in orders:
            order.model.compile(self.is_sqlite)
        self.now = utc_now() - dt.timedelta(hours=1)
        sold, people = self._products(), self._people()
        self._members(people)
        made = Orders(orders, sold, people, self.now - SPAN, SPAN, self.count)
        self._orders(made, advance)
        with db.engine.begin() as connection:
            _finish(connection, made)
            settle(connection, self.ids)

    def _copies(self, wanted: Iterable[tuple[Model, Copy]]) -> dict[Table, list[Raw]]:
        rows: dict[Table, list[Raw]] = defaultdict(list)
        for model, copy in wanted:
            for table, size in model.sizes.items():
                copy.first[table] = self.ids[table]
                self.ids[table] += size
            model.copy(copy, rows)
        return rows

    def _write(self, rows: dict[Table, list[Raw]]) -> None:
        with db.engine.begin() as connection:
            make_room(connection)
            write(connection, rows)

    def _products(self) -> Sold:
        """Each of the demo's products, many times over."""
        with db.engine.begin() as connection:
            connection.execute(update(MOVEMENTS).values(change=FULL, balance=FULL))
            found = connection.execute(select(PRODUCTS).order_by(PRODUCTS.c.id)).mappings().all()
            models = [
                Model(
                    hanging_off(connection, PRODUCTS, row["id"], [MOVEMENTS]),
                    row["created_at"],
                    (row["sku"], row["name"], row["gtin"]),
                ).compile(self.is_sqlite)
                for row in found
            ]
        sold, wanted = Sold(FULL), []
        for number in range(max(1, self.count // 10 // len(models))):
            for model, row in zip(models, found, strict=True):
                sku, name, gtin = product_texts(number, row["sku"], row["name"])
                texts = {row["sku"]: sku, row["name"]: name, row["gtin"]: gtin}
                copy = Copy(self.now - SPAN, {}, texts)
                wanted.append((model, copy))
                sold.add(row["id"], self.ids[PRODUCTS] + len(wanted) - 1, sku, name)
        self._write(self._copies(wanted))
        return sold

    def _people(self) -> list[tuple[int, Person]]:
        """Customers like the demo's: each FIRMS-th a firm."""
        with db.engine.begin() as connection:
            found = connection.execute(select(CUSTOMERS).order_by(CUSTOMERS.c.id)).mappings().all()
            models = [
                Model(
                    hanging_off(connection, CUSTOMERS, row["id"], []),
                    row["created_at"],
                    (row["name"], row["document"], row["email"], row["phone"]),
                ).compile(self.is_sqlite)
                for row in found
            ]
        people, wanted, firm = [], [], len(found) - 1
        for number in range(max(2 * FIRMS, self.count // 5 - len(found))):
            place = number % firm if number % FIRMS else firm
            known, own = found[place], person(number)
            texts = {known[name]: getattr(own, name) for name in Person._fields}
            wanted.append((models[place], Copy(self.now - SPAN, {}, texts)))
            people.append((self.ids[CUSTOMERS] + number, own))
        self._write(self._copies(wanted))
        return people

    def _members(self, people: list[tuple[int, Person]]) -> None:
        """Every tenth customer is, or was, a member."""
        with db.engine.begin() as connection:
            found = connection.execute(select(MEMBERSHIPS).order_by(MEMBERSHIPS.c.id)).mappings()
            models = []
            for row in found.all():
                rows = hanging_off(connection, MEMBERSHIPS, row["id"], [EVENTS])
                began = dt.datetime.combine(row["since"], dt.time(15), dt.UTC)
                for event in rows[EVENTS][1:]:
                    event["at"] = began + LAPSES
                models.append((row, Model(rows, began).compile(self.is_sqlite)))
        wanted, chosen = [], people[1::10]
        for place, (row_id, _person) in enumerate(chosen):
            row, model = models[place % len(models)]
            at = self.now - SPAN + (SPAN - LAPSES) * (place / len(chosen))
            others = {("customers", row["customer_id"]): row_id}
            wanted.append((model, Copy(at, {}, {}, others)))
        self._write(self._copies(wanted))

    def _orders(self, made: Orders, advance: Advance) -> None:
        for start in range(0, self.count, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, self.count))
            self._write(self._copies(made.make(number) for number in numbers))
            advance(len(numbers))


def dependents(root: Table) -> list[Table]:
    """The tables that refer to `root`, or to one that does."""
    found = {root}
    for table in Base.metadata.sorted_tables:
        if any(key.column.table in found for key in table.foreign_keys):
            found.add(table)
    return [table for table in Base.metadata.sorted_tables if table in found - {root}]


def _take_away(connection: Connection, tables: list[Table]) -> None:
    """The orders made so far, with all that refers to them."""
    gone = set(tables)
    for table in reversed(Base.metadata.sorted_tables):
        keys = [key.parent for key in table.foreign_keys if key.column.table in gone]
        if table is SALES:
            connection.execute(delete(table))
        elif table in gone:
            connection.execute(delete(table).where(or_(*(key.is_not(None) for key in keys))))
    names = [table.name for table in tables if table.name != "stock_movements"]
    connection.execute(delete(AUDIT).where(AUDIT.c.subject.in_(names)))
    connection.execute(delete(SandboxNote.__table__))
    connection.execute(delete(RuleFiring.__table__))


def _finish(connection: Connection, made: Orders) -> None:
    """What is summed up: stock, numbers, how often rules fired; and a catalog that is not all
    tidy."""
    left = select(func.sum(MOVEMENTS.c.change)).where(MOVEMENTS.c.product_id == PRODUCTS.c.id)
    kept = PRODUCTS.c.stock.is_not(None)
    connection.execute(update(PRODUCTS).where(kept).values(stock=left.scalar_subquery()))
    for every, values in (
        (50, {"low_stock": PRODUCTS.c.stock + 5}),
        (200, {"ncm": ""}),
        (40, {"archived_at": made.began}),
    ):
        one = kept & (PRODUCTS.c.id % every == 0)
        connection.execute(update(PRODUCTS).where(one).values(values))
    unpaid = SALES.c.hold_until.is_not(None)
    connection.execute(update(SALES).where(unpaid).values(hold_until=utc_now() + HELD_FOR))
    connection.execute(update(Series.__table__).values(next_number=made.next_number))
    if made.firings:
        connection.execute(insert(RuleFiring.__table__), made.firing_rows())
