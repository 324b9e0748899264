"""E-mails by SMTP: sent once, never with a header of somebody else's making, owed until the server
takes them."""

import datetime as dt
from dataclasses import replace

import pytest

from tests.factories import CUSTOMER, make_product, open_shop, work_off
from tests.support.processed_sales import sold
from webapp.messages import delivery
from webapp.messages.delivery import deliver
from webapp.messages.models import Message, MessageStatus
from webapp.messages.words import reason_in_words
from webapp.platform.clock import utc_now
from webapp.processing.pipeline import steps_of
from webapp.sales.models import Status
from webapp.store.queries import the_shop

MAIL = next(step for step in steps_of("mail") if step.model is Message)


@pytest.fixture
def settings(mail_settings):
    return mail_settings


def streaming_sale(**changes):
    return sold(
        make_product(
            kind="streaming", name="Neve nos Andes", video_url="https://videos.example/andes"
        ).sku,
        **changes,
    )


def message(db) -> Message:
    db.session.rollback()
    return db.session.scalars(db.select(Message)).one()


def make_due(db) -> None:
    """As if the time until the next try had passed."""
    db.session.execute(
        db.update(Message)
        .where(Message.due_at.is_not(None))
        .values(due_at=utc_now() - dt.timedelta(seconds=1))
    )
    db.session.commit()


