"""The NF-e that came in by imports or from the authority, and their events."""

import datetime as dt
import enum
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_babel.speaklater import LazyString
from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from webapp.catalog.models import Product
from webapp.fiscal.foreign import Protocol, Signed
from webapp.platform.clock import utc_now
from webapp.platform.columns import ActorText, EnumText, Hundredths, Timestamps, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.owed import Owed
from webapp.platform.states import require_transition

# What the authority wants between two looks where there is nothing more (137).
REST = dt.timedelta(hours=1)


class NoteStatus(enum.StrEnum):
    # Issued against the shop, and nobody has said what for.
    UNKNOWN = "unknown"
    KNOWN = "known"
    STOCKED = "stocked"
    DISOWNED = "disowned"
    CANCELLED = "cancelled"

    @property
    def label(self) -> LazyString:
        return NOTE_LABELS[self][0]

    @property
    def tone(self) -> str:
        return NOTE_LABELS[self][1]


NOTE_LABELS = {
    NoteStatus.UNKNOWN: (_l("Unknown to us"), "bad"),
    NoteStatus.KNOWN: (_l("Known"), "info"),
    NoteStatus.STOCKED: (_l("In stock"), "good"),
    NoteStatus.DISOWNED: (_l("Disowned"), "warn"),
    NoteStatus.CANCELLED: (lazy_pgettext("NF-e", "Cancelled"), ""),
}
NOTE_TRANSITIONS: dict[NoteStatus, set[NoteStatus]] = {
    NoteStatus.UNKNOWN: {NoteStatus.KNOWN, NoteStatus.DISOWNED, NoteStatus.CANCELLED},
    NoteStatus.KNOWN: {NoteStatus.STOCKED, NoteStatus.DISOWNED, NoteStatus.CANCELLED},
    NoteStatus.STOCKED: {NoteStatus.CANCELLED},
    NoteStatus.DISOWNED: {NoteStatus.KNOWN, NoteStatus.CANCELLED},
    NoteStatus.CANCELLED: set(),
}


class IncomingNote(Timestamps, Model):
    """An NF-e that came from outside: issued against the shop or, where `is_own`, a past one of its
    own. Without `content` only its summary is known."""

    __tablename__ = "incoming_notes"
    __table_args__ = (
        # The list in its order, as a whole and in each state.
        Index("ix_incoming_notes_is_own_issued_at_id", "is_own", "issued_at", "id"),
        Index("ix_incoming_notes_view", "is_own", "status", "issued_at", "id"),
    )
    live = "incoming"
    audited = ("status",)

    id: Mapped[int] = mapped_column(primary_key=True)
    access_key: Mapped[str] = mapped_column(String(44), unique=True)
    status: Mapped[NoteStatus] = mapped_column(EnumText(NoteStatus))
    is_own: Mapped[bool] = mapped_column(default=False)
    series: Mapped[int] = mapped_column(default=0)
    number: Mapped[int] = mapped_column(default=0)
    issuer_document: Mapped[str] = mapped_column(String(20))
    issuer_name: Mapped[str] = mapped_column(String(60))
    recipient_document: Mapped[str] = mapped_column(String(20))
    recipient_name: Mapped[str] = mapped_column(String(60))
    issued_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    total: Mapped[Decimal] = mapped_column(Hundredths)
    # Of the authorisation; empty where the file has none.
    protocol: Mapped[str] = mapped_column(String(17), default="")
    # As `fiscal.foreign.Verdicts` writes them.
    verdicts: Mapped[dict] = mapped_column(JSON, default=dict)
    # The file as it came, byte by byte.
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    has_content: Mapped[bool] = mapped_column(default=False)
    # The file is here as the authority has it: its signature and its protocol fit.
    is_whole: Mapped[bool] = mapped_column(default=False)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"))
    search_text: Mapped[str] = mapped_column(Text, default="")
    stocked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    @property
    def audit_name(self) -> str:
        return self.access_key

    @property
    def signature(self) -> Signed:
        return Signed(self.verdicts.get("signature", Signed.NONE))

    @property
    def digest(self) -> Protocol:
        return Protocol(self.verdicts.get("protocol", Protocol.NONE))

    def know(self) -> None:
        """A person, or an import, says what it is for. Said twice, nothing changes."""
        if self.status in (NoteStatus.UNKNOWN, NoteStatus.DISOWNED):
            self._enter(NoteStatus.KNOWN)

    def disown(self) -> None:
        if self.status is not NoteStatus.DISOWNED:
            self._enter(NoteStatus.DISOWNED)

    def put_in_stock(self, now: dt.datetime) -> None:
        """Its goods are in stock, once and for all. Who puts them there knows it."""
        self.know()
        self._enter(NoteStatus.STOCKED)
        self.stocked_at = now

    def cancel(self) -> None:
        """Its issuer has cancelled it."""
        if self.status is not NoteStatus.CANCELLED:
            self._enter(NoteStatus.CANCELLED)

    def _enter(self, status: NoteStatus) -> None:
        require_transition(NOTE_TRANSITIONS, self.status, status)
        self.status = status


