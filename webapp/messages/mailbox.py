"""IMAP: the mailbox to which e-mails of the shop come back."""

import contextlib
import datetime as dt
import imaplib
import ssl
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from webapp.messages.bounces import Bounce, read_bounce
from webapp.platform.clock import utc_now
from webapp.platform.whole import whole_number

TIMEOUT_SECONDS = 10
# What is older than this is not looked for.
DAYS = 14
MOST_AT_ONCE = 50
# A report tells in its first part; the e-mail that came back may be long.
MOST_BYTES = 2**18
MOST_NUMBER = 2**32 - 1


class MailboxAway(Exception):
    """It was not read: a word of `words.REASONS`, a colon and the failure's class."""


class Looked(NamedTuple):
    """`validity` and `last_uid` tell how far it is read (RFC 3501, 2.3.1.1)."""

    validity: int
    last_uid: int
    is_at_end: bool
    bounces: list[Bounce]


def look(url: str, validity: int, last_uid: int) -> Looked:
    """Reports that came since, the oldest first; the mailbox stays as it is. Raises MailboxAway."""
    try:
        with _opened(url) as server:
            present = _validity(server)
            begin = last_uid + 1 if present == validity else 1
            uids = _reports(server, begin)
            read = uids[:MOST_AT_ONCE]
            bounces = [bounce for uid in read if (bounce := read_bounce(_content(server, uid)))]
            end = max(read, default=begin - 1)
            return Looked(present, end, len(read) == len(uids), bounces)
    except imaplib.IMAP4.abort as error:
        raise MailboxAway(f"mailbox: {type(error).__name__}") from error
    except imaplib.IMAP4.error as error:
        raise MailboxAway(f"mailbox_sign_in: {type(error).__name__}") from error
    except OSError as error:
        raise MailboxAway(f"mailbox: {type(error).__name__}") from error


@contextlib.contextmanager
def _opened(url: str) -> Iterator[imaplib.IMAP4]:
    parts = urlsplit(url)
    host, folder = parts.hostname or "", unquote(parts.path.strip("/")) or "INBOX"
    server: imaplib.IMAP4
    if parts.scheme == "imaps":
        context = ssl.create_default_context()
        server = imaplib.IMAP4_SSL(
            host, parts.port or 993, ssl_context=context, timeout=TIMEOUT_SECONDS
        )
    else:
        server = imaplib.IMAP4(host, parts.port or 143, timeout=TIMEOUT_SECONDS)
    try:
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        done, _said = server.select(f'"{folder}"', readonly=True)
        if done != "OK":
            raise imaplib.IMAP4.error("the folder cannot be opened")
        yield server
    finally:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            server.logout()


def _validity(server: imaplib.IMAP4) -> int:
    _name, told = server.response("UIDVALIDITY")
    return (_numbers(told) or [0])[0]


def _reports(server: imaplib.IMAP4, begin: int) -> list[int]:
    since = imaplib.Time2Internaldate(utc_now() - dt.timedelta(DAYS))[1:12].strip()
    _done, told = server.uid(
        "SEARCH", f"UID {begin}:* SINCE {since} HEADER Content-Type delivery-status"
    )
    # "5:*" holds the last one, too, where all are below 5.
    return sorted(uid for uid in _numbers(told) if uid >= begin)


def _numbers(told: list[Any]) -> list[int]:
    """Those of IMAP have 32 bits."""
    said = (told[0] or b"").decode("ascii", "replace").split() if told else []
    numbers = (whole_number(each, 0, MOST_NUMBER) for each in said)
    return [number for number in numbers if number is not None]


def _content(server: imaplib.IMAP4, uid: int) -> bytes:
    _done, told = server.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
    return next((part[1] for part in told if isinstance(part, tuple)), b"")
