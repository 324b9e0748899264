"""Melhor Envio, which sells labels of many carriers: its API v2 over HTTP.

Source: docs.melhorenvio.com.br (shipment/calculate, cart, shipment/checkout, shipment/generate,
imprimir/pdf, shipment/tracking, orders). A label is put into the cart, where it has an id; the
checkout takes its price off the account's balance; then it is generated and printed.
"""

import datetime as dt
import json
import time
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote as quoted

import httpx

from webapp.fulfilment.labels.models import TrackingKind
from webapp.fulfilment.labels.provider import (
    Box,
    ParcelStanding,
    Put,
    Quote,
    SellerAway,
    SellerRefused,
)
from webapp.platform.web_trust import web_trust
from webapp.platform.whole import whole_number

# A slow server, and one that drips byte by byte, must not outlast the lease of a batch.
SECONDS = 12.0
MOST_BYTES = 8_000_000
MOST_PAGES = 5
# Of an order: from which on it is paid for.
PAID = ("paid", "released", "generated", "received", "posted", "delivered", "undelivered")
GONE = ("canceled", "cancelled", "expired")
EVENTS = {
    "generated_at": TrackingKind.GENERATED,
    "posted_at": TrackingKind.POSTED,
    "undelivered_at": TrackingKind.UNDELIVERED,
    "delivered_at": TrackingKind.DELIVERED,
    "canceled_at": TrackingKind.CANCELLED,
}


class MelhorEnvio:
    """`contact` is whom they write to about the program: their API asks for it."""

    def __init__(self, url: str, token: str, contact: str):
        self._url = url
        self._headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {token}",
            "User-Agent": f"Balcao ({contact})",
        }

    def quote(self, from_cep: str, to_cep: str, box: Box, insured: Decimal) -> list[Quote]:
        body = {
            "from": {"postal_code": from_cep},
            "to": {"postal_code": to_cep},
            "volumes": [volume_of(box)],
            "options": {"insurance_value": float(insured), "receipt": False, "own_hand": False},
        }
        answer = self._ask("POST", "shipment/calculate", body)
        found = [_quote(each) for each in answer] if isinstance(answer, list) else []
        return sorted((each for each in found if each), key=lambda each: each.price)

    def put(self, wanted: dict[str, Any]) -> Put:
        return _put(self._ask("POST", "cart", wanted))

    def find(self, reference: str) -> Put | None:
        """In the cart, page by page, then among what somebody paid for meanwhile."""
        for page in range(1, MOST_PAGES + 1):
            rows = _rows(self._ask("GET", f"cart?page={page}"))
            if found := _bearing(reference, rows):
                return found
            if not rows:
                break
        return _bearing(reference, _rows(self._ask("GET", f"orders/search?q={reference}")))

    def buy(self, provider_id: str) -> None:
        try:
            self._ask("POST", "shipment/checkout", {"orders": [provider_id]})
        except SellerRefused:
            # It sells an id once: of one that was paid, by an answer that was lost, it tells so.
            standing = self.standings([provider_id]).get(provider_id)
            if standing is None or not standing.is_paid:
                raise

    def make(self, provider_id: str) -> bytes:
        self._ask("POST", "shipment/generate", {"orders": [provider_id]})
        try:
            link = self._ask("GET", f"imprimir/pdf/{quoted(provider_id)}")
        except SellerRefused as early:
            # It is made in the background there.
            raise SellerAway("making") from early
        link = link[0] if isinstance(link, list) and link else link
        if not isinstance(link, str) or not link.startswith(("https://", self._url)):
            raise SellerAway("garbage")
        # Another house's storage: without the token.
        file = _get(link)
        if not file.startswith(b"%PDF"):
            raise SellerAway("making")
        return file

    def standings(self, provider_ids: Sequence[str]) -> dict[str, ParcelStanding]:
        answer = self._ask("POST", "shipment/tracking", {"orders": list(provider_ids)})
        if not isinstance(answer, dict):
            raise SellerAway("garbage")
        return {
            each: _standing(answer[each])
            for each in provider_ids
            if isinstance(answer.get(each), dict)
        }

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        url = f"{self._url}/api/v2/me/{path}"
        status, read = _send(method, url, self._headers, body)
        if status in (401, 403):
            raise SellerAway("token")
        if status == 429:
            raise SellerAway("busy")
        if status >= 500 or 300 <= status < 400:
            raise SellerAway("fails")
        try:
            answer = json.loads(read)
        except (ValueError, RecursionError) as error:
            raise SellerAway("garbage") from error
        if status >= 400 or (isinstance(answer, dict) and answer.get("error")):
            raise SellerRefused(_words(answer))
        return answer


