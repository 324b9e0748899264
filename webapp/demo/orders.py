"""The orders of a big shop: which model each is a copy of, who buys it and what of."""

import datetime as dt
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table

from webapp.authority.models import SandboxNote
from webapp.demo.copies import Copy, Model, Row, hanging_off, read
from webapp.demo.invented import FIRMS, Person
from webapp.demo.stories import STORIES
from webapp.fiscal.access_key import access_key
from webapp.http.localization import time_zone
from webapp.invoices.models import Invoice
from webapp.platform.database import Base
from webapp.sales.models import Sale, SaleLine

# One order in so many is among the latest, of which some still wait for something.
LATEST = 50
FIRST_REFERENCE = 100_000
SALES, LINES, INVOICES = Sale.__table__, SaleLine.__table__, Invoice.__table__
SANDBOX, DECISIONS = SandboxNote.__table__, Base.metadata.tables["decisions"]
_BUYER = tuple(f"customer_{name}" for name in Person._fields)


class Sold:
    """The copies of each of the demo's products, and how many of each are left."""

    def __init__(self, full: int) -> None:
        self._copies: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
        self.stock: dict[int, int] = defaultdict(lambda: full)

    def add(self, model_id: int, row_id: int, sku: str, name: str) -> None:
        self._copies[model_id].append((row_id, sku, name))

    def one_of(self, model_id: int, chance: float) -> tuple[int, str, str]:
        copies = self._copies[model_id]
        return copies[int(chance * len(copies))]


def _balance(copy: Copy, row: Row) -> int:
    product = copy.others["products", row["product_id"]]
    copy.stock[product] += row["change"]
    return copy.stock[product]


def _number(copy: Copy, _row: Row) -> int:
    return copy.number


def _key(copy: Copy, row: Row) -> str:
    """Of a call that made the order or a refund of it: no two are alike."""
    return f"{copy.first[SALES]}-{row['key']}"


COUNTED = {
    "invoices.number": _number,
    "sandbox_notes.number": _number,
    "stock_movements.balance": _balance,
    "idempotency_keys.key": _key,
}


@dataclass
class ModelOrder:
    """A model order. `fired`: the rules that did."""

    model: Model
    like: str
    sale: Row
    products: Mapping[int, tuple[str, str]]
    note: Row | None
    fired: frozenset[str]

    @classmethod
    def read(
        cls, connection: Connection, sale_id: int, like: str, tables: Iterable[Table]
    ) -> "ModelOrder":
        rows = hanging_off(connection, SALES, sale_id, tables)
        (sale,) = rows[SALES]
        products = {row["product_id"]: (row["sku"], row["name"]) for row in rows[LINES]}
        texts = [sale[name] for name in ("reference", *_BUYER)]
        texts += [text for product in products.values() for text in product]
        issued = [row for row in rows.get(INVOICES, ()) if row["access_key"]]
        note = issued[0] if issued else None
        if note:
            known = SANDBOX.c.access_key == note["access_key"]
            rows[SANDBOX] = read(connection, SANDBOX, known)
            texts += note_texts(note["access_key"], note["protocol"])
        fired = {
            outcome["code"]
            for decision in rows.get(DECISIONS, ())
            for outcome in decision["outcomes"]
            if outcome["outcome"] == "fired"
        }
        model = Model(rows, sale["created_at"], texts, COUNTED)
        return cls(model, like, sale, products, note, frozenset(fired))


def note_texts(key: str, protocol: str) -> list[str]:
    """The texts that an NF-e has of its own, as its rows, its XML and its audit say them."""
    series, number = int(key[22:25]), int(key[25:34])
    return [
        key,
        protocol,
        f"{series}-{number:06d}",
        f"<nNF>{number}</nNF>",
        f"<cNF>{key[35:43]}</cNF>",
        f"<cDV>{key[43]}</cDV>",
        f'"number": {number}',
    ]


class Orders:
    """Makes the order of each number from 0 on, in the order of time."""

    def __init__(
        self,
        orders: list[ModelOrder],
        sold: Sold,
        people: list[tuple[int, Person]],
        began: dt.datetime,
        span: dt.timedelta,
        count: int,
    ):
        self.sold, self.began, self.span, self.count = sold, began, span, count
        self.next_number = 1
        self.firings: Counter[tuple[str, dt.date]] = Counter()
        self._chance, self._zone = random.Random(1), ZoneInfo(time_zone())
        self._orders = orders
        self._long_done = list(accumulate(story.long_done for story in STORIES))
        self._latest = list(accumulate(story.latest for story in STORIES))
        self._firms = people[::FIRMS]
        self._persons = [one for place, one in enumerate(people) if place % FIRMS]

    def make(self, number: int) -> tuple[Model, Copy]:
        is_late = number >= self.count - self.count // LATEST
        shares = self._latest if is_late else self._long_done
        (order,) = self._chance.choices(self._orders, cum_weights=shares)
        at = self.began + self.span * (number / self.count)
        shop, _dash, _number = order.like.partition("-")
        buyers = self._firms if shop == "B2B" else self._persons
        row_id, buyer = self._chance.choice(buyers)
        texts = {order.sale[f"customer_{name}"]: getattr(buyer, name) for name in Person._fields}
        texts[order.sale["reference"]] = f"{shop}-{FIRST_REFERENCE + number}"
        others = {("customers", order.sale["customer_id"]): row_id}
        for product_id, (sku, name) in order.products.items():
            own = self.sold.one_of(product_id, self._chance.random())
            others["products", product_id], texts[sku], texts[name] = own
        copy = Copy(at, {}, texts, others, stock=self.sold.stock)
        if order.note:
            self._number(copy, order.note)
        day = at.astimezone(self._zone).date()
        self.firings.update((code, day) for code in order.fired)
        return order.model, copy

    def _number(self, copy: Copy, note: Row) -> None:
        copy.number, self.next_number = self.next_number, self.next_number + 1
        old, number = note["access_key"], copy.number
        code = f"{self._chance.randrange(10**8):08d}"
        at = copy.at.astimezone(self._zone)
        key = access_key(old[:2], at, old[6:20], int(old[22:25]), number, code)
        protocol = f"{note['protocol'][:-9]}{number:09d}"
        was, own = note_texts(old, note["protocol"]), note_texts(key, protocol)
        copy.texts.update(zip(was, own, strict=True))

    def firing_rows(self) -> list[dict[str, Any]]:
        noon = dt.time(12, tzinfo=self._zone)
        return [
            {"code": code, "day": day, "sales": sales, "last_at": dt.datetime.combine(day, noon)}
            for (code, day), sales in self.firings.items()
        ]
