"""How each service of the authority is, kept for all workers: a question that would be in vain is
not asked, and what answers again is known at once."""

import datetime as dt
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from typing import TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from webapp.authority.models import AuthorityService, ServiceState
from webapp.fiscal.authority import (
    Answer,
    Authority,
    AuthorityAway,
    Batch,
    EventAnswer,
    Meaning,
    RegistrationAnswer,
    Service,
    ServiceStatus,
    VoidingAnswer,
    meaning_of,
)
from webapp.fiscal.standby import authorizer_of, standby_name
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.issues import N_
from webapp.platform.transactions import only_reading, writing

# Of the environment that all states share.
NATIONAL = "AN"
# What an event says that goes there (cOrgao).
_OF_NATIONAL = b"<cOrgao>91</cOrgao>"
# With which a service says that it does not serve, whatever it is asked.
STANDS_STILL = ("108", "109", "113", "114")
# An answer is noted again after so long; what changes is noted at once.
NOTED_AGAIN = dt.timedelta(seconds=15)
RESTS = N_("The shop asked it too often and leaves it alone.")
T = TypeVar("T")


class LeftAlone(AuthorityAway):
    """It was not even asked: it did not answer just now, or must be left alone for an hour. `code`:
    with which it said so."""

    def __init__(self, row: AuthorityService):
        cause = RESTS if row.status is ServiceState.RESTING else row.cause
        super().__init__(row.service, cause, row.rests_until, was_sent=False)
        self.code = row.code


_SERVICE = select(AuthorityService).where(
    AuthorityService.authorizer == bindparam("authorizer"),
    AuthorityService.service == bindparam("service"),
)


def service_of(authorizer: str, service: Service) -> AuthorityService | None:
    return db.session.scalar(_SERVICE, {"authorizer": authorizer, "service": service})


def services_of(authorizers: Sequence[str]) -> dict[tuple[str, Service], AuthorityService]:
    query = select(AuthorityService).where(AuthorityService.authorizer.in_(authorizers))
    return {(row.authorizer, row.service): row for row in db.session.scalars(query)}


class Watched:
    """An authority each of whose services is asked only while that makes sense, and noted as it
    answers. `state` is the issuer's."""

    def __init__(self, authority: Authority, state: str):
        self._authority, self._state = authority, state

    def authorize(self, signed: list[bytes]) -> list[Answer]:
        def own(document: bytes) -> str:
            start = document.index(b'Id="NFe') + len(b'Id="NFe')
            return authorizer_of(self._state, document[start : start + 44].decode())

        return self._by_authorizer(Service.AUTHORIZATION, self._authority.authorize, signed, own)

    def query(self, access_keys: list[str]) -> list[Answer]:
        def own(key: str) -> str:
            return authorizer_of(self._state, key)

        return self._by_authorizer(Service.QUERY, self._authority.query, access_keys, own)

    def event(self, signed: list[bytes]) -> list[EventAnswer]:
        return self._ask(
            NATIONAL if signed and _OF_NATIONAL in signed[0] else self._state,
            Service.EVENT,
            lambda: self._authority.event(signed),
            lambda answers: [answer.code for answer in answers],
            len(signed),
        )

    def void(self, signed: bytes) -> VoidingAnswer:
        return self._ask(
            self._state,
            Service.VOIDING,
            lambda: self._authority.void(signed),
            lambda answer: [answer.code],
        )

    def status(self, contingency: bool = False) -> ServiceStatus:
        return self._ask(
            standby_name(self._state) if contingency else self._state,
            Service.STATUS,
            lambda: self._authority.status(contingency),
            lambda status: [status.code],
        )

    def register(self, state: str, cnpj: str) -> RegistrationAnswer:
        return self._ask(
            state,
            Service.REGISTER,
            lambda: self._authority.register(state, cnpj),
            lambda answer: [answer.code],
        )

    def distribution(self, state: str, cnpj: str, after_nsu: int) -> Batch:
        return self._ask(
            NATIONAL,
            Service.DISTRIBUTION,
            lambda: self._authority.distribution(state, cnpj, after_nsu),
            lambda batch: [batch.code],
        )

    def _by_authorizer(
        self,
        service: Service,
        call: Callable[[list[T]], list[Answer]],
        asked: list[T],
        own: Callable[[T], str],
    ) -> list[Answer]:
        """Answers in the order of what was asked, one call for each run of the same authorizer."""
        answers: list[Answer] = []
        for authorizer, run in groupby(asked, own):
            some = list(run)
            answers += self._ask(
                authorizer,
                service,
                partial(call, some),
                lambda found: [answer.code for answer in found],
                len(some),
            )
        return answers

    def _ask(
        self,
        authorizer: str,
        service: Service,
        call: Callable[[], T],
        codes_of: Callable[[T], list[str]],
        documents: int = 1,
    ) -> T:
        known, now = _known(authorizer, service), utc_now()
        if known and known.is_left_alone(now):
            raise LeftAlone(known)
        began = time.monotonic()
        try:
            answer = call()
        except AuthorityAway as missed:
            cause, retry_at = missed.cause, missed.retry_at
            _note(authorizer, service, lambda row, now: row.miss(now, "", cause, retry_at))
            raise
        took = round((time.monotonic() - began) * 1000) if documents == 1 else None
        _note_answer(known, authorizer, service, codes_of(answer), took)
        return answer


def _note_answer(
    known: AuthorityService | None,
    authorizer: str,
    service: Service,
    codes: list[str],
    took: int | None,
) -> None:
    """The one that says most decides: to be left alone, to stand still, to serve."""
    resting = [code for code in codes if meaning_of(code) is Meaning.REST]
    still = [code for code in codes if code in STANDS_STILL]
    if resting:
        _note(authorizer, service, lambda row, now: row.rest(now, resting[0]))
    elif still:
        _note(authorizer, service, lambda row, now: row.miss(now, still[0], "", None))
    elif known is None or _is_news(known, utc_now()):
        _note(authorizer, service, lambda row, now: row.answer(now, took))


def _is_news(known: AuthorityService, now: dt.datetime) -> bool:
    is_up = known.status is ServiceState.UP
    return not is_up or known.answered_at is None or now - known.answered_at > NOTED_AGAIN


def _known(authorizer: str, service: Service) -> AuthorityService | None:
    """Read in a transaction of its own, unless the caller has begun one."""
    if db.session().in_transaction():
        return service_of(authorizer, service)
    with only_reading():
        found = service_of(authorizer, service)
        db.session.expunge_all()
        db.session.rollback()
    return found


def _note(
    authorizer: str,
    service: Service,
    change: Callable[[AuthorityService, dt.datetime], None],
) -> None:
    """In a transaction of its own. Where the caller has one, whoever asks next notes it."""
    if db.session().in_transaction():
        return
    with writing():
        try:
            now, asked = utc_now(), {"authorizer": authorizer, "service": service}
            row = db.session.scalar(_SERVICE.with_for_update(), asked)
            if row is None:
                row = AuthorityService(authorizer=authorizer, service=service, since=now)
                row.status, row.milliseconds = ServiceState.UP, []
                db.session.add(row)
            change(row, now)
            db.session.commit()
        except IntegrityError:  # another worker noted it for the first time
            db.session.rollback()
