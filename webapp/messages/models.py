"""E-mails the shop owes its customers. Written with the decision, sent after it, never in a sale's
way."""

import datetime as dt
import enum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.platform.clock import utc_now
from webapp.platform.columns import EnumText, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.errors import Refusal
from webapp.platform.owed import Owed, due_index
from webapp.platform.states import require_transition
from webapp.rules.models import Effect, EffectStatus
from webapp.sales.models import Sale
from webapp.staff.models import User


class MessageStatus(enum.StrEnum):
    HELD = "held"
    PENDING = "pending"
    SENT = "sent"
    KEPT = "kept"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def label(self) -> LazyString:
        return MESSAGE_LABELS[self][0]

    @property
    def tone(self) -> str:
        return MESSAGE_LABELS[self][1]


MESSAGE_LABELS = {
    MessageStatus.HELD: (_l("Held with the order"), "warn"),
    MessageStatus.PENDING: (_l("To be sent"), "info"),
    MessageStatus.SENT: (_l("Sent"), "good"),
    MessageStatus.KEPT: (_l("In the outbox"), ""),
    MessageStatus.FAILED: (_l("Could not be sent"), "bad"),
    MessageStatus.CANCELLED: (_l("Not sent (cancelled)"), ""),
}

MESSAGE_TRANSITIONS: dict[MessageStatus, set[MessageStatus]] = {
    MessageStatus.HELD: {MessageStatus.PENDING, MessageStatus.CANCELLED},
    MessageStatus.PENDING: {
        MessageStatus.SENT,
        MessageStatus.KEPT,
        MessageStatus.FAILED,
        MessageStatus.CANCELLED,
    },
    MessageStatus.KEPT: {MessageStatus.PENDING},
    MessageStatus.FAILED: {MessageStatus.PENDING, MessageStatus.CANCELLED},
    # FAILED: it came back.
    MessageStatus.SENT: {MessageStatus.PENDING, MessageStatus.FAILED},
    MessageStatus.CANCELLED: set(),
}


# How the effect stands that a message carries out.
EFFECT_STATES = {
    MessageStatus.HELD: EffectStatus.PENDING,
    MessageStatus.PENDING: EffectStatus.PENDING,
    MessageStatus.SENT: EffectStatus.DONE,
    MessageStatus.KEPT: EffectStatus.DONE,
    MessageStatus.FAILED: EffectStatus.FAILED,
    MessageStatus.CANCELLED: EffectStatus.CANCELLED,
}


# Written out: SQLite takes an index of a part only for a condition without parameters.
FAILED_MESSAGES = text("status = 'failed'")


class Message(Owed, Model):
    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_sale_id_template", "sale_id", "template"),
        # However many rules write one; of what no rule writes there may be several.
        Index(
            "ix_messages_of_effects",
            "sale_id",
            "template",
            unique=True,
            sqlite_where=text("effect_id IS NOT NULL"),
            postgresql_where=text("effect_id IS NOT NULL"),
        ),
        Index("ix_messages_status_id", "status", "id"),
        Index(
            "ix_messages_failed",
            "status",
            "created_at",
            "id",
            sqlite_where=FAILED_MESSAGES,
            postgresql_where=FAILED_MESSAGES,
        ),
        due_index("messages"),
    )
    live = "message"

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"))
    template: Mapped[str] = mapped_column(String(60))
    recipient: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(8))
    params: Mapped[dict] = mapped_column(JSON, default=dict)
    status: Mapped[MessageStatus] = mapped_column(
        EnumText(MessageStatus), default=MessageStatus.PENDING
    )
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    sent_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    # How often a person has sent it again after it had gone out.
    resent: Mapped[int] = mapped_column(default=0)
    # The rule's effect that it carries out; empty for what is no rule's doing (the NF-e's own
    # e-mail).
    effect_id: Mapped[int | None] = mapped_column(ForeignKey("effects.id"), unique=True)
    effect: Mapped[Effect | None] = relationship()
    sale: Mapped[Sale] = relationship()

    @property
    def is_forgotten(self) -> bool:
        """Whom it was for was anonymised: it is not shown any more."""
        return self.sale.is_anonymised

    def release(self, now: dt.datetime) -> None:
        """The sale was released: what was held may go out."""
        if self.status is MessageStatus.HELD:
            self._enter(MessageStatus.PENDING)
            self.owe(now)

    def sent(self, now: dt.datetime) -> None:
        self.sent_at = now
        self._rest(MessageStatus.SENT)

    def keep(self, now: dt.datetime) -> None:
        """No mail server is set: kept, to be read on the outbox page."""
        self.sent_at = now
        self._rest(MessageStatus.KEPT)

    def fail(self, error: str) -> None:
        self._rest(MessageStatus.FAILED, error)

    def come_back(self, error: str) -> None:
        """It had gone out and did not arrive. Told twice, or of one that is not out, it changes
        nothing."""
        if self.status is MessageStatus.SENT:
            self.fail(error)

    def cancel(self) -> None:
        """Its order was cancelled; what went out already has gone out."""
        if self.status in (MessageStatus.HELD, MessageStatus.PENDING, MessageStatus.FAILED):
            self._rest(MessageStatus.CANCELLED)

    @property
    def can_be_sent_again(self) -> bool:
        return self.status in (MessageStatus.KEPT, MessageStatus.FAILED)

    def readdress(self, recipient: str, now: dt.datetime) -> None:
        """A person mends the address to which it goes, and it is tried once more. Said twice, it
        goes there once."""
        if recipient == self.recipient and not self.can_be_sent_again:
            return
        self.recipient = recipient
        if self.status is MessageStatus.PENDING:
            self.owe(now)
        else:
            self.resend(self.resent, now)

    def resend(self, resent: int, now: dt.datetime) -> None:
        """What went out goes out once more. `resent` is how often the person saw that it had been
        sent again: said twice, it goes out once."""
        if self.status is not MessageStatus.SENT:
            self.send_again(now)
        elif self.resent == resent:
            self.resent += 1
            self._owe_again(now)

    def send_again(self, now: dt.datetime) -> None:
        """A person asks for another try: of what failed, or of what was kept before there was a
        mail server."""
        if self.status is MessageStatus.PENDING:
            return
        if not self.can_be_sent_again:
            raise Refusal(
                _("An e-mail in the state “%(state)s” is not sent again.", state=self.status.label)
            )
        self._owe_again(now)

    def _owe_again(self, now: dt.datetime) -> None:
        self._enter(MessageStatus.PENDING)
        self.sent_at = None
        self.owe(now)
        self.tell_effect()

    def _rest(self, status: MessageStatus, error: str = "") -> None:
        self._enter(status)
        self.clear_work()
        self.error = error[:300]
        self.tell_effect()

    def tell_effect(self) -> None:
        """The effect that it carries out stands as the message does."""
        if self.effect:
            self.effect.finish(EFFECT_STATES[self.status], self.error or "")

    def _enter(self, status: MessageStatus) -> None:
        require_transition(MESSAGE_TRANSITIONS, self.status, status)
        self.status = status


