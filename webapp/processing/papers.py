"""What events and voidings have alike: both wait for a certificate, and for the authority."""

import datetime as dt
from collections.abc import Callable

from webapp.authority.models import LONG_REST
from webapp.authority.words import AWAY, PREFIX
from webapp.fiscal.authority import AuthorityAway, Meaning, meaning_of
from webapp.fiscal.certificate import CertificateError
from webapp.platform.owed import Owed
from webapp.processing.send_step import pause

UNSIGNED = dt.timedelta(minutes=1)


def sign_or_wait(row: Owed, now: dt.datetime, sign: Callable[[], None]) -> None:
    """What was signed is sent next; without a certificate that can be used it waits for one."""
    try:
        sign()
        row.owe(now)
    except CertificateError as error:
        row.try_later(now + UNSIGNED, str(error))


def asks_for_patience(code: str) -> bool:
    return meaning_of(code) in (Meaning.WAIT, Meaning.REST)


def wait_for_authority(row: Owed, now: dt.datetime, why: str | AuthorityAway) -> None:
    """`why` is a code, or that it was away. What was sent is asked again with the same bytes."""
    at = now + pause(row.tries)
    if isinstance(why, AuthorityAway):
        row.try_later(max(at, why.retry_at or at), PREFIX + AWAY)
        return
    rests = meaning_of(why) is Meaning.REST
    row.try_later(max(at, now + LONG_REST) if rests else at, PREFIX + why)
