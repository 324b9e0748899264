"""Melhor Envio on loopback: the calls of its API v2 that the shop makes, in its own shapes, with a
ledger of what was paid. It can be told to misbehave.

    with FakeMelhorEnvio() as fake:
        Settings(melhor_envio_url=fake.url, …)
        fake.lose("shipment/checkout")     # done there, and the answer is lost
"""

import json
import threading
import uuid
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TOKEN = "token-of-the-tests"
SERVICES = {
    1: ("PAC", "Correios", "22.90", 8),
    2: ("SEDEX", "Correios", "41.35", 3),
    3: (".Package", "Jadlog", "19.10", 6),
}
# As small as a PDF of one page can be.
PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 283 425]>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""
ME = "/api/v2/me/"
MOMENTS = ("paid_at", "generated_at", "posted_at", "delivered_at", "canceled_at", "undelivered_at")


class FakeMelhorEnvio:
    def __init__(self):
        self.orders: dict[str, dict] = {}
        self.balance = 1000.0
        self.checkouts: Counter[str] = Counter()
        self.calls: list[str] = []
        self.sent: list[dict] = []
        self._lost: list[str] = []
        self._status: dict[str, int] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def lose(self, path: str) -> None:
        """The next call of it is done, and its answer never comes."""
        self._lost.append(path)

    def fail(self, path: str, status: int) -> None:
        """Each call of it is answered with this status from now on; 200: as it should be."""
        self._status[path] = status

    def paid(self) -> list[dict]:
        return [each for each in self.orders.values() if each["paid_at"]]

    def happen(self, order_id: str, name: str, moment: str, status: str, code: str = "") -> None:
        """What a carrier tells of a parcel: posted_at, delivered_at …"""
        order = self.orders[order_id]
        order[name], order["status"] = moment, status
        order["tracking"] = code or order["tracking"]

    # -- the calls --------------------------------------------------------------------------------

    def answer(self, method: str, target: str, headers, body: dict) -> tuple[int, object] | None:
        """None: the connection breaks off."""
        parts = urlsplit(target)
        if parts.path.startswith("/files/"):
            return (200, PDF) if "Authorization" not in headers else (400, {})
        path = parts.path.removeprefix(ME)
        self.calls.append(f"{method} {path}")
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "Unauthenticated."}
        if not headers.get("User-Agent", "").startswith("Balcao ("):
            return 400, {"message": "User-Agent is required"}
        if self._status.get(path, 200) != 200:
            return self._status[path], {"message": "Server Error"}
        told = self._do(method, path, parse_qs(parts.query), body)
        if path in self._lost:
            self._lost.remove(path)
            return None
        return told

    def _do(self, method, path, query, body) -> tuple[int, object]:
        if (method, path) == ("POST", "cart"):
            return self._put(body)
        if (method, path) == ("GET", "cart"):
            rows = [each for each in self.orders.values() if each["status"] == "pending"]
            return 200, {"data": rows if query.get("page", ["1"]) == ["1"] else []}
        if path == "orders/search":
            wanted = query["q"][0]
            paid = self.paid()
            return 200, [row for row in paid if wanted in [tag["tag"] for tag in row["tags"]]]
        if path.startswith("imprimir/pdf/"):
            order = self.orders[path.rpartition("/")[2]]
            if not order["generated_at"]:
                return 422, {"message": "O envio ainda não foi gerado."}
            return 200, [f"{self.url}/files/{order['id']}.pdf"]
        if path == "shipment/calculate":
            return 200, _quotes(body)
        return {
            "shipment/checkout": self._checkout,
            "shipment/generate": self._generate,
            "shipment/tracking": self._tracking,
        }[path](body["orders"])

    def _put(self, body) -> tuple[int, object]:
        self.sent.append(body)
        missing = [name for name in ("name", "postal_code", "address") if not body["to"].get(name)]
        if missing or body["service"] not in SERVICES:
            fields = {f"to.{name}": [f"O campo to.{name} é obrigatório."] for name in missing}
            return 422, {"message": "The given data was invalid.", "errors": fields}
        order_id = str(uuid.uuid4())
        self.orders[order_id] = {
            "id": order_id,
            "protocol": f"ORD-{len(self.orders) + 1}",
            "status": "pending",
            "price": float(SERVICES[body["service"]][2]),
            "tags": body["options"]["tags"],
            "tracking": None,
            "melhorenvio_tracking": None,
        } | dict.fromkeys(MOMENTS)
        return 201, self.orders[order_id]

    def _checkout(self, ids) -> tuple[int, object]:
        self.checkouts.update(ids)
        orders = [self.orders[each] for each in ids]
        if any(order["paid_at"] for order in orders):
            return 422, {"error": "O envio não está no carrinho."}
        cost = sum(order["price"] for order in orders)
        if cost > self.balance:
            return 422, {"error": "Seu saldo é insuficiente."}
        self.balance -= cost
        for order in orders:
            order |= {"status": "released", "paid_at": "2026-11-20 12:00:00"}
        return 200, {"purchase": {"status": "paid", "orders": orders}}

    def _generate(self, ids) -> tuple[int, object]:
        for number, each in enumerate(ids):
            order = self.orders[each]
            order["generated_at"] = order["generated_at"] or "2026-11-20 12:01:00"
            order["melhorenvio_tracking"] = f"ME{number}{each[:8].upper()}BR"
        return 200, {each: {"status": True, "message": "Envio gerado com sucesso"} for each in ids}

    def _tracking(self, ids) -> tuple[int, object]:
        names = ("id", "protocol", "status", "tracking", "melhorenvio_tracking", *MOMENTS)
        known = [self.orders[each] for each in ids if each in self.orders]
        return 200, {row["id"]: {name: row[name] for name in names} for row in known}


def _quotes(body) -> list[dict]:
    heavy = body["volumes"][0]["weight"] > 30
    return [
        {"id": number, "name": name, "error": "O peso excede o limite."}
        if heavy and carrier == "Correios"
        else {
            "id": number,
            "name": name,
            "price": price,
            "custom_price": price,
            "delivery_time": days,
            "custom_delivery_time": days,
            "currency": "R$",
            "company": {"id": 1, "name": carrier, "picture": ""},
        }
        for number, (name, carrier, price, days) in SERVICES.items()
    ]


def _handler(fake: FakeMelhorEnvio):
    class Handler(BaseHTTPRequestHandler):
        def _answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            told = fake.answer(self.command, self.path, self.headers, body)
            if told is None:
                return
            status, said = told
            written = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        do_GET = do_POST = _answer

        def log_message(self, *_):
            """Silent: the tests look at the ledger instead."""

    return Handler
