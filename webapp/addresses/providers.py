"""The services that know postal codes: one declaration each; and the one way of asking any service.

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
from typing import Generic, TypeVar

import httpx

from webapp.addresses.answer import CompanyAnswer, PostalAnswer
from webapp.addresses.number_range import without_range
from webapp.platform.breaker import Breaker
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
_PUBLIC = (
    "viacep.com.br",
    "brasilapi.com.br",
    "opencep.com",
    "cep.awesomeapi.com.br",
    "receitaws.com.br",
    "api.opencnpj.org",
)

Answer = TypeVar("Answer", bound=PostalAnswer | CompanyAnswer)

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
class Provider(Generic[Answer]):
    """A service over HTTP: where it is, what it calls the parts, and how it says that it knows no
    such code.

    `names` maps our parts to its own, dotted for nested ones; `answer` makes of them, the code and
    the provider's name what we keep, or raises ProviderDown. `limit` is its pace ("240/hour") in
    the words of the package `limits`, kept only against `base_url`'s public host: a shop's own
    mirror has its own pace.
    """

    name: str
    base_url: str
    path: str
    names: dict[str, str]
    says_unknown: Callable[[int, object], bool]
    answer: Callable[[str, dict[str, str], str], Answer]
    limit: str | None = None

    def url(self, key: str) -> str:
        if not (key.isascii() and key.isalnum()):
            raise ValueError("not a bare code")
        return self.base_url.rstrip("/") + self.path.format(key=key)

    def parse(self, status: int, data: object, key: str) -> Answer | None:
        """The answer, or None for an unknown code. Raises ProviderDown where it is neither."""
        if self.says_unknown(status, data):
            return None
        if status != 200:
            raise ProviderDown("unexpected_status")
        parts = {ours: _text(data, theirs) for ours, theirs in self.names.items()}
        return self.answer(key, parts, self.name)


def postal_answer(cep: str, part: dict[str, str], provider: str) -> PostalAnswer:
    """Raises ProviderDown for what is no answer about this code."""
    if not (
        _digits(part["cep"]) == cep and part["city"] and state_code(part["state"]) == part["state"]
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
        provider=provider,
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


def is_404(status: int, data: object) -> bool:
    return status == 404


_VIACEP_NAMES = {
    "cep": "cep",
    "street": "logradouro",
    "neighborhood": "bairro",
    "city": "localidade",
    "state": "uf",
    "ibge": "ibge",
    "complement": "complemento",
    "unit": "unidade",
}


def viacep(base_url: str = "https://viacep.com.br/ws") -> Provider[PostalAnswer]:
    # Blocked addresses were reported after some 550 calls in two hours.
    return Provider(
        "viacep",
        base_url,
        "/{key}/json/",
        _VIACEP_NAMES,
        _viacep_unknown,
        postal_answer,
        pace(base_url, "240/hour"),
    )


def brasilapi(base_url: str = "https://brasilapi.com.br/api/cep/v2") -> Provider[PostalAnswer]:
    names = {
        "cep": "cep",
        "street": "street",
        "neighborhood": "neighborhood",
        "city": "city",
        "state": "state",
        "ibge": "ibge.city",
    }
    return Provider(
        "brasilapi",
        base_url,
        "/{key}",
        names,
        _brasilapi_unknown,
        postal_answer,
        pace(base_url, "240/hour"),
    )


def opencep(base_url: str = "https://opencep.com/v1") -> Provider[PostalAnswer]:
    # Static files behind a content network, offered without a limit: a courteous pace all the same.
    return Provider(
        "opencep",
        base_url,
        "/{key}.json",
        _VIACEP_NAMES,
        is_404,
        postal_answer,
        pace(base_url, "3600/hour"),
    )


def awesomeapi(base_url: str = "https://cep.awesomeapi.com.br/json") -> Provider[PostalAnswer]:
    names = {
        "cep": "cep",
        "street": "address",
        "neighborhood": "district",
        "city": "city",
        "state": "state",
        "ibge": "city_ibge",
    }
    return Provider(
        "awesomeapi", base_url, "/{key}", names, is_404, postal_answer, pace(base_url, "240/hour")
    )


def pace(base_url: str, limit: str) -> str | None:
    return limit if httpx.URL(base_url).host in _PUBLIC else None


class HttpSource(Generic[Answer]):
    """A provider as asked by this process: through its breaker, its pace and a shared
    `httpx.Client`."""

    def __init__(
        self,
        provider: Provider[Answer],
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

    def ask(self, key: str, deadline: float) -> Answer | None:
        """The answer, or None for an unknown code. Raises ProviderDown. `deadline` is in
        `time.monotonic()`."""
        with self.breaker.passage(deadline - time.monotonic()) as passage:
            if not passage.allowed:
                raise ProviderDown("breaker_open")
            if self._provider.limit and not self._take_turn(self.name, self._provider.limit):
                self._heard = (utc_now(), "busy")
                raise ProviderDown("busy")
            return self._ask(key, deadline, attempts=1 if passage.is_trial else _ATTEMPTS)

    def _ask(self, key, deadline, attempts):
        attempt = 1
        while True:
            try:
                answer = self._attempt(key, deadline)
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
            if sparing.lets_through(f"provider {self._provider.base_url} {reason}"):
                log.warning("provider %s: %s", self._provider.base_url, reason)

    def _attempt(self, key, deadline):
        status, body = _get(self._client(), self._provider.url(key), deadline)
        if 300 <= status < 400:
            raise ProviderDown("redirect")
        if status in (403, 429):
            raise ProviderDown("blocked")
        if status >= 500:
            raise ProviderDown("server_error")
        return self._provider.parse(status, _json(body, status), key)


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


_SAMPLE_SHAPE = Provider(SAMPLE, "", "", _VIACEP_NAMES, _viacep_unknown, postal_answer)


@cache
def _sample() -> dict[str, dict]:
    rows = json.loads(files("webapp.addresses").joinpath("sample.json").read_text("utf-8"))
    return {_digits(row["cep"]): row for row in rows}
