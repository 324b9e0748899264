"""What came back: reports of delivery (RFC 3464) that name an e-mail of the shop."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from typing import Any, NamedTuple

from webapp.messages.words import BOUNCED, BOUNCED_ADDRESS, BOUNCED_FULL
from webapp.platform.whole import whole_number

# As `composition.name_of` writes it, which begins with the row.
_OURS = re.compile(r"<(message-([0-9]{1,18})\.[0-9.]{1,30})@", re.ASCII)
_STATUS = re.compile(r"[45]\.[0-9]{1,3}\.[0-9]{1,3}", re.ASCII)
# Enhanced status codes (RFC 3463) by their last two numbers.
_REASONS = {
    **dict.fromkeys(("1.1", "1.2", "1.3", "1.6", "1.10", "2.1"), BOUNCED_ADDRESS),
    "2.2": BOUNCED_FULL,
}


class Bounce(NamedTuple):
    """An e-mail that did not arrive: its row, its name, which a later try has not, and why: a word
    of `words.REASONS`, a colon and the status."""

    message_id: int
    name: str
    reason: str


def read_bounce(content: bytes) -> Bounce | None:
    """None where it is no report, is about another's e-mail, or says that it is only late. The end
    of a long one may be missing."""
    report = message_from_bytes(content, policy=policy.default)
    ours = next(filter(None, map(_OURS.search, _message_ids(report))), None)
    failed = next((told for told in _told(report) if _has_failed(told)), None)
    message_id = whole_number(ours[2]) if ours else None
    if ours is None or message_id is None or failed is None:
        return None
    status = _STATUS.search(str(failed.get("Status", "")))
    code = status[0] if status else ""
    reason = _REASONS.get(code.partition(".")[2], BOUNCED)
    return Bounce(message_id, ours[1], f"{reason}: {code}".strip())


def _told(report: Message) -> Iterator[Message]:
    """What the report says of each recipient."""
    for part in report.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks: Any = part.get_payload()
            yield from blocks if isinstance(blocks, list) else ()


def _has_failed(told: Message) -> bool:
    return str(told.get("Action", "")).lower() == "failed"


def _message_ids(report: EmailMessage) -> Iterator[str]:
    """Those of the e-mail that came back, whole or as its headers alone."""
    for part in report.walk():
        if part.get_content_type() == "text/rfc822-headers":
            yield part.get_content()
        elif part is not report and "Message-ID" in part:
            yield str(part["Message-ID"])
