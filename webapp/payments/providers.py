"""How payment providers speak: the notices that they send, and how they are asked.

Sources: the central bank's API Pix 2 (github.com/bacen/pix-api: webhook callback, `GET /cob`), and
Mercado Pago's developers' pages (webhooks and their `x-signature`, `GET /v1/payments`).
"""

import datetime as dt
import hashlib
import hmac
import json
import re
import ssl
import tempfile
from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx

from webapp.payments.models import PaymentProvider
from webapp.payments.receiving import ProviderPayment
from webapp.platform.money import CENT, MAX_MONEY, ZERO
from webapp.platform.web_trust import web_trust
from webapp.platform.whole import whole_number

MERCADO_PAGO_URL = "https://api.mercadopago.com"
SECONDS = 10.0
# Of a notice; they are small.
LONGEST_BODY = 64_000
MOST_IN_NOTICE = 100
# It tries again for four days. What is told is asked for anyway: an old one is of no harm.
LONGEST_SIGNED = dt.timedelta(days=5)
MOST_MILLISECONDS = 10**14
_ID = re.compile(r"[A-Za-z0-9._:-]{1,80}", re.ASCII)
_MONEY = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?", re.ASCII)


class Strange(Exception):
    """It is not what the protocol says: a word for a person."""


class ProviderAway(Exception):
    """It does not answer, or not with sense: asked again later. A code, never its words."""


class Access(NamedTuple):
    """How a provider is asked, read and opened."""

    provider: PaymentProvider
    base_url: str
    client_id: str
    token: str
    certificate: bytes


class ProviderAnswer(NamedTuple):
    """What a provider says of a payment: what came, and whether anything still may."""

    payments: list[ProviderPayment]
    is_over: bool = False


# -- notices --------------------------------------------------------------------------------------


def read_json(body: bytes) -> dict[str, Any]:
    """Raises Strange."""
    try:
        told = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Strange("no JSON") from None
    if not isinstance(told, dict):
        raise Strange("no object")
    return told


def pix_payments(told: Mapping[str, Any]) -> list[tuple[ProviderPayment, dict[str, Any]]]:
    """Each Pix of a notice, and what was told of it. Raises Strange."""
    rows = told.get("pix")
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_IN_NOTICE:
        raise Strange("no pix")
    return [(_pix(row), row) for row in rows]


def _pix(row: Any) -> ProviderPayment:
    if not isinstance(row, dict):
        raise Strange("no pix")
    return ProviderPayment(
        PaymentProvider.PIX,
        _id(row.get("endToEndId"), "endToEndId"),
        _id(row["txid"], "txid") if row.get("txid") else "",
        _money(row.get("valor"), "valor"),
        None,
        _moment(row.get("horario"), "horario"),
    )


class SignedNotice(NamedTuple):
    """What Mercado Pago's signature covers."""

    data_id: str
    request_id: str
    signature: str


def is_signed(signed: SignedNotice, secret: str, now: dt.datetime) -> bool:
    """By `x-signature: ts=…,v1=…`: the HMAC-SHA256 of a manifest of what came along, and not of
    long ago."""
    parts = dict(part.strip().split("=", 1) for part in signed.signature.split(",") if "=" in part)
    stamp, told = parts.get("ts", ""), parts.get("v1", "")
    moment = whole_number(stamp, most=MOST_MILLISECONDS)
    if not secret or moment is None:
        return False
    # Seconds once, milliseconds by now.
    seconds = moment / (1000 if len(stamp) > 11 else 1)
    if abs(now.timestamp() - seconds) > LONGEST_SIGNED.total_seconds():
        return False
    return hmac.compare_digest(manifest_hash(signed, stamp, secret), told.lower())


def manifest_hash(signed: SignedNotice, stamp: str, secret: str) -> str:
    """What did not come is left out of the manifest."""
    named = (("id", signed.data_id.lower()), ("request-id", signed.request_id), ("ts", stamp))
    manifest = "".join(f"{name}:{value};" for name, value in named if value)
    return hmac.new(secret.encode(), manifest.encode(), hashlib.sha256).hexdigest()


# -- asked ----------------------------------------------------------------------------------------


