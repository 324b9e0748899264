"""A worker killed and Redis wiped in the middle of fifty sales: all fifty invoiced, once, with consecutive numbers."""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading

import httpx
import redis

from tests.services import ROOT, wait_until
from webapp.documents import _completed

SALES = 50


def _token(shop) -> str:
    made = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "token", "create", "faults", "--role", "manager"], cwd=ROOT,
        env=os.environ | {"DATA_DIR": str(shop.data_dir), "DEMO": "1"}, capture_output=True, text=True, check=True,
    )
    return made.stdout.splitlines()[-1]


def _body(number: int) -> dict:
    return {
        "reference": f"FAULT-{number}", "paid": True, "payment_method": "pix",
        "customer": {"name": f"Cliente {number}", "document": _completed(f"{700000000 + number}", 11)},
        "address": {"zip_code": "05010-000", "number": "100"}, "lines": [{"sku": "FAULT-1", "quantity": 1}],
    }


def _send(client: httpx.Client, number: int) -> None:
    """Sends one sale until it is answered, as a checkout does; a repeat of what was taken makes no second sale."""
    for _attempt in range(50):
        try:
            answer = client.post("/sales", json=_body(number), headers={"Idempotency-Key": f"fault-{number}"})
        except httpx.TransportError:
            continue
        if answer.status_code in (200, 201):
            return
    raise AssertionError(f"sale {number} was never taken")


def _invoices(client: httpx.Client) -> list[dict]:
    found, cursor = [], ""
    while cursor is not None:
        page = client.get("/invoices", params={"limit": 200} | ({"cursor": cursor} if cursor else {})).raise_for_status().json()
        found, cursor = found + page["items"], page["next_cursor"]
    return found


def _processes(shop) -> list[dict]:
    return json.loads((shop.data_dir / "processes.json").read_text())["processes"]


def test_fifty_sales_survive_a_killed_worker_and_a_wiped_redis(shop):
    running = shop(CEP_PROVIDERS="sample").start()
    headers = {"Authorization": f"Bearer {_token(running)}"}
    with httpx.Client(base_url=f"{running.url}/api/v1", headers=headers, timeout=20) as client:
        product = {"sku": "FAULT-1", "name": "Caneca", "kind": "physical", "price": "45.50", "stock": SALES + 5,
                   "ncm": "73239400", "weight_g": 160}
        client.post("/products", json=product).raise_for_status()
        numbers = itertools.count()
        sent, lock = [], threading.Lock()

        def checkout():
            while True:
                with lock:
                    number = next(numbers)
                if number >= SALES:
                    return
                _send(client, number)
                sent.append(number)

        checkouts = [threading.Thread(target=checkout) for _counter in range(3)]
        for one in checkouts:
            one.start()
        wait_until(lambda: len(sent) >= SALES // 3)
        worker = next(process["pid"] for process in _processes(running) if process["name"] == "worker")
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: len(sent) >= SALES // 2)
        with redis.Redis.from_url(json.loads((running.data_dir / "processes.json").read_text())["redis_url"]) as wiped:
            wiped.flushall()
        for one in checkouts:
            one.join()

        def all_invoiced():
            return client.get("/sales", params={"q": "FAULT-", "status": "invoiced", "limit": 200}).json()["items"]

        wait_until(lambda: len(all_invoiced()) == SALES, 60, "all sales are invoiced")
        assert len({sale["reference"] for sale in all_invoiced()}) == SALES
        assert client.get("/products/FAULT-1").json()["stock"] == 5
        issued = [invoice for invoice in _invoices(client) if invoice["number"]]
        taken = sorted(invoice["number"] for invoice in issued)
        assert taken == list(range(1, len(taken) + 1)), "consecutive, no gap, no repeat"
        assert len({invoice["sale_id"] for invoice in issued}) == len(issued)
        assert {invoice["status"] for invoice in issued} == {"authorized"}
    assert running.stop() == 0
