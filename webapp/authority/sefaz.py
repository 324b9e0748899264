"""The real authority, over the network.

Each note and each event goes in a lot of its own, several at once: a lot of one is answered at
once, and one that is lost takes no other with it.
"""

import datetime as dt
import logging
import re
import secrets
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
from lxml import etree

from webapp.authority.connections import MOST_AT_ONCE
from webapp.fiscal import soap
from webapp.fiscal.access_key import emission_of, key_of
from webapp.fiscal.authority import (
    NOT_ANSWERED,
    Answer,
    AuthorityAway,
    Batch,
    EventAnswer,
    RegistrationAnswer,
    Service,
    ServiceStatus,
    VoidingAnswer,
)
from webapp.fiscal.places import STATES, letters_of
from webapp.fiscal.reading import named_by
from webapp.fiscal.service_addresses import (
    NATIONAL,
    NoSuchService,
    address_of,
    register_of,
    server_of,
)
from webapp.fiscal.standby import STANDBY_NAMES, standby_name
from webapp.platform.breaker import Breaker
from webapp.platform.clock import utc_now
from webapp.platform.issues import N_
from webapp.platform.sparing import sparing

MOST_BYTES = 1024 * 1024
# Fifty packed documents.
MOST_BYTES_OF_DISTRIBUTION = 20 * 1024 * 1024
# A server that drips byte by byte gets no more.
MOST_SECONDS = 60.0
# How long a call waits for another's trial.
PATIENCE = 5.0
NO_CONNECTION = N_("It cannot be reached.")
NO_ANSWER_IN_TIME = N_("It did not answer in time.")
BROKEN_OFF = N_("The connection broke before its answer was there.")
SERVER_ERROR = N_("It answers that it has a fault (HTTP 5xx).")
WRONG_ADDRESS = N_("It has nothing at the address that is known for it; has it moved?")
TOO_LARGE = N_("Its answer is far larger than any that it gives.")
NOT_TRUSTED = N_(
    "It showed a certificate that goes back to no root that this shop trusts. If SEFAZ has a new "
    "one, an administrator adds it on the settings page."
)
CERTIFICATE_REFUSED = N_("It did not accept the shop's digital certificate.")
NO_SAFE_CONNECTION = N_("No safe connection (TLS) came about.")
# No connection came about, so that nothing was sent; TLS may break later, too.
NOT_SENT = (NO_CONNECTION, NOT_TRUSTED)
LEFT_ALONE = N_("It failed just now and is left alone for a moment.")
_ORGAN = re.compile(rb"<cOrgao>([0-9]{2})</cOrgao>")
_NATIONAL_ORGAN = b"91"

Item = TypeVar("Item")
Given = TypeVar("Given")
log = logging.getLogger(__name__)


