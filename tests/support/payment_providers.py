"""A PSP that speaks API Pix and Mercado Pago, as one real HTTP server on loopback."""

import hashlib
import hmac
import json
import threading
from base64 import b64decode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

CLIENT, TOKEN = "client-1", "token-1"


class FakePaymentProviders:
    """`charges`: API Pix's answers by txid; `payments`: Mercado Pago's by id. `is_away`: it answers
    503. `asked`: the paths that were asked for."""

    def __init__(self) -> None:
        self.charges: dict[str, dict[str, Any]] = {}
        self.payments: dict[str, dict[str, Any]] = {}
        self.is_away, self.asked = False, []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                fake.asked.append(self.path)
                self._say(*fake._told(self.path, self.headers.get("Authorization", "")))

            def do_POST(self) -> None:
                fake.asked.append(self.path)
                sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
                known = b64decode(self.headers.get("Authorization", "")[6:]).decode()
                is_client = known == f"{CLIENT}:{TOKEN}" and "client_credentials" in sent
                answer = {"access_token": "bearer-1"} if is_client else {}
                self._say(200 if is_client else 401, answer)

            def _say(self, status: int, answer: dict[str, Any]) -> None:
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _told(self, path: str, authorization: str) -> tuple[int, dict[str, Any]]:
        parts = urlsplit(path)
        if self.is_away:
            return 503, {}
        if parts.path.startswith("/cob/"):
            charge = self.charges.get(parts.path.removeprefix("/cob/"))
            is_known = authorization == "Bearer bearer-1"
            return (200, charge) if charge and is_known else (404 if is_known else 401, {})
        if authorization != f"Bearer {TOKEN}":
            return 401, {}
        if parts.path == "/v1/payments/search":
            (reference,) = parse_qs(parts.query)["external_reference"]
            found = [each for each in self.payments.values() if is_of(each, reference)]
            return 200, {"results": found}
        payment = self.payments.get(parts.path.removeprefix("/v1/payments/"))
        return (200, payment) if payment else (404, {})


def is_of(payment: dict[str, Any], reference: str) -> bool:
    return payment["external_reference"] == reference


def pix(txid: str, amount: str, end_to_end_id: str = "E1", **more: Any) -> dict[str, Any]:
    """One Pix as a notice, and a charge that was paid, tell it."""
    moment = "2026-11-05T12:30:00.000Z"
    told = {"endToEndId": end_to_end_id, "txid": txid, "valor": amount, "horario": moment}
    return told | {"chave": "loja@example.com", "infoPagador": "João"} | more


def mercado_pago_payment(
    reference: str, amount: float, fee: float, status: str = "approved", number: int = 1234
) -> dict[str, Any]:
    return {
        "id": number,
        "status": status,
        "external_reference": reference,
        "transaction_amount": amount,
        "date_approved": "2026-11-05T10:12:13.000-03:00",
        "fee_details": [
            {"type": "mercadopago_fee", "amount": fee, "fee_payer": "collector"},
            {"type": "financing_fee", "amount": 9.99, "fee_payer": "payer"},
        ],
    }


def signature(secret: str, data_id: str, request_id: str, stamp: int) -> str:
    """As Mercado Pago makes its `x-signature`."""
    manifest = f"id:{data_id};request-id:{request_id};ts:{stamp};"
    made = hmac.new(secret.encode(), manifest.encode(), hashlib.sha256).hexdigest()
    return f"ts={stamp},v1={made}"