class Conversation:
    """One conversation with a provider: one connection and, with a PSP, one token. Ends with
    `close`."""

    def __init__(self, access: Access) -> None:
        self._access, self._bearer = access, ""
        self._client = _client(access)

    def close(self) -> None:
        self._client.close()

    def payment(self, payment_id: str) -> ProviderAnswer:
        """What Mercado Pago knows of a payment. Raises ProviderAway."""
        return _asked_of([self._get(f"/v1/payments/{quote(payment_id, safe='')}")])

    def charge(self, key: str) -> ProviderAnswer:
        """What came for a charge. Raises ProviderAway."""
        if self._access.provider is PaymentProvider.PIX:
            return _of_charge(self._get(f"/cob/{quote(key, safe='')}"), key)
        asked = {"external_reference": key, "sort": "date_created"}
        results = self._get("/v1/payments/search", asked).get("results", [])
        if not isinstance(results, list):
            raise ProviderAway("garbage")
        return _asked_of([row for row in results if _is_about(row, key)])

    def _get(self, path: str, params: dict[str, str] | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token()}"}
        return self._called(self._client.build_request("GET", path, params=params, headers=headers))

    def _token(self) -> str:
        access = self._access
        if access.provider is PaymentProvider.MERCADO_PAGO:
            return access.token
        if not self._bearer:
            wanted = {"grant_type": "client_credentials", "scope": "cob.read pix.read"}
            request = self._client.build_request("POST", "/oauth/token", data=wanted)
            request.headers["Authorization"] = _basic(access)
            self._bearer = str(self._called(request).get("access_token") or "")
        return self._bearer

    def _called(self, request: httpx.Request) -> dict[str, Any]:
        try:
            answer = self._client.send(request)
        except httpx.HTTPError as error:
            raise ProviderAway(type(error).__name__) from None
        if answer.status_code == 404:
            # It knows of none (yet).
            return {}
        if answer.status_code not in (200, 201):
            raise ProviderAway(f"HTTP {answer.status_code}")
        try:
            return read_json(answer.content)
        except Strange:
            raise ProviderAway("garbage") from None


def _basic(access: Access) -> str:
    return "Basic " + b64encode(f"{access.client_id}:{access.token}".encode()).decode()


def _is_about(row: Any, key: str) -> bool:
    return isinstance(row, dict) and row.get("external_reference") == key


def _of_charge(told: Mapping[str, Any], key: str) -> ProviderAnswer:
    status = told.get("status", "ATIVA")
    if status == "CONCLUIDA":
        try:
            found = pix_payments(told)
        except Strange:
            raise ProviderAway("garbage") from None
        # A charge's own answer need not say again whose it is.
        return ProviderAnswer([payment._replace(reference=key) for payment, _row in found])
    if status not in ("ATIVA", "REMOVIDA_PELO_USUARIO_RECEBEDOR", "REMOVIDA_PELO_PSP"):
        raise ProviderAway("garbage")
    return ProviderAnswer([], is_over=status != "ATIVA")


def _asked_of(rows: list[Any]) -> ProviderAnswer:
    paid = [row for row in rows if isinstance(row, dict) and row.get("status") == "approved"]
    try:
        return ProviderAnswer([_of_mercado_pago(row) for row in paid])
    except Strange:
        raise ProviderAway("garbage") from None


def _of_mercado_pago(row: Mapping[str, Any]) -> ProviderPayment:
    kept = [
        _money(fee.get("amount"), "amount")
        for fee in row.get("fee_details") or []
        if fee.get("fee_payer", "collector") == "collector"
    ]
    return ProviderPayment(
        PaymentProvider.MERCADO_PAGO,
        _id(row.get("id"), "id"),
        _reference(row.get("external_reference")),
        _money(row.get("transaction_amount"), "transaction_amount"),
        sum(kept, ZERO) if "fee_details" in row else None,
        _moment(row.get("date_approved"), "date_approved"),
    )


def _client(access: Access) -> httpx.Client:
    verify = web_trust()
    if access.certificate:
        verify = ssl.create_default_context()
        # OpenSSL reads a key from a file alone: this one is ours only, and gone at once.
        with tempfile.NamedTemporaryFile() as file:
            file.write(access.certificate)
            file.flush()
            verify.load_cert_chain(file.name)
    return httpx.Client(
        base_url=access.base_url,
        verify=verify,
        timeout=SECONDS,
        headers={"Accept": "application/json", "User-Agent": "Balcao"},
    )


# -- values ---------------------------------------------------------------------------------------


def _id(value: Any, name: str) -> str:
    text = str(value) if isinstance(value, str | int) else ""
    if not _ID.fullmatch(text):
        raise Strange(name)
    return text


def _reference(value: Any) -> str:
    """The shop's own; whatever it is, it is no reason to lose the payment."""
    return str(value)[:80] if isinstance(value, str | int) else ""


def _money(value: Any, name: str) -> Decimal:
    text = str(value) if isinstance(value, str | int | Decimal) else ""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise Strange(name) from None
    if not _MONEY.fullmatch(text) or amount > MAX_MONEY:
        raise Strange(name)
    return amount.quantize(CENT)


def _moment(value: Any, name: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(str(value))
    except ValueError:
        raise Strange(name) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
