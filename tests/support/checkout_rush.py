"""Checkouts that send their sales against a running shop while things happen to it."""

import itertools
import json
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import httpx

from tests.services import Shop, wait_until
from tests.support.shop_tokens import token_of
from webapp.platform.documents import _completed

CHECKOUTS = 3
SPARE = 5
SKU = "FAULT-1"
# What may become of one POST: it arrives twice at once, or its answer does not arrive.
DOUBLED, ANSWER_LOST = "doubled post", "lost answer"


@dataclass
class Happened:
    """A fault, and the moments at which it began and was over."""

    name: str
    begun: float
    ended: float = 0.0


class Rush:
    """A shop's checkouts: each sends a sale, and again, until it is answered."""

    def __init__(self, shop: Shop, sales: int = 50):
        self.sales = sales
        headers = {"Authorization": f"Bearer {token_of(shop)}"}
        self.client = httpx.Client(base_url=f"{shop.url}/api/v1", headers=headers, timeout=20)
        self.answers: Counter[int] = Counter()
        # By its number: when each sale was taken, and its id.
        self.taken: dict[int, tuple[float, int]] = {}
        self.happened: list[Happened] = []
        self.mishaps: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._numbers, self._allowed = itertools.count(), threading.Semaphore(0)
        product = {
            "sku": SKU,
            "name": "Caneca",
            "kind": "physical",
            "price": "45.50",
            "stock": sales + SPARE,
            "ncm": "73239400",
            "weight_g": 160,
        }
        self.client.post("/products", json=product).raise_for_status()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def through(self, faults: Sequence[tuple[str, Callable[[], object]]]) -> None:
        """Sends all sales: some first, and some with each of the faults, which come one after the
        other."""
        checkouts = [
            threading.Thread(target=self._check_out, daemon=True) for _counter in range(CHECKOUTS)
        ]
        for each in checkouts:
            each.start()
        shares = len(faults) + 1
        for number in range(1, shares + 1):
            due = self.sales * number // shares
            self._allowed.release(due - self.sales * (number - 1) // shares)
            if number > 1:
                self._happen(*faults[number - 2])
            wait_until(lambda due=due: len(self.taken) >= due, 30, "sales are taken")
        self._allowed.release(CHECKOUTS)
        for each in checkouts:
            each.join(5)
        assert sorted(self.taken) == list(range(self.sales)), "each was taken once"

    def _happen(self, name: str, happens: Callable[[], object]) -> None:
        fault = Happened(name, time.time())
        self.happened.append(fault)
        happens()
        fault.ended = time.time()

    def _check_out(self):
        while self._allowed.acquire() and (number := next(self._numbers)) < self.sales:
            while not self._send(number):
                time.sleep(0.05)

    def _send(self, number: int) -> bool:
        mishap = None
        with suppress(queue.Empty):
            mishap = self.mishaps.get_nowait()
        if mishap == ANSWER_LOST:
            self._send_and_hang_up(number)
            return False
        if mishap == DOUBLED:
            twin = threading.Thread(target=self._post, args=(number,))
            twin.start()
            taken = self._post(number)
            twin.join()
            return taken
        return self._post(number)

    def _post(self, number: int) -> bool:
        try:
            answer = self.client.post("/sales", json=_body(number), headers=_key(number))
        except httpx.TransportError:
            return False
        self.answers[answer.status_code] += 1
        assert answer.status_code in (200, 201) or answer.status_code >= 500, answer.text
        if not answer.is_success:
            return False
        _moment, first_id = self.taken.setdefault(number, (time.time(), answer.json()["id"]))
        assert answer.json()["id"] == first_id, "the same key is the same sale"
        return True

    def _send_and_hang_up(self, number: int) -> None:
        with suppress(httpx.TransportError):
            self.client.post(
                "/sales",
                json=_body(number),
                headers=_key(number),
                timeout=httpx.Timeout(5, read=0.001),
            )


def _key(number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"fault-{number}"}


def _body(number: int) -> dict:
    """Each has a postal code of its own, so that somebody is asked for it."""
    return {
        "reference": f"FAULT-{number}",
        "paid": True,
        "payment_method": "pix",
        "customer": {
            "name": f"Cliente {number}",
            "document": _completed(f"{700000000 + number}", 11),
        },
        "address": {
            "zip_code": f"05{number % 1000:03d}-{number // 1000:03d}",
            "street": "Rua Caiubi",
            "number": "100",
            "neighborhood": "Perdizes",
            "city": "São Paulo",
            "state": "SP",
        },
        "lines": [{"sku": SKU, "quantity": 1}],
    }


def redis_url(shop: Shop) -> str:
    return json.loads((shop.data_dir / "processes.json").read_text())["redis_url"]