class IncomingEvent(Model):
    """What was registered with a note after its authorisation, by its issuer or by others; it may
    be here before the note is."""

    __tablename__ = "incoming_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Names it everywhere: kind, access key and sequence.
    event_id: Mapped[str] = mapped_column(String(54), unique=True)
    access_key: Mapped[str] = mapped_column(String(44), index=True)
    kind: Mapped[str] = mapped_column(String(6))
    sequence: Mapped[int]
    author: Mapped[str] = mapped_column(String(20))
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    text: Mapped[str] = mapped_column(String(1000), default="")
    protocol: Mapped[str] = mapped_column(String(17), default="")
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)


class Stance(enum.StrEnum):
    """What the buyer tells the authority of a note (manifestação do destinatário)."""

    AWARENESS = "awareness"
    CONFIRMATION = "confirmation"
    DISOWNING = "disowning"
    NOT_CARRIED_OUT = "not_carried_out"

    @property
    def code(self) -> str:
        """The authority's own name for it (tpEvento)."""
        return _OFFICIAL[self][0]

    @property
    def description(self) -> str:
        return _OFFICIAL[self][1]

    @property
    def label(self) -> LazyString:
        return STANCE_LABELS[self]


_OFFICIAL = {
    Stance.AWARENESS: ("210210", "Ciencia da Operacao"),
    Stance.CONFIRMATION: ("210200", "Confirmacao da Operacao"),
    Stance.DISOWNING: ("210220", "Desconhecimento da Operacao"),
    Stance.NOT_CARRIED_OUT: ("210240", "Operacao nao Realizada"),
}
STANCE_LABELS = {
    Stance.AWARENESS: _l("Seen"),
    Stance.CONFIRMATION: _l("Confirmed"),
    Stance.DISOWNING: _l("Disowned"),
    Stance.NOT_CARRIED_OUT: _l("Not carried out"),
}


class ManifestationStatus(enum.StrEnum):
    PENDING = "pending"
    REGISTERED = "registered"
    REFUSED = "refused"

    @property
    def label(self) -> LazyString:
        return MANIFESTATION_LABELS[self][0]

    @property
    def tone(self) -> str:
        return MANIFESTATION_LABELS[self][1]


MANIFESTATION_LABELS = {
    ManifestationStatus.PENDING: (_l("Being sent"), "info"),
    ManifestationStatus.REGISTERED: (_l("Registered"), "good"),
    ManifestationStatus.REFUSED: (lazy_pgettext("a manifestation", "Refused"), "bad"),
}
MANIFESTATION_TRANSITIONS: dict[ManifestationStatus, set[ManifestationStatus]] = {
    ManifestationStatus.PENDING: {ManifestationStatus.REGISTERED, ManifestationStatus.REFUSED},
    ManifestationStatus.REGISTERED: set(),
    ManifestationStatus.REFUSED: set(),
}


