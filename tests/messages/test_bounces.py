"""E-mails that went out and came back are told as not arrived, with why."""

import datetime as dt
from dataclasses import replace

import pytest

from tests.factories import make_sale, open_shop
from tests.support.imap_server import imap_server
from webapp.messages.bounces import Bounce, read_bounce
from webapp.messages.composition import email_of
from webapp.messages.mailbox import MOST_AT_ONCE
from webapp.messages.models import Mailbox, Message, MessageStatus
from webapp.messages.queries import compose
from webapp.messages.words import AUTHORIZED, reason_in_words
from webapp.platform.clock import utc_now
from webapp.processing.bounce_step import PAUSE, BounceStep
from webapp.processing.sweeping import open_mailbox

STEP = BounceStep()
REPORT = """\
From: MAILER-DAEMON@mx.example.com\r
To: shop@example.com\r
Subject: Undelivered Mail Returned to Sender\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: text/plain\r
\r
I'm sorry to have to inform you.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example.com\r
\r
Final-Recipient: rfc822; jose@example.com\r
Action: {action}\r
Status: {status}\r
Diagnostic-Code: smtp; 550 no such user\r
\r
--b\r
Content-Type: {returned}\r
\r
Message-ID: {message_id}\r
Subject: NF-e\r
\r
--b--\r
"""


def report(message_id, status="5.1.1", action="failed", returned="message/rfc822") -> bytes:
    told = {"message_id": message_id, "status": status, "action": action, "returned": returned}
    return REPORT.format(**told).encode()


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers"])
@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("5.1.1", "bounced_address: 5.1.1"),
        ("4.2.2", "bounced_full: 4.2.2"),
        ("5.7.26", "bounced: 5.7.26"),
        ("nonsense", "bounced:"),
    ],
)
def test_a_report_names_the_e_mail_and_why(status, reason, returned):
    found = read_bounce(report("<message-12.1790000000@shop.example>", status, returned=returned))
    assert found == Bounce(12, "message-12.1790000000", reason)


@pytest.mark.parametrize(
    "content",
    [
        report("<message-12.1790000000@shop.example>", action="delayed"),
        report("<message-12.1790000000@shop.example>", action="delivered"),
        report("<another@shop.example>"),
        report("<message-12@shop.example>"),
        report("<message-99999999999999999999.1@shop.example>"),
        b"Subject: hello\r\n\r\n<message-12.1790000000@shop.example>",
        b"",
        b"\xff\x00" * 40,
        report("<message-12.1790000000@shop.example>")[:400],
    ],
)
def test_what_is_no_report_of_ours_is_none(content):
    assert read_bounce(content) is None


@pytest.fixture(scope="module")
def running():
    with imap_server() as served:
        yield served


@pytest.fixture
def mailbox(running):
    port = running.port
    running.empty()
    yield running
    running.port = port


@pytest.fixture
def settings(base_settings, database_url, mailbox):
    smtp = "smtp://127.0.0.1:9"
    return replace(base_settings, database_url=database_url, smtp_url=smtp, imap_url=mailbox.url)


@pytest.fixture
def sent(app, db):
    """An e-mail that went out."""
    open_shop()
    message = compose(make_sale(), AUTHORIZED, {}, utc_now())
    db.session.flush()
    message.sent(utc_now())
    db.session.commit()
    open_mailbox()
    return message.id


def name_of(db, message_id: int) -> str:
    name = email_of(db.session.get(Message, message_id))["Message-ID"]
    db.session.rollback()
    return name


def look(db) -> Message:
    """Five minutes later."""
    db.session.rollback()
    db.session.execute(db.update(Mailbox).values(due_at=utc_now() - dt.timedelta(seconds=1)))
    db.session.commit()
    assert STEP.run() == 1
    db.session.rollback()
    return db.session.scalars(db.select(Message)).one()


@pytest.mark.both_databases
def test_one_that_came_back_is_told_and_can_be_sent_again(client, db, mailbox, sent):
    mailbox.add(b"Subject: an order\r\n\r\nhello")
    mailbox.add(report(name_of(db, sent)))
    message = look(db)
    assert (message.status, message.error) == (MessageStatus.FAILED, "bounced_address: 5.1.1")
    assert "voltou" in str(_words(client, message.error))
    read = db.session.get(Mailbox, 1)
    assert (read.validity, read.last_uid) == (7, 2) and read.due_at - utc_now() < PAUSE
    assert not any("STORE" in asked or "SELECT" in asked for asked in mailbox.asked)

    message.resend(message.resent, utc_now())
    message.sent(utc_now())
    db.session.commit()
    assert look(db).status is MessageStatus.SENT, "read once"
    mailbox.validity = 8
    assert look(db).status is MessageStatus.FAILED, "numbered anew, all is read again"


def _words(client, error: str) -> str:
    with client.application.test_request_context(headers={"Accept-Language": "pt-BR"}):
        return reason_in_words(error)


def test_a_report_of_what_was_sent_again_since_changes_nothing(db, mailbox, sent):
    first = name_of(db, sent)
    message = db.session.get(Message, sent)
    message.resend(0, utc_now())
    message.sent(utc_now())
    db.session.commit()
    mailbox.add(report(first))
    assert look(db).status is MessageStatus.SENT
    mailbox.add(report(name_of(db, sent)))
    assert look(db).status is MessageStatus.FAILED


def test_many_are_read_in_turns(db, mailbox, sent):
    for _report in range(MOST_AT_ONCE):
        mailbox.add(report("<another@example.com>"))
    mailbox.add(report(name_of(db, sent)))
    assert look(db).status is MessageStatus.SENT
    assert db.session.get(Mailbox, 1).due_at <= utc_now(), "the rest at once"
    assert look(db).status is MessageStatus.FAILED


@pytest.mark.parametrize(
    ("change", "error"),
    [({"password": "other"}, "mailbox_sign_in: error"), ({"port": 9}, "mailbox: ")],
)
def test_a_mailbox_that_cannot_be_read_is_asked_again(app, db, mailbox, sent, change, error):
    for name, value in change.items():
        setattr(mailbox, name, value)
    app.extensions["settings"] = replace(app.extensions["settings"], imap_url=mailbox.url)
    for _turn in range(12):
        look(db)
    row = db.session.get(Mailbox, 1)
    assert row.error.startswith(error) and row.due_at - utc_now() > PAUSE / 2


def test_without_one_nothing_is_looked_for(app, db, mailbox, sent):
    app.extensions["settings"] = replace(app.extensions["settings"], imap_url=None)
    look(db)
    assert db.session.get(Mailbox, 1).due_at is None and mailbox.asked == []
    open_mailbox()
    assert db.session.get(Mailbox, 1).due_at is None