def volume_of(box: Box) -> dict[str, float]:
    return {
        "height": box.height_cm,
        "width": box.width_cm,
        "length": box.length_cm,
        "weight": box.weight_g / 1000,
    }


def _get(url: str) -> bytes:
    status, read = _send("GET", url, {}, None)
    if status != 200:
        raise SellerAway("fails")
    return read


def _send(
    method: str, url: str, headers: dict[str, str], body: dict[str, Any] | None
) -> tuple[int, bytes]:
    end, read = time.monotonic() + SECONDS, b""
    timeout = httpx.Timeout(SECONDS, connect=3.0)
    try:
        with (
            httpx.Client(timeout=timeout, verify=web_trust()) as client,
            client.stream(method, url, headers=headers, json=body) as response,
        ):
            for chunk in response.iter_bytes():
                read += chunk
                if len(read) > MOST_BYTES or time.monotonic() > end:
                    raise SellerAway("slow")
            return response.status_code, read
    except httpx.TimeoutException as error:
        raise SellerAway("slow") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SellerAway("away") from error


def _quote(row: Any) -> Quote | None:
    """None for a service that does not take this parcel."""
    if not isinstance(row, dict) or row.get("error"):
        return None
    price = _money(row.get("custom_price") or row.get("price"))
    if price is None:
        return None
    try:
        days = row.get("custom_delivery_time") or row.get("delivery_time")
        company = row.get("company") or {}
        name, carrier = str(row["name"])[:60], str(company.get("name", ""))[:60]
    except (KeyError, AttributeError):
        return None
    return Quote(str(row.get("id"))[:10], name, carrier, price, whole_number(str(days)))


def _rows(answer: Any) -> list[Any]:
    rows = answer.get("data") if isinstance(answer, dict) else answer
    return rows if isinstance(rows, list) else []


def _bearing(reference: str, rows: list[Any]) -> Put | None:
    for row in rows:
        tags = row.get("tags") if isinstance(row, dict) else None
        named = [each.get("tag") for each in tags or [] if isinstance(each, dict)]
        if reference in named and row.get("status") not in GONE:
            return _put(row)
    return None


def _put(row: Any) -> Put:
    found = row.get("id") if isinstance(row, dict) else None
    if not isinstance(found, str) or not 0 < len(found) <= 40:
        raise SellerAway("garbage")
    return Put(found, _money(row.get("price")))


def _money(written: Any) -> Decimal | None:
    try:
        return Decimal(str(written)).quantize(Decimal("0.01"))
    except InvalidOperation:
        return None


def _standing(row: dict[str, Any]) -> ParcelStanding:
    status = str(row.get("status", ""))
    moments = {kind: _moment(row.get(name)) for name, kind in EVENTS.items()}
    code = str(row.get("tracking") or row.get("melhorenvio_tracking") or "")[:60]
    return ParcelStanding(
        is_paid=status in PAID or bool(row.get("paid_at")),
        is_cancelled=status in GONE,
        code=code,
        events={kind: at for kind, at in moments.items() if at},
    )


def _moment(written: Any) -> dt.datetime | None:
    """Theirs are in UTC, without saying so."""
    try:
        moment = dt.datetime.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or dt.UTC) if moment else None


def _words(answer: Any) -> str:
    """What it says is wrong, in its own words, by field where it names them."""
    if not isinstance(answer, dict):
        return ""
    fields = answer.get("errors")
    if isinstance(fields, dict):
        named = [
            f"{field}: {' '.join(map(str, said)) if isinstance(said, list) else said}"
            for field, said in fields.items()
        ]
        return "; ".join(named)[:300]
    return str(answer.get("error") or answer.get("message") or "")[:300]