class Manifestation(Owed, Timestamps, Model):
    """What the shop tells the authority of a note issued against it. Signed at its first turn, and
    sent with the same bytes until there is an answer."""

    __tablename__ = "manifestations"
    __table_args__ = (
        UniqueConstraint("note_id", "stance", "sequence"),
        Index("ix_manifestations_status_due_at", "status", "due_at"),
    )
    audited = ("stance", "reason", "status", "protocol")

    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("incoming_notes.id"))
    note: Mapped[IncomingNote] = relationship()
    stance: Mapped[Stance] = mapped_column(EnumText(Stance))
    # The first or the second of its kind.
    sequence: Mapped[int]
    reason: Mapped[str] = mapped_column(String(255), default="")
    status: Mapped[ManifestationStatus] = mapped_column(EnumText(ManifestationStatus))
    asked_by: Mapped[str] = mapped_column(ActorText)
    signed_xml: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    # The procEventoNFe; none where it was registered from elsewhere.
    proc_xml: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    protocol: Mapped[str] = mapped_column(String(17), default="")
    # What the authority answered.
    code: Mapped[str] = mapped_column(String(4), default="")
    answer: Mapped[str] = mapped_column(String(300), default="")
    registered_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    @property
    def audit_name(self) -> str:
        return self.note.access_key

    def begin(self, now: dt.datetime) -> None:
        self.status = ManifestationStatus.PENDING
        self.owe(now)

    def register(
        self, code: str, answer: str, protocol: str, at: dt.datetime, proc_xml: bytes | None
    ) -> None:
        self._answered(ManifestationStatus.REGISTERED, code, answer)
        self.protocol, self.registered_at, self.proc_xml = protocol, at, proc_xml
        if self.stance is Stance.CONFIRMATION:
            self.note.know()
        if self.stance is Stance.DISOWNING:
            self.note.disown()

    def refuse(self, code: str, answer: str) -> None:
        self._answered(ManifestationStatus.REFUSED, code, answer)

    def _answered(self, status: ManifestationStatus, code: str, answer: str) -> None:
        require_transition(MANIFESTATION_TRANSITIONS, self.status, status)
        self.status, self.code, self.answer = status, code, answer[:300]
        self.clear_work()


class InboxStatus(enum.StrEnum):
    OPEN = "open"
    CLOSED = "closed"

    @property
    def label(self) -> LazyString:
        return INBOX_LABELS[self]


INBOX_LABELS = {InboxStatus.OPEN: _l("On"), InboxStatus.CLOSED: _l("Off")}
INBOX_TRANSITIONS: dict[InboxStatus, set[InboxStatus]] = {
    InboxStatus.OPEN: {InboxStatus.CLOSED},
    InboxStatus.CLOSED: {InboxStatus.OPEN},
}


class Inbox(Owed, Model):
    """How far the documents issued against a CNPJ were fetched; while it is open it owes the next
    look. `code` and `answer` are those of the last one."""

    __tablename__ = "inboxes"
    live = "inbox"
    audited = ("status",)

    id: Mapped[int] = mapped_column(primary_key=True)
    cnpj: Mapped[str] = mapped_column(String(14), unique=True)
    status: Mapped[InboxStatus] = mapped_column(EnumText(InboxStatus))
    last_nsu: Mapped[int] = mapped_column(BigInteger, default=0)
    highest_nsu: Mapped[int] = mapped_column(BigInteger, default=0)
    asked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    code: Mapped[str] = mapped_column(String(4), default="")
    answer: Mapped[str] = mapped_column(String(300), default="")
    # Documents that could not be read.
    unread: Mapped[int] = mapped_column(default=0)

    @property
    def audit_name(self) -> str:
        return self.cnpj

    def open(self, now: dt.datetime) -> None:
        """Not before the authority may be asked again."""
        if self.status is not InboxStatus.OPEN:
            self.status = InboxStatus.OPEN
            self.owe(max(now, self.asked_at + REST) if self.asked_at else now)

    def close(self) -> None:
        self.status = InboxStatus.CLOSED
        self.clear_work()

    def heard(self, code: str, answer: str, now: dt.datetime) -> None:
        self.code, self.answer, self.asked_at = code, answer[:300], now

    def read_to(self, last_nsu: int, highest_nsu: int, now: dt.datetime) -> None:
        """Where more is there it is fetched at once; else the authority wants an hour's rest."""
        self.last_nsu, self.highest_nsu = max(self.last_nsu, last_nsu), highest_nsu
        self.owe(now if self.last_nsu < self.highest_nsu else now + REST)


class StockEntryLine(Model):
    """What an item of a note became in stock: how many units of which product, at what cost each.
    Without a product it went into none. The next note of the supplier is proposed by it."""

    __tablename__ = "stock_entry_lines"
    __table_args__ = (
        UniqueConstraint("note_id", "item"),
        Index("ix_stock_entry_lines_supplier_code_id", "supplier", "code", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("incoming_notes.id"))
    item: Mapped[int]
    # The supplier's document, and what it calls the goods.
    supplier: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(60))
    product_id: Mapped[int | None] = mapped_column(
        ForeignKey("products.id", ondelete="SET NULL"), index=True
    )
    product: Mapped[Product | None] = relationship()
    # Of ours in one of the supplier's.
    units: Mapped[int] = mapped_column(default=1)
    quantity: Mapped[int] = mapped_column(default=0)
    unit_cost: Mapped[Decimal | None] = mapped_column(Hundredths)