class MailboxStatus(enum.StrEnum):
    OPEN = "open"


class Mailbox(Owed, Model):
    """How far the mailbox was read to which e-mails come back: one row, where one is set."""

    __tablename__ = "mailboxes"

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[MailboxStatus] = mapped_column(
        EnumText(MailboxStatus), default=MailboxStatus.OPEN
    )
    # Of IMAP: what the numbers of its e-mails belong to, and the last that was read.
    validity: Mapped[int] = mapped_column(BigInteger, default=0)
    last_uid: Mapped[int] = mapped_column(BigInteger, default=0)

    def read_to(self, validity: int, last_uid: int, at: dt.datetime) -> None:
        """So far; it is looked into again at `at`."""
        self.validity, self.last_uid = validity, last_uid
        self.owe(at)


class LetterStatus(enum.StrEnum):
    PENDING = "pending"
    SENT = "sent"
    KEPT = "kept"
    FAILED = "failed"


LETTER_TRANSITIONS: dict[LetterStatus, set[LetterStatus]] = {
    LetterStatus.PENDING: {LetterStatus.SENT, LetterStatus.KEPT, LetterStatus.FAILED},
    LetterStatus.SENT: set(),
    LetterStatus.KEPT: set(),
    LetterStatus.FAILED: set(),
}


class Letter(Owed):
    """An e-mail to one of the shop's own people."""

    status: Mapped[LetterStatus] = mapped_column(EnumText(LetterStatus))
    asked_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    def sent(self, now: dt.datetime) -> None:
        self.sent_at = now
        self._rest(LetterStatus.SENT)

    def keep(self) -> None:
        """There is no mail server."""
        self._rest(LetterStatus.KEPT)

    def fail(self, error: str) -> None:
        self._rest(LetterStatus.FAILED, error)

    def _rest(self, status: LetterStatus, error: str = "") -> None:
        require_transition(LETTER_TRANSITIONS, self.status, status)
        self.status = status
        self.clear_work()
        self.error = error[:300]


class StaffLetter(Letter, Model):
    """Something told to one person, in their own words: a `text` and the page that it is about.
    `key` names what is told: once to each, however often it is said."""

    __tablename__ = "staff_letters"
    __table_args__ = (UniqueConstraint("user_id", "key"), due_index("staff_letters"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(String(1000))
    page: Mapped[str] = mapped_column(String(200))
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def owed(
        cls, user: User, key: str, subject: str, text: str, page: str, now: dt.datetime
    ) -> "StaffLetter":
        letter = cls(user=user, key=key, subject=subject[:200], text=text[:1000], page=page)
        letter.status, letter.asked_at = LetterStatus.PENDING, now
        letter.owe(now)
        return letter
