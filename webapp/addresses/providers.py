"""The services that know postal codes: one declaration each, and one way of asking them all.

Sources: viacep.com.br, brasilapi.com.br/docs (CEP v2), opencep.com, docs.awesomeapi.com.br/api-cep.
"""

import datetime as dt
import json
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import httpx

from webapp.addresses.answer import PostalAnswer
from webapp.addresses.breaker import Breaker
from webapp.addresses.number_range import without_range
from webapp.platform.cep import folded
from webapp.platform.clock import utc_now
from webapp.platform.sparing import sparing
from webapp.platform.towns import city_code, is_city_code, state_code

SAMPLE = "sample"
_MOST_BYTES = 64 * 1024
_MOST_CHARACTERS = 200
_ATTEMPT_SECONDS = 6.0  # connect 2, read 4; a server that drips byte by byte gets no more either
_ATTEMPTS = 3
_RETRIED = ("timeout", "server_error")

log = logging.getLogger(__name__)


class ProviderDown(Exception):
    """The provider gave no answer that can be used. `reason` is one of `refused`, `timeout`,
    `server_error`, `blocked`, `redirect`, `too_large`, `garbage`, `unexpected_status`,
    `breaker_open` (left alone after failures), `busy` (kept to its pace), `no_time`."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class NotCovered(Exception):
    """A provider that knows only some codes does not know this one: that says nothing about the
    code."""


@dataclass(frozen=True)
class Provider:
    """A service over HTTP: where it is, what it calls the parts, and how it says that it knows no
    such code.

    `names` maps our parts to its own, dotted for nested ones. `limit` is its pace ("240/hour") in
    the words of the package `limits`, kept only against `base_url`'s public host: a shop's own
    mirror has its own pace.
    """

    name: str
    base_url: str
    path: str
    names: dict[str, str]
    says_unknown: Callable[[int, object], bool]
    limit: str | None = None

    def url(self, cep: str) -> str:
        if not (len(cep) == 8 and cep.isascii() and cep.isdigit()):
            raise ValueError("not the eight digits of a CEP")
        return self.base_url.rstrip("/") + self.path.format(cep=cep)

    def parse(self, status: int, data: object, cep: str) -> PostalAnswer | None:
        """The answer, or None for an unknown code. Raises ProviderDown where it is neither."""
        if self.says_unknown(status, data):
            return None
        if status != 200:
            raise ProviderDown("unexpected_status")
        part = {ours: _text(data, theirs) for ours, theirs in self.names.items()}
        if not (
            _digits(_text(data, "cep")) == cep
            and part["city"]
            and state_code(part["state"]) == part["state"]
        ):
            raise ProviderDown("garbage")
        ibge = part.get("ibge", "")
        street, numbers = without_range(part["street"])
        return PostalAnswer(
            cep=cep,
            street=street,
            neighborhood=part["neighborhood"],
            city=part["city"],
            state=part["state"],
            ibge=ibge if is_city_code(ibge) else city_code(part["city"], part["state"]) or "",
            complement=part.get("complement", "") or numbers,
            unit=part.get("unit", ""),
            provider=self.name,
        )


def _text(data: object, path: str) -> str:
    for key in path.split("."):
        data = data.get(key) if isinstance(data, dict) else None
    if data is None:
        return ""
    if isinstance(data, bool) or not isinstance(data, str | int):
        raise ProviderDown("garbage")
    text = " ".join("".join(c if c.isprintable() else " " for c in str(data)).split())
    if len(text) > _MOST_CHARACTERS:
        raise ProviderDown("garbage")
    return text


def _digits(written: str) -> str:
    return written.replace("-", "")


def _viacep_unknown(status: int, data: object) -> bool:
    # Today the text "true"; a boolean in older answers.
    return status == 200 and isinstance(data, dict) and str(data.get("erro", "")).lower() == "true"


def _brasilapi_unknown(status: int, data: object) -> bool:
    # It also answers 404 when the services behind it are all down; only their words tell the two
    # apart.
    errors = data.get("errors") if isinstance(data, dict) else None
    return status == 404 and "naoencontrado" in folded(json.dumps(errors or [], ensure_ascii=False))


def _is_404(status: int, data: object) -> bool:
    return status == 404


_VIACEP_NAMES = {
    "street": "logradouro",
    "neighborhood": "bairro",
    "city": "localidade",
    "state": "uf",
    "ibge": "ibge",
    "complement": "complemento",
    "unit": "unidade",
}


def viacep(base_url: str = "https://viacep.com.br/ws") -> Provider:
    # Blocked addresses were reported after some 550 calls in two hours.
    return Provider(
        "viacep",
        base_url,
        "/{cep}/json/",
        _VIACEP_NAMES,
        _viacep_unknown,
        _pace(base_url, "240/hour"),
    )


def brasilapi(base_url: str = "https://brasilapi.com.br/api/cep/v2") -> Provider:
    names = {
        "street": "street",
        "neighborhood": "neighborhood",
        "city": "city",
        "state": "state",
        "ibge": "ibge.city",
    }
    return Provider(
        "brasilapi", base_url, "/{cep}", names, _brasilapi_unknown, _pace(base_url, "240/hour")
    )


def opencep(base_url: str = "https://opencep.com/v1") -> Provider:
    # Static files behind a content network, offered without a limit: a courteous pace all the same.
    return Provider(
        "opencep", base_url, "/{cep}.json", _VIACEP_NAMES, _is_404, _pace(base_url, "3600/hour")
    )


def awesomeapi(base_url: str = "https://cep.awesomeapi.com.br/json") -> Provider:
    names = {
        "street": "address",
        "neighborhood": "district",
        "city": "city",
        "state": "state",
        "ibge": "city_ibge",
    }
    return Provider("awesomeapi", base_url, "/{cep}", names, _is_404, _pace(base_url, "240/hour"))


def _pace(base_url: str, limit: str) -> str | None:
    public = ("viacep.com.br", "brasilapi.com.br", "opencep.com", "cep.awesomeapi.com.br")
    return limit if httpx.URL(base_url).host in public else None


class HttpSource:
    """A provider as asked by this process: through its breaker, its pace and a shared
    `httpx.Client`."""

    def __init__(
        self,
        provider: Provider,
        client: Callable[[], httpx.Client],
        take_turn: Callable[[str, str], bool],
        breaker: Breaker | None = None,
    ):
        self.name = provider.name
        self.breaker = breaker or Breaker()
        self._provider = provider
        self._client = client
        self._take_turn = take_turn
        self._heard: tuple[dt.datetime, str] | None = None

    def take_news(self) -> tuple[dt.datetime, str] | None:
        """When it was asked last and why it gave no answer, "" where it did; told once."""
        news, self._heard = self._heard, None
        return news

    def ask(self, cep: str, deadline: float) -> PostalAnswer | None:
        """The answer, or None for an unknown code. Raises ProviderDown. `deadline` is in
        `time.monotonic()`."""
        with self.breaker.passage(deadline - time.monotonic()) as passage:
            if not passage.allowed:
                raise ProviderDown("breaker_open")
            if self._provider.limit and not self._take_turn(self.name, self._provider.limit):
                self._heard = (utc_now(), "busy")
                raise ProviderDown("busy")
            return self._ask(cep, deadline, attempts=1 if passage.is_trial else _ATTEMPTS)

    def _ask(self, cep, deadline, attempts):
        attempt = 1
        while True:
            try:
                answer = self._attempt(cep, deadline)
                self.breaker.succeeded()
                self._heard = (utc_now(), "")
                return answer
            except ProviderDown as down:
                self._note(down.reason)
                if attempt == attempts or down.reason not in _RETRIED or not self.breaker.closed:
                    raise
            time.sleep(
                max(0.0, min(random.uniform(0.1, 0.3) * attempt, deadline - time.monotonic()))
            )
            attempt += 1

    def _note(self, reason):
        # A block shows as a refused connection, an over-used key as 403 or 429: knocking on does
        # harm.
        if reason != "no_time":
            self._heard = (utc_now(), reason)
            self.breaker.failed(at_once=reason in ("refused", "blocked"))
            if sparing.lets_through(f"postal code provider {self.name} {reason}"):
                log.warning("postal code provider %s: %s", self.name, reason)

    def _attempt(self, cep, deadline):
        status, body = _get(self._client(), self._provider.url(cep), deadline)
        if 300 <= status < 400:
            raise ProviderDown("redirect")
        if status in (403, 429):
            raise ProviderDown("blocked")
        if status >= 500:
            raise ProviderDown("server_error")
        return self._provider.parse(status, _json(body, status), cep)


def _get(client: httpx.Client, url: str, deadline: float) -> tuple[int, bytes]:
    left = min(_ATTEMPT_SECONDS, deadline - time.monotonic())
    if left <= 0:
        raise ProviderDown("no_time")
    end = time.monotonic() + left
    timeout = httpx.Timeout(min(4.0, left), connect=min(2.0, left))
    body = b""
    try:
        with client.stream("GET", url, timeout=timeout) as response:
            # Raw bytes: an answer packed against our wish must not unpack into gigabytes.
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > _MOST_BYTES:
                    raise ProviderDown("too_large")
                if time.monotonic() > end:
                    raise ProviderDown("timeout")
            return response.status_code, body
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        # Two seconds without a connection already hold the system's own second try.
        raise ProviderDown("refused") from error
    except httpx.PoolTimeout as error:
        # All our connections are in use: that says nothing about the provider.
        raise ProviderDown("no_time") from error
    except httpx.TimeoutException as error:
        raise ProviderDown("timeout") from error
    except httpx.HTTPError as error:
        raise ProviderDown("garbage") from error


def _json(body: bytes, status: int) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        if status == 200:
            raise ProviderDown("garbage") from error
        return None


class SampleSource:
    """The demo's own answers, offline: 65 real codes in ViaCEP's shape, and one that is known not
    to exist."""

    name = SAMPLE

    def ask(self, cep: str, deadline: float) -> PostalAnswer | None:
        if cep not in _sample():
            raise NotCovered
        return _SAMPLE_SHAPE.parse(200, _sample()[cep], cep)


_SAMPLE_SHAPE = Provider(SAMPLE, "", "", _VIACEP_NAMES, _viacep_unknown)


@cache
def _sample() -> dict[str, dict]:
    rows = json.loads(files("webapp.addresses").joinpath("sample.json").read_text("utf-8"))
    return {_digits(row["cep"]): row for row in rows}
