"""Fifty sales at once against a running shop while things are killed, and what must hold in the
end."""

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

import httpx

from tests.services import Shop, wait_until
from tests.support.shop_tokens import token_of
from webapp.platform.documents import _completed

SALES = 50
CHECKOUTS = 3
SPARE = 5
SKU = "FAULT-1"


class Rush:
    """A shop's checkouts: each sends a sale, and again, until it is answered."""

    def __init__(self, shop: Shop):
        headers = {"Authorization": f"Bearer {token_of(shop)}"}
        self.client = httpx.Client(base_url=f"{shop.url}/api/v1", headers=headers, timeout=20)
        self.answers: Counter[int] = Counter()
        self.sent: list[int] = []
        self._numbers, self._allowed = itertools.count(), threading.Semaphore(0)
        product = {
            "sku": SKU,
            "name": "Caneca",
            "kind": "physical",
            "price": "45.50",
            "stock": SALES + SPARE,
            "ncm": "73239400",
            "weight_g": 160,
        }
        self.client.post("/products", json=product).raise_for_status()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def through(self, faults: Sequence[Callable[[], object]]) -> None:
        """Sends all sales: some first, and some with each of the faults, which come one after the
        other."""
        checkouts = [
            threading.Thread(target=self._check_out, daemon=True) for _counter in range(CHECKOUTS)
        ]
        for each in checkouts:
            each.start()
        shares = len(faults) + 1
        for number, happens in enumerate([lambda: None, *faults], 1):
            due = SALES * number // shares
            self._allowed.release(due - SALES * (number - 1) // shares)
            happens()
            wait_until(
                lambda due=due: len(self.sent) >= due, 30, f"sales are taken after {happens}"
            )
        self._allowed.release(CHECKOUTS)
        for each in checkouts:
            each.join(5)
        assert sorted(self.sent) == list(range(SALES)), "each was taken once"

    def _check_out(self):
        while self._allowed.acquire() and (number := next(self._numbers)) < SALES:
            while not self._send(number):
                time.sleep(0.05)
            self.sent.append(number)

    def _send(self, number) -> bool:
        try:
            answer = self.client.post(
                "/sales", json=_body(number), headers={"Idempotency-Key": f"fault-{number}"}
            )
        except httpx.TransportError:
            return False
        self.answers[answer.status_code] += 1
        assert answer.status_code in (200, 201) or answer.status_code >= 500, answer.text
        return answer.status_code in (200, 201)

    def assert_each_is_invoiced_once(self, seconds: float = 60) -> None:
        """Within `seconds`; numbers are consecutive and stock is right."""
        # The processors are the shop's: two hundred rows fifty times a second would take one whole.
        wait_until(
            lambda: len(self._sales(status="invoiced")) == SALES,
            seconds,
            "all sales are invoiced",
            pause=0.3,
        )
        sales = self._sales()
        assert sorted(sale["reference"] for sale in sales) == sorted(
            f"FAULT-{number}" for number in range(SALES)
        )
        assert self.client.get(f"/products/{SKU}").json()["stock"] == SPARE
        issued = [invoice for invoice in self._invoices() if invoice["number"]]
        taken = sorted(invoice["number"] for invoice in issued)
        assert taken == list(range(1, len(taken) + 1)), "consecutive, no gap, no repeat"
        assert len({invoice["sale_id"] for invoice in issued}) == len(issued) >= SALES
        assert {invoice["status"] for invoice in issued} == {"authorized"}

    def _sales(self, **filters):
        try:
            answer = self.client.get("/sales", params={"q": "FAULT-", "limit": 200} | filters)
        except httpx.TransportError:
            return []
        return answer.json()["items"] if answer.is_success else []

    def _invoices(self) -> list[dict]:
        found, cursor = [], ""
        while cursor is not None:
            page = self.client.get(
                "/invoices", params={"limit": 200} | ({"cursor": cursor} if cursor else {})
            )
            found, cursor = (
                found + page.raise_for_status().json()["items"],
                page.json()["next_cursor"],
            )
        return found


def _body(number: int) -> dict:
    return {
        "reference": f"FAULT-{number}",
        "paid": True,
        "payment_method": "pix",
        "customer": {
            "name": f"Cliente {number}",
            "document": _completed(f"{700000000 + number}", 11),
        },
        "address": {"zip_code": "05010-000", "number": "100"},
        "lines": [{"sku": SKU, "quantity": 1}],
    }


def redis_url(shop: Shop) -> str:
    return json.loads((shop.data_dir / "processes.json").read_text())["redis_url"]