def test_a_message_goes_out_with_text_and_html_in_the_customers_name(db, inbox):
    open_shop()
    streaming_sale()
    [letter] = inbox.letters
    assert message(db).status is MessageStatus.SENT
    assert letter.envelope[1] == ("jose@example.com",) and letter["To"] == "jose@example.com"
    assert "Pico Nevado" in letter["From"] and letter["Message-ID"].startswith(
        f"<message-{message(db).id}."
    )
    plain, html = (letter.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "https://videos.example/andes" in plain and 'href="https://videos.example/andes"' in html


def test_two_runs_send_it_once(db, inbox):
    open_shop()
    streaming_sale()
    MAIL.run()
    MAIL.run()
    assert len(inbox.letters) == 1


def test_a_claim_that_another_worker_holds_is_not_sent_again(db, inbox):
    open_shop()
    row = _pending(db)
    row.due_at, row.lease = utc_now() + dt.timedelta(seconds=60), "another worker"
    db.session.commit()
    assert MAIL.run() == 0 and inbox.letters == []


def _pending(db) -> Message:
    """A message of a finished sale that is owed once more."""
    sale = streaming_sale(customer=CUSTOMER | {"email": ""})
    row = Message(
        sale_id=sale.id,
        template="streaming_links",
        recipient="jose@example.com",
        locale="en",
        params={
            "items": [{"name": "Neve nos Andes", "url": "https://videos.example/andes", "plan": ""}]
        },
    )
    db.session.add(row)
    row.owe(utc_now())
    db.session.commit()
    return row


def test_a_server_that_is_down_is_tried_again_until_it_answers(db, app, inbox):
    open_shop()
    app.extensions["settings"] = replace(app.extensions["settings"], smtp_url="smtp://127.0.0.1:1")
    sale = streaming_sale()
    owed = message(db)
    assert (owed.status, owed.tries) == (MessageStatus.PENDING, 1) and owed.due_at > utc_now()
    assert owed.error == "away: ConnectionRefusedError"
    assert sale.status is Status.COMPLETED  # an e-mail never holds up a sale
    app.extensions["settings"] = replace(app.extensions["settings"], smtp_url=inbox.url)
    make_due(db)
    work_off()
    assert (
        message(db).status is MessageStatus.SENT
        and message(db).error == ""
        and len(inbox.letters) == 1
    )


def test_a_server_that_stays_away_is_never_given_up(db, app, inbox):
    open_shop()
    app.extensions["settings"] = replace(app.extensions["settings"], smtp_url="smtp://127.0.0.1:1")
    streaming_sale()
    for _attempt in range(12):
        make_due(db)
        work_off()
    assert message(db).status is MessageStatus.PENDING and message(
        db
    ).due_at < utc_now() + dt.timedelta(seconds=90)


def test_after_the_last_try_it_is_told_as_not_sent_and_a_person_may_send_it_again(db, inbox):
    open_shop()
    inbox.refuse["jose"] = "550 no such mailbox"
    streaming_sale()
    for _attempt in range(8):
        make_due(db)
        work_off()
    failed = message(db)
    assert (failed.status, failed.error) == (
        MessageStatus.FAILED,
        "recipient: SMTPRecipientsRefused",
    )
    inbox.refuse.clear()
    failed.send_again(utc_now())
    db.session.commit()
    work_off()
    assert message(db).status is MessageStatus.SENT and len(inbox.letters) == 1


def test_one_refused_recipient_holds_up_no_other(db, inbox):
    open_shop()
    inbox.refuse["jose"] = "550 no such mailbox"
    first = _pending(db)
    second = Message(
        sale_id=first.sale_id,
        template="membership_activated",
        recipient="ana@example.com",
        locale="en",
        params={"items": [{"name": "Club", "plan": "gold"}]},
    )
    db.session.add(second)
    second.owe(utc_now())
    db.session.commit()
    first_id, second_id = first.id, second.id
    outcome = deliver(inbox.url, [first, second])
    assert outcome == {first_id: "recipient: SMTPRecipientsRefused", second_id: None}
    assert [letter["To"] for letter in inbox.letters] == ["ana@example.com"]


def test_a_message_that_cannot_be_written_holds_up_no_other(db, inbox):
    open_shop()
    good = _pending(db)
    bad = Message(
        sale_id=good.sale_id,
        template="of_a_rule_without_template",
        recipient="x@example.com",
        locale="en",
    )
    db.session.add(bad)
    db.session.commit()
    ids = good.id, bad.id
    assert deliver(inbox.url, [bad, good]) == {ids[0]: None, ids[1]: "unwritten: TemplateNotFound"}
    assert len(inbox.letters) == 1


@pytest.mark.parametrize(
    "recipient",
    [
        "jose@example.com\r\nBcc: all@example.com",
        "jose@example.com\nX-Evil: 1",
        "@example.com",
        "jose",
        "",
    ],
)
def test_a_broken_address_sends_nothing(db, inbox, recipient):
    open_shop()
    row = _pending(db)
    row.recipient, row_id = recipient, row.id
    db.session.commit()
    assert deliver(inbox.url, [row])[row_id].startswith("address: ")
    assert inbox.letters == []


def test_an_address_with_a_comma_is_one_recipient(db, inbox):
    open_shop()
    row = _pending(db)
    row.recipient = "jose@example.com, all@example.com"
    db.session.commit()
    deliver(inbox.url, [row])
    assert [letter.envelope[1] for letter in inbox.letters] == [
        ('"jose@example.com, all"@example.com',)
    ]


@pytest.mark.parametrize(
    "name", ["Eve\r\nBcc: all@example.com", "Eve\nSubject: other", "Ev\u0085e\u2028X-Evil: 1"]
)
def test_a_name_breaks_no_header(db, inbox, name):
    open_shop()
    row = _pending(db)
    row.sale.customer_name = row.sale.reference = name
    row.template, row.params = (
        "invoice_authorized",
        {"number": 1, "series": 1, "access_key": "1" * 44},
    )
    the_shop().trade_name = name
    db.session.commit()
    assert list(deliver(inbox.url, [row]).values()) == [None]
    [letter] = inbox.letters
    assert (
        letter["Bcc"] is None
        and letter["X-Evil"] is None
        and letter.get_all("Subject") == [letter["Subject"]]
    )
    assert letter.envelope[1] == ("jose@example.com",) and letter["Subject"].startswith(
        "The NF-e of your order"
    )


def test_accents_and_emoji_arrive_as_they_are(db, inbox):
    open_shop()
    row = _pending(db)
    row.sale.customer_name = "Zoë 🏔️ D'Ávila"
    db.session.commit()
    deliver(inbox.url, [row])
    assert "Zoë 🏔️ D'Ávila" in inbox.letters[0].get_body(("plain",)).get_content()


def test_no_transaction_is_open_while_the_server_is_talked_to(db, inbox, monkeypatch):
    open_shop()
    row = _pending(db)
    seen, connect = [], delivery._connect
    monkeypatch.setattr(
        delivery, "_connect", lambda url: seen.append(db.session().in_transaction()) or connect(url)
    )
    deliver(inbox.url, [row])
    assert seen == [False] and len(inbox.letters) == 1


def test_a_slow_server_does_not_outlast_the_lease(db, inbox, monkeypatch):
    open_shop()
    monkeypatch.setattr(delivery, "BATCH_SECONDS", 0.2)
    inbox.pause = 0.3
    first = _pending(db)
    second = Message(
        sale_id=first.sale_id,
        template="membership_activated",
        recipient="ana@example.com",
        locale="en",
        params={"items": [{"name": "Club", "plan": "gold"}]},
    )
    db.session.add(second)
    db.session.commit()
    second_id = second.id
    assert deliver(inbox.url, [first, second])[second_id] == "late: out of time"
    assert delivery.BATCH_SECONDS + 4 * delivery.TIMEOUT_SECONDS <= MAIL.lease_seconds


def test_the_reason_is_told_in_words(app):
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert (
            reason_in_words("recipient: SMTPRecipientsRefused")
            == "The mail server does not take this address."
        )
        assert reason_in_words("away: TimeoutError") == "The mail server does not answer."
        assert "processing page" in reason_in_words("StaleDataError: x")
        assert reason_in_words("") == ""


class TestWithoutAServer:
    @pytest.fixture
    def settings(self, base_settings, database_url):
        return replace(base_settings, database_url=database_url, smtp_url=None)

    def test_messages_are_kept(self, db):
        open_shop()
        streaming_sale()
        kept = message(db)
        assert kept.status is MessageStatus.KEPT and kept.due_at is None
