"""A shop that counts its shelves while it sells: what is on them is known here to the unit."""

import random
import secrets
import threading
from contextlib import ExitStack

from flask import Flask
from sqlalchemy import func, select

from tests.factories import Api, api, make_product, sale_body
from webapp.catalog.models import Product, StockMovement
from webapp.platform.clock import utc_now
from webapp.platform.database import db

# Of each product before anything is sold, and how far off its ledger may be.
STOCK, OFF = 200, 5
WORKERS = 4
TAKE, BUSY = "take", 503
# The SKUs of an order, or the one that is counted, or that the count is taken.
Errand = list[str] | str


def said(caller: Api, path: str, body: dict[str, object], **headers: str) -> dict[str, object]:
    """The answer, said again while the shop is too busy to take it."""
    answer = caller.post(path, body, **headers)
    while answer.status_code == BUSY:
        answer = caller.post(path, body, **headers)
    assert answer.status_code < 300, answer.json
    return answer.json


class CountedRush:
    """Orders of `products` whose ledgers are off, and the count of each, in no order, from several
    threads; the count is told and taken while the last fifth of the orders comes in.

    A product is counted in a moment in which no order of it is on its way.
    """

    def __init__(self, app: Flask, token: str, products: int, sales: int, seed: int):
        self.app, self.token, chance = app, token, random.Random(seed)
        skus = [
            make_product(sku=f"COUNTED-{seed}-{number}", stock=STOCK).sku
            for number in range(products)
        ]
        db.session.rollback()
        self.shelf = {sku: STOCK + chance.randint(-OFF, OFF) for sku in skus}
        self.locks = {sku: threading.Lock() for sku in skus}
        orders: list[Errand] = [
            sorted(chance.sample(skus, chance.randint(1, 3))) for _sale in range(sales)
        ]
        before = [*orders[sales // 5 :], *skus]
        chance.shuffle(before)
        self.errands = [*before, TAKE, *orders[: sales // 5]][::-1]
        self.counted: list[dict[str, object]] = []
        self.all_counted = threading.Event()
        self.failed: list[str] = []

    def run(self) -> None:
        threads = [threading.Thread(target=self._work) for _worker in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self) -> None:
        caller = api(self.app.test_client(), self.token)
        while self.errands and not self.failed:
            errand = self.errands.pop()
            try:
                self._do(caller, errand)
            except Exception as error:
                self.failed.append(repr(error))
                self.all_counted.set()

    def _do(self, caller: Api, errand: Errand) -> None:
        if isinstance(errand, list):
            self._sell(caller, errand)
        elif errand == TAKE:
            self.all_counted.wait()
            self._take(caller)
        else:
            self._count(errand)

    def _sell(self, caller: Api, skus: list[str]) -> None:
        lines = [{"sku": sku, "quantity": 1} for sku in skus]
        with ExitStack() as held:
            for sku in skus:
                held.enter_context(self.locks[sku])
            key = secrets.token_hex()
            said(caller, "/sales", sale_body(paid=False, lines=lines), Idempotency_Key=key)
            for sku in skus:
                self.shelf[sku] -= 1

    def _count(self, sku: str) -> None:
        with self.locks[sku]:
            line = {"sku": sku, "counted": self.shelf[sku], "at": utc_now().isoformat()}
        self.counted.append(line)
        if len(self.counted) == len(self.shelf):
            self.all_counted.set()

    def _take(self, caller: Api) -> None:
        count = said(caller, "/counts", {"lines": self.counted})
        said(caller, f"/counts/{count['id']}/taking", {"reason": "stocktaking"})

    def wrong(self) -> list[tuple[str, int, int, int]]:
        """Products whose stock is not what is on the shelf, or not the sum of their ledger."""
        moved = select(func.sum(StockMovement.change)).where(StockMovement.product_id == Product.id)
        query = select(Product.sku, Product.stock, moved.scalar_subquery())
        found = db.session.execute(query.where(Product.sku.in_(self.shelf))).all()
        db.session.rollback()
        return [
            (sku, stock, ledger, self.shelf[sku])
            for sku, stock, ledger in found
            if not stock == ledger == self.shelf[sku]
        ]
