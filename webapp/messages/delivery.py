"""SMTP: one connection for a batch, each message with a Message-ID of its own row."""

import smtplib
import socket
import ssl
from urllib.parse import unquote, urlsplit

from webapp.messages.composition import email_of
from webapp.messages.models import Message

TIMEOUT_SECONDS = 10


def deliver(url: str, messages: list[Message]) -> dict[int, str | None]:
    """What became of each message: None when the server took it, else why not."""
    outcome: dict[int, str | None] = {}
    try:
        with _connect(url) as server:
            for message in messages:
                outcome[message.id] = _send(server, message)
    except (smtplib.SMTPException, OSError) as error:
        for message in messages:
            outcome.setdefault(message.id, f"{type(error).__name__}: the mail server does not answer")
    return outcome


def _connect(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    port = parts.port or {"smtps": 465, "smtp+starttls": 587}.get(parts.scheme, 25)
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(parts.hostname, port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(parts.hostname, port, timeout=TIMEOUT_SECONDS, local_hostname=socket.gethostname())
    if parts.scheme == "smtp+starttls":
        server.starttls(context=ssl.create_default_context())
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server


def _send(server: smtplib.SMTP, message: Message) -> str | None:
    try:
        server.send_message(email_of(message))
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPException as error:
        return f"{type(error).__name__}: refused by the mail server"
    return None