class Breakers:
    """One for each host, shared by the calls of one process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._lock = threading.Lock()
        self._breakers: defaultdict[str, Breaker] = defaultdict(lambda: Breaker(clock=clock))

    def of(self, url: str) -> Breaker:
        with self._lock:
            return self._breakers[urlsplit(url).netloc]


BREAKERS = Breakers()
Addresses = Callable[[str, Service, bool], str]


class Sefaz:
    """`state` is the issuer's; `client` speaks with its certificate."""

    def __init__(
        self,
        client: httpx.Client,
        state: str,
        production: bool,
        address: Addresses = address_of,
        breakers: Breakers = BREAKERS,
    ):
        self._client, self._state, self._production = client, state, production
        self._address, self._breakers = address, breakers
        self._environment = "1" if production else "2"

    def authorize(self, signed: list[bytes]) -> list[Answer]:
        def send(document: bytes) -> Answer:
            key = key_of(document)
            message = soap.lot_of_one(document, _lot())
            return self._ask(
                Service.AUTHORIZATION,
                STANDBY_NAMES.get(emission_of(key)) or server_of(self._state),
                message,
                lambda answer: soap.note_answer(key, document, answer, utc_now()),
            )

        return _each(send, signed, lambda one, away: Answer(key_of(one), NOT_ANSWERED, away.cause))

    def query(self, access_keys: list[str]) -> list[Answer]:
        def ask(key: str) -> Answer:
            state = letters_of(key[:2]) or self._state
            return self._ask(
                Service.QUERY,
                STANDBY_NAMES.get(emission_of(key)) or server_of(state),
                soap.query(key, self._environment),
                lambda answer: soap.key_answer(key, answer, utc_now()),
            )

        return _each(ask, access_keys, lambda key, away: Answer(key, NOT_ANSWERED, away.cause))

    def event(self, signed: list[bytes]) -> list[EventAnswer]:
        def send(document: bytes) -> EventAnswer:
            organ = _ORGAN.search(document)
            national = organ is not None and organ[1] == _NATIONAL_ORGAN
            return self._ask(
                Service.EVENT,
                NATIONAL if national else server_of(self._state),
                soap.events(document, _lot()),
                lambda answer: soap.event_answer(named_by(document), answer, utc_now()),
            )

        return _each(
            send, signed, lambda one, away: EventAnswer(*named_by(one), NOT_ANSWERED, away.cause)
        )

    def void(self, signed: bytes) -> VoidingAnswer:
        return self._ask(
            Service.VOIDING,
            server_of(self._state),
            signed,
            lambda answer: soap.voiding_answer(signed, answer, utc_now()),
        )

    def status(self, contingency: bool = False) -> ServiceStatus:
        return self._ask(
            Service.STATUS,
            standby_name(self._state) if contingency else server_of(self._state),
            soap.status(STATES[self._state].code, self._environment),
            soap.status_answer,
        )

    def register(self, state: str, cnpj: str) -> RegistrationAnswer:
        try:
            authorizer = register_of(state)
        except NoSuchService as error:
            return RegistrationAnswer(NOT_ANSWERED, str(error))
        message = soap.register(state, cnpj)
        return self._ask(Service.REGISTER, authorizer, message, soap.register_answer)

    def distribution(self, state: str, cnpj: str, after_nsu: int) -> Batch:
        message = soap.distribution(STATES[state].code, cnpj, after_nsu, self._environment)
        return self._ask(
            Service.DISTRIBUTION,
            NATIONAL,
            message,
            lambda answer: soap.batch_answer(after_nsu, answer),
            MOST_BYTES_OF_DISTRIBUTION,
        )

    def _ask(
        self,
        service: Service,
        authorizer: str,
        message: bytes,
        understand: Callable[[etree._Element], Given],
        most_bytes: int = MOST_BYTES,
    ) -> Given:
        """Raises AuthorityAway, also for an answer that says nothing of what was asked."""
        url = self._address(authorizer, service, self._production)
        breaker = self._breakers.of(url)
        with breaker.passage(PATIENCE) as passage:
            if not passage.allowed:
                rest = dt.timedelta(seconds=max(0.0, breaker.rests_for()))
                raise AuthorityAway(service, LEFT_ALONE, utc_now() + rest, was_sent=False)
            try:
                body = self._post(url, service, message, most_bytes)
            except _Failed as failed:
                breaker.failed(at_once=failed.cause is NO_CONNECTION)
                _tell(url, failed.cause, failed.detail)
                was_sent = failed.cause not in NOT_SENT
                raise AuthorityAway(service, failed.cause, was_sent=was_sent) from failed
            breaker.succeeded()
        try:
            return understand(soap.read(service, body))
        except soap.BadAnswer as bad:
            _tell(url, bad.cause, bad.detail)
            raise AuthorityAway(service, bad.cause) from bad

    def _post(self, url: str, service: Service, message: bytes, most_bytes: int) -> bytes:
        content = soap.envelope(service, message)
        headers = {"Content-Type": soap.content_type(service)}
        end = time.monotonic() + MOST_SECONDS
        try:
            with self._client.stream("POST", url, content=content, headers=headers) as response:
                _refuse_status(response.status_code)
                return b"".join(_bounded(response, most_bytes, end))
        except httpx.TimeoutException as error:
            slow = not isinstance(error, httpx.ConnectTimeout)
            raise _Failed(NO_ANSWER_IN_TIME if slow else NO_CONNECTION, repr(error)) from error
        except httpx.HTTPError as error:
            raise _Failed(_cause_of(error), repr(error)) from error


class _Failed(Exception):
    """No answer came. `cause`: a message for people."""

    def __init__(self, cause: str, detail: str = ""):
        super().__init__(cause)
        self.cause, self.detail = cause, detail


def _refuse_status(status: int) -> None:
    if status >= 500:
        raise _Failed(SERVER_ERROR, str(status))
    if status in (401, 403):
        raise _Failed(CERTIFICATE_REFUSED, str(status))
    if status != 200:
        raise _Failed(WRONG_ADDRESS, str(status))


def _bounded(response: httpx.Response, most_bytes: int, end: float) -> Iterator[bytes]:
    length = 0
    # Raw bytes: an answer packed against our wish must not unpack into gigabytes.
    for chunk in response.iter_raw():
        length += len(chunk)
        if length > most_bytes:
            raise _Failed(TOO_LARGE)
        if time.monotonic() > end:
            raise _Failed(NO_ANSWER_IN_TIME)
        yield chunk


def _cause_of(error: httpx.HTTPError) -> str:
    fault = _tls_fault(error)
    if isinstance(fault, ssl.SSLCertVerificationError):
        return NOT_TRUSTED
    if fault is not None:
        alert = (fault.reason or "").upper()
        refused = "ALERT" in alert and ("CERT" in alert or "UNKNOWN_CA" in alert)
        return CERTIFICATE_REFUSED if refused else NO_SAFE_CONNECTION
    return NO_CONNECTION if isinstance(error, httpx.ConnectError) else BROKEN_OFF


def _tls_fault(error: BaseException | None) -> ssl.SSLError | None:
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error


def _each(
    ask: Callable[[Item], Given], items: list[Item], lost: Callable[[Item, AuthorityAway], Given]
) -> list[Given]:
    """Their answers in order. Raises AuthorityAway where none was answered; of several, one that
    was not says so as its answer."""

    def tried(item: Item) -> Given | AuthorityAway:
        try:
            return ask(item)
        except AuthorityAway as away:
            return away

    if len(items) < 2:
        return [ask(item) for item in items]
    with ThreadPoolExecutor(min(MOST_AT_ONCE, len(items)), "sefaz") as pool:
        found = list(pool.map(tried, items))
    away = [one for one in found if isinstance(one, AuthorityAway)]
    if len(away) == len(items):
        raise away[0]
    return [
        lost(item, one) if isinstance(one, AuthorityAway) else one
        for item, one in zip(items, found, strict=True)
    ]


def _lot() -> int:
    return 1 + secrets.randbelow(10**15 - 1)


def _tell(url: str, cause: str, detail: str) -> None:
    if sparing.lets_through(f"authority {url} {cause}"):
        log.warning("authority %s: %s %s", url, cause, detail)
