"""A checkout for the bench: a token, products to sell, and sales sent on a few connections."""

import http.client
import itertools
import json
import sqlite3
import threading
import time
from urllib.parse import urlsplit

from tests.services import Shop
from tests.support.shop_tokens import token_of
from webapp.platform.documents import _completed

CONNECTIONS = 4
CEPS = (
    "01001-000",
    "05010-000",
    "18072-856",
    "06243-110",
    "40140-650",
    "80030-000",
    "90420-200",
    "69020-060",
)


class Checkout:
    def __init__(self, shop: Shop):
        self.database = shop.data_dir / "balcao.sqlite3"
        self.address = urlsplit(shop.url).netloc
        self.headers = {
            "Authorization": f"Bearer {token_of(shop)}",
            "Content-Type": "application/json",
        }
        self._people = itertools.count(300_000_000)
        self._runs = itertools.count(1)
        self.add_products(["BENCH-1", "BENCH-2"])

    def add_products(self, skus: list[str]) -> None:
        connection = http.client.HTTPConnection(self.address)
        for sku in skus:
            self._send(
                connection,
                "/products",
                {
                    "sku": sku,
                    "name": f"Caneca {sku}",
                    "kind": "physical",
                    "price": "45.50",
                    "stock": 100_000,
                    "ncm": "73239400",
                    "weight_g": 160,
                },
            )
        connection.close()

    def _send(self, connection, path: str, body: dict, **headers: str) -> None:
        connection.request("POST", "/api/v1" + path, json.dumps(body), self.headers | headers)
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status == 201, (answer.status, said)

    def _body(self, run: int, number: int) -> dict:
        return {
            "reference": f"BENCH-{run}-{number}",
            "paid": True,
            "payment_method": "pix",
            "agent": "A1",
            "customer": {
                "name": f"Cliente {number}",
                "document": _completed(str(next(self._people)), 11),
                "email": f"cliente{number}@example.com",
            },
            "address": {"zip_code": CEPS[number % len(CEPS)], "number": "100"},
            "lines": [{"sku": "BENCH-1", "quantity": 1}, {"sku": "BENCH-2", "quantity": 2}],
        }

    def rush(self, sales: int) -> tuple[float, list[float]]:
        """Sends `sales` sales and waits for the last authorized NF-e: (seconds from the first POST,
        each POST's seconds)."""
        run, numbers, lock, times = next(self._runs), itertools.count(), threading.Lock(), []

        def send():
            connection = http.client.HTTPConnection(self.address)
            while True:
                with lock:
                    number = next(numbers)
                if number >= sales:
                    connection.close()
                    return
                began = time.perf_counter()
                self._send(
                    connection,
                    "/sales",
                    self._body(run, number),
                    **{"Idempotency-Key": f"{run}-{number}"},
                )
                times.append(time.perf_counter() - began)

        began = time.perf_counter()
        senders = [threading.Thread(target=send) for _sender in range(CONNECTIONS)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        self._wait(run, sales)
        return time.perf_counter() - began, times

    def _wait(self, run: int, sales: int) -> None:
        reader = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        query = """SELECT count(*) FROM invoices JOIN sales ON sales.id = sale_id
                   WHERE invoices.status = 'authorized' AND reference LIKE ?"""
        for _look in range(2400):
            if reader.execute(query, (f"BENCH-{run}-%",)).fetchone()[0] == sales:
                reader.close()
                return
            time.sleep(0.05)
        raise AssertionError("the sales were not all authorized within two minutes")
