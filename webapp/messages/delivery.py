"""SMTP: one connection for a batch, each message with a Message-ID of its own row."""

import logging
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from webapp.messages.composition import Attachment, BadAddress, email_of
from webapp.messages.models import Message
from webapp.platform.database import db

log = logging.getLogger(__name__)
TIMEOUT_SECONDS = 10
# A slow server must not outlast the lease of the batch: whoever claimed it next would send it
# again.
BATCH_SECONDS = 20
Row = TypeVar("Row")


# By the id of what they belong to: why it did not go out, None where it did.
Outcomes = dict[int, str | None]
AttachmentsOf = Callable[[list[Message]], Mapping[int, Sequence[Attachment]]]


def deliver(url: str, messages: list[Message], files_of: AttachmentsOf | None = None) -> Outcomes:
    """What became of each message: None when the server took it, else why not: a word of
    `messages.words.REASONS`, a colon and the failure's class, never an address. `files_of`: what
    goes along with each, by its id."""
    files = files_of(messages) if files_of else {}
    rows = {message.id: message for message in messages}
    return deliver_letters(url, rows, lambda row: email_of(row, files.get(row.id, ())))


def deliver_letters(
    url: str, rows: Mapping[int, Row], write: Callable[[Row], EmailMessage]
) -> Outcomes:
    outcome: Outcomes = {}
    letters = _letters(rows, write, outcome)
    # No transaction, which on SQLite is the write lock, is held while the server is talked to.
    db.session.rollback()
    if not letters:
        return outcome
    end = time.monotonic() + BATCH_SECONDS
    try:
        with _connect(url) as server:
            for message_id, letter in letters.items():
                outcome[message_id] = (
                    _send(server, letter) if time.monotonic() < end else "late: out of time"
                )
    except (smtplib.SMTPException, OSError) as error:
        for message_id in letters:
            outcome.setdefault(message_id, _reason(error, "away"))
    return outcome


def _letters(
    rows: Mapping[int, Row], write: Callable[[Row], EmailMessage], outcome: Outcomes
) -> dict[int, EmailMessage]:
    """The e-mails by row; what cannot be written is told in `outcome` and holds up no other."""
    letters = {}
    for row_id, row in rows.items():
        try:
            letters[row_id] = write(row)
        except BadAddress as error:
            outcome[row_id] = f"address: {error}"
        except Exception as error:
            log.exception("message %s cannot be written", row_id)
            outcome[row_id] = f"unwritten: {type(error).__name__}"
    return letters


def _connect(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    secure = parts.scheme == "smtps"
    port = parts.port or {"smtps": 465, "smtp+starttls": 587}.get(parts.scheme, 25)
    host, me = parts.hostname or "", socket.gethostname()
    server: smtplib.SMTP
    if secure:
        context = ssl.create_default_context()
        server = smtplib.SMTP_SSL(host, port, me, context=context, timeout=TIMEOUT_SECONDS)
    else:
        server = smtplib.SMTP(host, port, me, timeout=TIMEOUT_SECONDS)
    try:
        if parts.scheme == "smtp+starttls":
            server.starttls(context=ssl.create_default_context())
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except (smtplib.SMTPException, OSError):
        server.close()
        raise
    return server


def _send(server: smtplib.SMTP, letter: EmailMessage) -> str | None:
    try:
        server.send_message(letter)
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPException as error:
        return _reason(error, "refused")
    return None


KINDS = {
    smtplib.SMTPAuthenticationError: "sign_in",
    smtplib.SMTPSenderRefused: "sender",
    smtplib.SMTPRecipientsRefused: "recipient",
}


def _reason(error: Exception, otherwise: str) -> str:
    code = getattr(error, "smtp_code", "")
    return f"{KINDS.get(type(error), otherwise)}: {type(error).__name__} {code}".strip()
