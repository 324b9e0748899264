"""A sale, its lines, and the states it goes through."""

import datetime as dt
import enum
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    event,
    insert,
    literal_column,
    select,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import instance_state

from webapp.addresses.parts import AddressColumns
from webapp.catalog.models import Kind
from webapp.customers.models import Customer, Taxpayer
from webapp.platform.clock import utc_now
from webapp.platform.columns import (
    NEVER,
    ActorText,
    AsIndexed,
    EnumText,
    Hundredths,
    Never,
    Timestamps,
    UtcDateTime,
)
from webapp.platform.database import Model
from webapp.platform.errors import Refusal
from webapp.platform.money import ZERO, cents, share_in_percent, split
from webapp.platform.owed import Owed, due_index
from webapp.platform.states import require_transition
from webapp.platform.text import searchable
from webapp.sales.shipping_times import ship_by
from webapp.store.dispatch import DispatchTerms, terms_of
from webapp.store.queries import the_shop

# What does not answer for longer is no hiccup.
PATIENCE = dt.timedelta(minutes=15)


class Status(enum.StrEnum):
    OPEN = "open"
    ADDRESS = "address"
    RULES = "rules"
    INVOICE = "invoice"
    REVIEW = "review"
    INVOICED = "invoiced"
    COMPLETED = "completed"
    ATTENTION = "attention"
    CANCELLED = "cancelled"

    @property
    def label(self) -> LazyString:
        return STATUS_LABELS[self][0]

    @property
    def tone(self) -> str:
        """Which colour its badge has: good, info, warn, bad or none."""
        return STATUS_LABELS[self][1]

    @property
    def is_moving(self) -> bool:
        return self in (Status.ADDRESS, Status.RULES, Status.INVOICE)

    @property
    def is_final(self) -> bool:
        return self in (Status.INVOICED, Status.COMPLETED, Status.CANCELLED)


STATUS_LABELS = {
    Status.OPEN: (_l("Awaiting payment"), ""),
    Status.ADDRESS: (_l("Checking address"), "info"),
    Status.RULES: (_l("Applying rules"), "info"),
    Status.INVOICE: (_l("Preparing NF-e"), "info"),
    Status.REVIEW: (_l("NF-e under review"), "warn"),
    Status.INVOICED: (_l("Invoiced"), "good"),
    Status.COMPLETED: (_l("Completed without NF-e"), "good"),
    Status.ATTENTION: (_l("Needs attention"), "warn"),
    Status.CANCELLED: (_l("Cancelled"), ""),
}
STATUS_TRANSITIONS: dict[Status, set[Status]] = {
    Status.OPEN: {Status.ADDRESS, Status.CANCELLED},
    # A corrected address is looked up again. With all its goods given back a sale owes no NF-e any
    # more, however far it is.
    Status.ADDRESS: {
        Status.ADDRESS,
        Status.RULES,
        Status.ATTENTION,
        Status.COMPLETED,
        Status.CANCELLED,
    },
    Status.RULES: {
        Status.INVOICE,
        Status.REVIEW,
        Status.COMPLETED,
        Status.ATTENTION,
        Status.CANCELLED,
    },
    Status.INVOICE: {
        Status.REVIEW,
        Status.INVOICED,
        Status.COMPLETED,
        Status.ATTENTION,
        Status.CANCELLED,
    },
    Status.REVIEW: {
        Status.ADDRESS,
        Status.INVOICE,
        Status.COMPLETED,
        Status.ATTENTION,
        Status.CANCELLED,
    },
    # What a person is waited for may change.
    Status.ATTENTION: {
        Status.ATTENTION,
        Status.ADDRESS,
        Status.RULES,
        Status.INVOICE,
        Status.INVOICED,
        Status.COMPLETED,
        Status.CANCELLED,
    },
    # Its NF-e is to be cancelled, though the order goes on.
    Status.INVOICED: {Status.ATTENTION, Status.CANCELLED},
    Status.COMPLETED: {Status.CANCELLED},
    Status.CANCELLED: set(),
}


class Shipping(enum.StrEnum):
    NONE = "none"
    TO_PACK = "to_pack"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"

    @property
    def label(self) -> LazyString:
        return SHIPPING_LABELS[self]


SHIPPING_LABELS = {
    Shipping.NONE: _l("Nothing to ship"),
    Shipping.TO_PACK: _l("To pack"),
    Shipping.PACKED: _l("To ship"),
    Shipping.SHIPPED: _l("Shipped"),
    Shipping.DELIVERED: _l("Delivered"),
}


# What is packed may be unpacked, goods may be given back, and a parcel may leave that nobody marked
# as packed.
SHIPPING_TRANSITIONS: dict[Shipping, set[Shipping]] = {
    Shipping.NONE: {Shipping.TO_PACK},
    Shipping.TO_PACK: {Shipping.TO_PACK, Shipping.PACKED, Shipping.SHIPPED, Shipping.NONE},
    Shipping.PACKED: {Shipping.TO_PACK, Shipping.SHIPPED, Shipping.NONE},
    Shipping.SHIPPED: {Shipping.DELIVERED},
    Shipping.DELIVERED: set(),
}


class PaymentMethod(enum.StrEnum):
    PIX = "pix"
    CREDIT_CARD = "credit_card"
    DEBIT_CARD = "debit_card"
    BOLETO = "boleto"
    WALLET = "wallet"
    STORE_CREDIT = "store_credit"
    OTHER = "other"

    @property
    def label(self) -> LazyString:
        return PAYMENT_LABELS[self]


PAYMENT_LABELS = {
    PaymentMethod.PIX: _l("Pix"),
    PaymentMethod.CREDIT_CARD: _l("Credit card"),
    PaymentMethod.DEBIT_CARD: _l("Debit card"),
    PaymentMethod.BOLETO: _l("Boleto"),
    PaymentMethod.WALLET: _l("Digital wallet"),
    PaymentMethod.STORE_CREDIT: _l("Store credit"),
    PaymentMethod.OTHER: _l("Other"),
}


class PixKind(enum.StrEnum):
    """A Pix whose code was made for this payment alone, or one that the shop always shows."""

    DYNAMIC = "dynamic"
    STATIC = "static"

    @property
    def label(self) -> LazyString:
        return PIX_LABELS[self]


PIX_LABELS = {PixKind.DYNAMIC: _l("Dynamic"), PixKind.STATIC: _l("Static")}


class BuyerUse(enum.StrEnum):
    """What a company buys for."""

    RESALE = "resale"
    OWN = "own"

    @property
    def label(self) -> LazyString:
        return USE_LABELS[self]


USE_LABELS = {BuyerUse.RESALE: _l("To sell again"), BuyerUse.OWN: _l("For its own use")}


class FreightBy(enum.StrEnum):
    """Who hires the carrier."""

    SHOP = "shop"
    BUYER = "buyer"
    THIRD = "third"

    @property
    def label(self) -> LazyString:
        return FREIGHT_LABELS[self]


FREIGHT_LABELS = {
    FreightBy.SHOP: _l("The shop"),
    FreightBy.BUYER: _l("The buyer"),
    FreightBy.THIRD: _l("A third party"),
}


# The reason of a sale that waits for a manager, and of one without an NF-e that a rule holds.
OVER_LIMIT, HELD = "discount_over_limit", "held"

# Written out: SQLite takes an index of a part only for a condition without parameters.
# With its goods free to leave: `fulfilment.parcels.models.MAY_LEAVE`.
TO_SHIP = text("shipping IN ('to_pack', 'packed') AND status IN ('invoiced', 'completed')")
# Beside one of these states and such an NF-e.
IS_TO_SHIP = AsIndexed(TO_SHIP.text)
BOUGHT = text("paid_at IS NOT NULL AND status <> 'cancelled'")
# So that SQLite takes no index of payments for it, nor PostgreSQL this one for another question.
UNPAID = text("status = 'open' AND NOT (paid_at IS NOT NULL)")
GOODS_UNDER_WAY = text(
    "shipping <> 'none' AND status NOT IN ('invoiced', 'completed', 'cancelled')"
)


# What must leave the shop, by when that is known.
TO_LEAVE = text(
    "ship_by IS NOT NULL AND status <> 'open' AND shipping NOT IN ('shipped', 'delivered')"
)


class Sale(AddressColumns, Owed, Timestamps, Model):
    """Its customer and product facts are copies, as they were; later edits do not rewrite it."""

    __tablename__ = "sales"
    __table_args__ = (
        Index("ix_sales_status_id", "status", "id"),
        Index("ix_sales_shipping_id", "shipping", "id"),
        due_index("sales"),
        Index(
            "ix_sales_needs_person_id",
            "needs_person",
            "id",
            sqlite_where=text("needs_person = 1"),
            postgresql_where=text("needs_person"),
        ),
        # What waits for a person, by where it stopped, the longest waiting first.
        Index(
            "ix_sales_needs_person_step",
            "step",
            "waits_since",
            "id",
            sqlite_where=text("needs_person = 1"),
            postgresql_where=text("needs_person"),
        ),
        # The dearest of them first.
        Index(
            "ix_sales_needs_person_total",
            "step",
            text("total DESC"),
            "id",
            sqlite_where=text("needs_person = 1"),
            postgresql_where=text("needs_person"),
        ),
        Index(
            "ix_sales_unpaid_total",
            "status",
            text("total DESC"),
            "id",
            sqlite_where=UNPAID,
            postgresql_where=UNPAID,
        ),
        Index(
            "ix_sales_unpaid",
            "status",
            "created_at",
            "id",
            sqlite_where=UNPAID,
            postgresql_where=UNPAID,
        ),
        # Unpaid ones whose time is over: the sweeper looks for them each second.
        Index(
            "ix_sales_hold_until",
            "status",
            "hold_until",
            sqlite_where=text("hold_until IS NOT NULL"),
            postgresql_where=text("hold_until IS NOT NULL"),
        ),
        # What waits to be packed or shipped: the menu counts it on every page, reading no order.
        Index(
            "ix_sales_to_ship",
            "shipping",
            "id",
            "status",
            sqlite_where=TO_SHIP,
            postgresql_where=TO_SHIP,
        ),
        Index(
            # With all that is asked of it: a count reads no order.
            "ix_sales_to_leave",
            "ship_by",
            "id",
            "status",
            "shipping",
            "waits_since",
            sqlite_where=TO_LEAVE,
            postgresql_where=TO_LEAVE,
        ),
        # Goods that wait for their NF-e.
        Index(
            "ix_sales_goods_under_way",
            "id",
            "status",
            "shipping",
            sqlite_where=GOODS_UNDER_WAY,
            postgresql_where=GOODS_UNDER_WAY,
        ),
        Index("ix_sales_updated_at_id", "updated_at", "id"),
        Index("ix_sales_channel_id", "channel", "id"),
        Index(
            "ix_sales_agent_code_id",
            "agent_code",
            "id",
            sqlite_where=text("agent_code IS NOT NULL"),
            postgresql_where=text("agent_code IS NOT NULL"),
        ),
        Index("ix_sales_total_id", "total", "id"),
        Index("ix_sales_customer_name_id", "customer_name", "id"),
        Index("ix_sales_customer_id_id", "customer_id", "id"),
        # All that a customer's page adds up.
        Index(
            "ix_sales_bought",
            "customer_id",
            "paid_at",
            "total",
            "refunded_amount",
            sqlite_where=BOUGHT,
            postgresql_where=BOUGHT,
        ),
        Index("ix_sales_created_at_status", "created_at", "status"),
        # All that the days of the home page are added up from, in the order of a day's list.
        Index("ix_sales_paid_at", "paid_at", "id", "status", "total", "refunded_amount"),
    )
    live = "sale"
    audited = (
        "status",
        "step",
        "shipping",
        "reason_code",
        "paid_at",
        "reference",
        "payment_method",
        "freight",
        "discount",
        "total",
        "agent_code",
        "zip_code",
        "state",
        "city",
        "neighborhood",
        "street",
        "number",
        "complement",
        "ibge",
        "carrier",
        "tracking_code",
        "channel",
        "invoice_details",
        "customer_name",
        "customer_document",
        "customer_email",
        "customer_phone",
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(60), index=True)
    channel: Mapped[str] = mapped_column(String(20), default="site")
    status: Mapped[Status] = mapped_column(EnumText(Status), default=Status.OPEN)
    step: Mapped[str | None] = mapped_column(String(12))
    shipping: Mapped[Shipping] = mapped_column(EnumText(Shipping), default=Shipping.NONE)
    # Why it waits: for a person (status attention) or for the outside world (any moving status).
    reason_code: Mapped[str | None] = mapped_column(String(60))
    reason_params: Mapped[dict] = mapped_column(JSON, default=dict)
    reason_field: Mapped[str | None] = mapped_column(String(80))

    # Since when the reason stands, and whether a person is asked: at once, or when the outside
    # world has been away for longer than PATIENCE.
    waits_since: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    needs_person: Mapped[bool] = mapped_column(default=False)

    payment_method: Mapped[PaymentMethod] = mapped_column(EnumText(PaymentMethod))
    paid_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    # Until when an unpaid sale keeps its stock.
    hold_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    # When its goods must leave the shop, known once it is paid: by the shop's terms, or as its
    # channel has told. Empty where nothing leaves.
    ship_by: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    ship_by_told: Mapped[bool] = mapped_column(default=False)
    freight: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    discount: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    # How many percent below the catalog's prices it may go without a manager: as far as who entered
    # it may, or as was approved. None: any number.
    discount_limit: Mapped[Decimal | None] = mapped_column(Hundredths)
    total: Mapped[Decimal] = mapped_column(Hundredths)
    # What all refunds together gave back.
    refunded_amount: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)

    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"), index=True)
    agent_code: Mapped[str | None] = mapped_column(String(20))
    agent_name: Mapped[str | None] = mapped_column(String(80))
    agent_percent: Mapped[Decimal | None] = mapped_column(Hundredths)

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    customer_name: Mapped[str] = mapped_column(String(120))
    customer_document: Mapped[str] = mapped_column(String(20))
    customer_email: Mapped[str] = mapped_column(String(254), default="")
    customer_phone: Mapped[str] = mapped_column(String(20), default="")
    customer_taxpayer: Mapped[Taxpayer] = mapped_column(EnumText(Taxpayer))
    customer_state_registration: Mapped[str] = mapped_column(String(14), default="")
    customer_locale: Mapped[str] = mapped_column(String(8), default="pt_BR")
    # Of its customer stands here what tax law has kept, and nobody finds it by that.
    is_anonymised: Mapped[bool] = mapped_column(default=False)

    # What only its NF-e tells, as `detail_forms.InvoiceDetailsIn` reads it, what was left out left
    # out; with the copies of the companies that it names (`partners`, by kind and code) and the
    # billing address' `ibge`. None: nothing, as for most.
    invoice_details: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    carrier: Mapped[str] = mapped_column(String(60), default="")
    tracking_code: Mapped[str] = mapped_column(String(60), default="")
    search_text: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    lines: Mapped[list["SaleLine"]] = relationship(
        back_populates="sale", order_by="SaleLine.position", cascade="all, delete-orphan"
    )
    customer: Mapped[Customer] = relationship()
    tags: Mapped[list["Tag"]] = relationship(
        secondary="sale_tags", order_by="Tag.name", viewonly=True
    )

    @property
    def audit_name(self) -> str:
        return self.reference

    def text_to_search(self) -> str:
        marketplace = (self.invoice_details or {}).get("marketplace", {})
        names = NOBODYS if self.is_anonymised else SEARCHED
        facts = (getattr(self, name) or "" for name in names)
        return searchable(*facts, marketplace.get("order", ""))

    # -- what it is -------------------------------------------------------------------------------

    @property
    def is_editable(self) -> bool:
        return self.status is Status.OPEN

    @property
    def payment_labels(self) -> list[LazyString]:
        """How it is paid, each way once."""
        told = (self.invoice_details or {}).get("payments", [])
        methods = dict.fromkeys(PaymentMethod(payment["method"]) for payment in told)
        return [method.label for method in methods or (self.payment_method,)]

    @property
    def volumes(self) -> int:
        """Of its packages as told; 0 where nobody did."""
        packages = (self.invoice_details or {}).get("packages", [])
        return sum(package["quantity"] for package in packages)

    @property
    def is_bought(self) -> bool:
        """Paid, and not cancelled."""
        return self.paid_at is not None and self.status is not Status.CANCELLED

    @property
    def has_shipped(self) -> bool:
        return self.shipping in (Shipping.SHIPPED, Shipping.DELIVERED)

    @property
    def has_reserved(self) -> bool:
        """Whether the stock that it took is still in the shop, for it: it is neither shipped nor
        called off, nor closed without anything to ship."""
        if self.shipping is Shipping.NONE:
            return not self.status.is_final
        return not self.has_shipped

    @property
    def has_goods(self) -> bool:
        return any(line.is_on_note for line in self.lines)

    @property
    def owes_note(self) -> bool:
        """Whether goods are left for an NF-e, now that some may have been refunded before it."""
        return any(line.is_on_note and line.left for line in self.lines)

    @property
    def note_total(self) -> Decimal:
        """The NF-e's total as it would be now: the goods not refunded, with their share of discount
        and freight."""
        return sum(
            (line.total_left + line.freight_left for line in self.lines if line.is_on_note), ZERO
        )

    @property
    def below_catalog(self) -> "Below":
        """How much of the catalog's prices at the time is not asked for: the discount and each
        lowered unit price. A raised one makes up for none; gifts are the rules'."""
        bought = [line for line in self.lines if not line.gift]
        catalog = sum((line.catalog_gross for line in bought), ZERO)
        lowered = sum((max(line.catalog_gross - line.gross, ZERO) for line in bought), ZERO)
        amount = lowered + self.discount
        unconfirmed = {
            line.sku: line.catalog_price or ZERO for line in bought if not line.has_confirmed_price
        }
        return Below(amount, share_in_percent(amount, catalog), unconfirmed)

    @property
    def below_catalog_percent(self) -> Decimal:
        return self.below_catalog.percent

    @property
    def needs_approval(self) -> bool:
        return self.below_catalog.is_beyond(self.discount_limit)

    # -- what happens to it -----------------------------------------------------------------------

    def price(self) -> None:
        """Splits discount and freight over the lines and sums up. Freight is of what ships."""
        bought = [line for line in self.lines if not line.gift]
        for line, share in zip(
            bought, split(self.discount, [line.gross for line in bought]), strict=True
        ):
            line.discount = share
        carrying = [line for line in bought if line.kind.is_goods] or bought
        for line, share in zip(
            carrying, split(self.freight, [line.gross for line in carrying]), strict=True
        ):
            line.freight = share
        for line in bought:
            line.total = line.gross - line.discount
        self.total = sum((line.total for line in bought), ZERO) + self.freight

    def pay(self, now: dt.datetime, terms: DispatchTerms | None = None) -> bool:
        """Paid: its processing begins. Said twice, it still begins once; True the first time.
        `terms`: the shop's, where they are at hand."""
        if self.status is Status.CANCELLED:
            raise Refusal(_("This order was cancelled; it cannot be paid any more."))
        if self.paid_at:
            return False
        self.paid_at, self.hold_until = now, None
        self.go_to(Status.ADDRESS, now)
        self.plan_leaving(terms)
        return True

    def plan_leaving(self, terms: DispatchTerms | None = None) -> None:
        """When its goods must leave, unless its channel has told that."""
        if self.ship_by_told or not self.paid_at:
            return
        if any(line.kind.is_goods for line in self.lines):
            self.ship_by = ship_by(self.paid_at, terms or terms_of(the_shop()))

    @hybrid_property
    def leaves_by(self) -> dt.datetime:
        """By when it must leave, as lists are ordered by it: what has not to stands at the end."""
        is_shipped = self.shipping in (Shipping.SHIPPED, Shipping.DELIVERED)
        has_to = self.ship_by is not None and self.status is not Status.OPEN and not is_shipped
        return self.ship_by if has_to and self.ship_by else NEVER

    @leaves_by.inplace.expression
    @classmethod
    def _leaves_by(cls) -> ColumnElement[dt.datetime]:
        """As its index has it: without parameters."""
        has_to = and_(
            cls.ship_by.is_not(None),
            cls.status != literal_column("'open'"),
            cls.shipping.not_in([literal_column("'shipped'"), literal_column("'delivered'")]),
        )
        return case((has_to, cls.ship_by), else_=Never())

    def take_ship_by(self, told: dt.datetime | None) -> None:
        """What its channel says of when it must leave; None: the shop's terms hold."""
        self.ship_by, self.ship_by_told = told, told is not None

    @property
    def has_to_leave(self) -> bool:
        return self.ship_by is not None and self.paid_at is not None and not self.has_shipped

    def is_late(self, now: dt.datetime) -> bool:
        return bool(self.has_to_leave and self.ship_by and self.ship_by < now)

    def go_to(self, status: Status, now: dt.datetime) -> None:
        """The next step; work on it is owed from now on."""
        self._enter(status)
        self.step = str(status)
        self._clear_reason()
        self.owe(now)

    def park_in(self, status: Status) -> None:
        """A state in which the sale itself owes nothing: a person decides, the NF-e is on its way,
        or all is done."""
        self._enter(status)
        self.step = None if status.is_final else str(status)
        self._clear_reason()
        self.waits_since = utc_now() if status is Status.REVIEW else None
        self.clear_work()

    def needs_attention(self, step: str, code: str, field: str | None, params: dict) -> None:
        """A person is needed: the step that waits, why, and the field to fix."""
        self._enter(Status.ATTENTION)
        self.step = step
        self.reason_code, self.reason_field, self.reason_params = code, field, params
        self.waits_since, self.needs_person = utc_now(), True
        self.clear_work()

    def hold(self) -> None:
        """A rule holds it, and it has no NF-e for which a reviewer would be asked."""
        self.park_in(Status.REVIEW)
        self.reason_code, self.needs_person = HELD, True

    def stand_by(self, code: str, params: dict) -> None:
        """It goes nowhere until the outside world has answered what was asked about its NF-e; no
        person is needed."""
        self.needs_attention(str(Status.INVOICE), code, None, params)
        self.needs_person = False

    def wait(
        self,
        now: dt.datetime,
        at: dt.datetime,
        code: str,
        field: str | None,
        params: dict,
        error: str,
    ) -> None:
        """The outside world is needed and does not answer: tried again by itself at `at`. Who could
        go on without it is asked once that has lasted."""
        self.reason_code, self.reason_field, self.reason_params = code, field, params
        self.waits_since = self.waits_since or now
        asked_from = self.waits_since + PATIENCE
        self.needs_person = now >= asked_from
        self.try_later(at if self.needs_person else min(at, asked_from), error)

    def rest(self, now: dt.datetime, code: str, field: str | None, params: dict) -> None:
        """Its NF-e waits for something of the shop's own, and goes on by itself once that is
        there."""
        self.reason_code, self.reason_field, self.reason_params = code, field, params
        self.waits_since = self.waits_since or now

    def end_rest(self) -> None:
        self._clear_reason()

    def resume(self, now: dt.datetime) -> None:
        """A person fixed what was asked for: on from the step that waited."""
        self.go_to(self.waiting_step, now)

    @property
    def waiting_step(self) -> Status:
        """The step that waits for a person. Raises Refusal where none does."""
        if self.status is not Status.ATTENTION or self.step is None:
            raise Refusal(_("This order does not wait for anything to be fixed."))
        return Status(self.step)

    def wait_for_approval(self) -> None:
        """It went further below the catalog than who entered it may go alone, as far as that can be
        told."""
        below = self.below_catalog
        told: dict[str, Any] = {"percent": str(below.percent), "limit": str(self.discount_limit)}
        if below.unconfirmed:
            told["unconfirmed"] = {sku: str(price) for sku, price in below.unconfirmed.items()}
        field = "discount" if below.percent > (self.discount_limit or ZERO) else "lines"
        self.needs_attention(str(Status.RULES), OVER_LIMIT, field, told)

    def approve_prices(self, now: dt.datetime) -> None:
        """A manager lets it go as far below the catalog as it does, and stands for the catalog's
        prices that nobody had confirmed; if it waited for that, it goes on."""
        self.discount_limit = self.below_catalog_percent
        for line in self.lines:
            line.product = line.product | {"price_confirmed": True}
        if self.reason_code == OVER_LIMIT:
            self.resume(now)

    def take_confirmed_price(self, product_id: int, price: Decimal, now: dt.datetime) -> None:
        """A manager stands for a price of the catalog that it was sold by; if it waited for that
        alone, it goes on."""
        for line in self.lines:
            if (line.product_id, line.catalog_price) == (product_id, price):
                line.product = line.product | {"price_confirmed": True}
        if self.reason_code == OVER_LIMIT and not self.needs_approval:
            self.resume(now)

    def cancel(self) -> None:
        """What hangs off it (stock, effects, NF-e) is undone by who calls this."""
        if self.shipping in (Shipping.TO_PACK, Shipping.PACKED):
            self.move_parcel(Shipping.NONE)
        self.park_in(Status.CANCELLED)

    def move_parcel(self, shipping: Shipping) -> None:
        """How far its goods are on their way to the customer."""
        require_transition(SHIPPING_TRANSITIONS, self.shipping, shipping)
        self.shipping = shipping
        if shipping is Shipping.NONE:
            self.ship_by = None
        elif self.ship_by is None and not self.has_shipped:
            # Goods that a rule has added to what needed no parcel.
            self.plan_leaving()

    def pack_into(self, volumes: int) -> None:
        """So many volumes, as who packs it says; its NF-e tells them, if it is not made yet."""
        if volumes != self.volumes and not self.status.is_final:
            packages = [{"quantity": volumes}]
            self.invoice_details = (self.invoice_details or {}) | {"packages": packages}

    def _enter(self, status: Status) -> None:
        require_transition(STATUS_TRANSITIONS, self.status, status)
        self.status = status
        if status.is_final and self.shipping is Shipping.NONE:
            self.ship_by = None

    def _clear_reason(self) -> None:
        self.reason_code, self.reason_field, self.reason_params = None, None, {}
        self.waits_since, self.needs_person = None, False


# The facts by which a sale is found, by their columns; of nobody in particular.
NOBODYS = ("reference", "tracking_code")
SEARCHED = (
    "reference",
    "customer_name",
    "customer_document",
    "customer_email",
    "customer_phone",
    "city",
    "zip_code",
    "tracking_code",
)


@event.listens_for(Sale, "before_update")
def _stay_found(_mapper: Any, _connection: Any, sale: Sale) -> None:
    """A fact corrected later (an address, a tracking code) is found like one that was there at
    first."""
    changed = instance_state(sale).committed_state.keys()
    if "invoice_details" in changed or not changed.isdisjoint(SEARCHED):
        sale.search_text = sale.text_to_search()


# Every order, by when it must leave.
Index("ix_sales_leaves_by", Sale.leaves_by.expression, Sale.id)


class MoneyMark(Model):
    """Money of an order that was paid then changed when the sums of that day may have been kept
    already (`webapp.sums`): they are not to be gone by until they are added up anew. Without a
    moment: so are those of all days."""

    __tablename__ = "money_marks"

    id: Mapped[int] = mapped_column(primary_key=True)
    paid_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


# So long after a payment no change is marked: no day is kept so soon.
UNMARKED = dt.timedelta(hours=1)
COUNTED_IN_SUMS = frozenset(("paid_at", "refunded_amount", "total", "freight"))


@event.listens_for(Sale, "before_update")
def _mark_its_day(_mapper: Any, connection: Connection, sale: Sale) -> None:
    """With what the rules brought about, too: they have just been applied, or it was called off.
    Two days where somebody moved the payment."""
    before = instance_state(sale).committed_state
    was_judged = before.get("status") is Status.RULES
    was_cancelled = "status" in before and sale.status is Status.CANCELLED
    if was_judged or was_cancelled or not before.keys().isdisjoint(COUNTED_IN_SUMS):
        mark_money(connection, before.get("paid_at"), sale.paid_at)


def mark_money(connection: Connection, *paid: Any) -> None:
    """Says that money of an order changed that was paid at these moments."""
    latest = utc_now() - UNMARKED
    moments = {moment for moment in paid if isinstance(moment, dt.datetime) and moment < latest}
    if moments:
        connection.execute(insert(MoneyMark), [{"paid_at": moment} for moment in sorted(moments)])


# Built once: a statement's lines of money are told of one by one.
_MARK_OF = insert(MoneyMark).from_select(
    ["paid_at"],
    select(Sale.paid_at).where(Sale.id == bindparam("sale"), Sale.paid_at < bindparam("latest")),
)


def mark_money_of(connection: Connection, sale_id: int | None) -> None:
    """The same of an order by its id, wherever that is."""
    connection.execute(_MARK_OF, {"sale": sale_id, "latest": utc_now() - UNMARKED})


class Below(NamedTuple):
    """How far below the catalog's prices. `unconfirmed`: those by SKU for which no manager stands,
    so that nobody can tell what is given away of them."""

    amount: Decimal
    percent: Decimal
    unconfirmed: Mapping[str, Decimal]

    def is_beyond(self, limit: Decimal | None) -> bool:
        """Whether it needs a manager; None is no limit."""
        return limit is not None and (self.percent > limit or bool(self.unconfirmed))

    def is_within(self, other: "Below") -> bool:
        return self.amount <= other.amount and self.percent <= other.percent


class SaleLine(Model):
    __tablename__ = "sale_lines"
    __table_args__ = (UniqueConstraint("sale_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id", ondelete="CASCADE"))
    position: Mapped[int]
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    sku: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[Kind] = mapped_column(EnumText(Kind))
    quantity: Mapped[int]
    unit_price: Mapped[Decimal] = mapped_column(Hundredths)
    discount: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    freight: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    total: Mapped[Decimal] = mapped_column(Hundredths, default=ZERO)
    gift: Mapped[bool] = mapped_column(default=False)
    # Why its price is another than the catalog's, as who typed it says.
    price_reason: Mapped[str] = mapped_column(String(200), default="", server_default="")
    # Units given back, in all refunds together.
    refunded: Mapped[int] = mapped_column(default=0)
    # The product's other facts as they were: price, cost, ncm, gtin, origin, unit, weight_g,
    # on_nfe, tax_profile, category, royalty_percent, author, video_url, plan,
    # price_confirmed.
    product: Mapped[dict] = mapped_column(JSON)
    sale: Mapped[Sale] = relationship(back_populates="lines")

    @property
    def gross(self) -> Decimal:
        return self.unit_price * self.quantity

    @property
    def catalog_price(self) -> Decimal | None:
        """The product's own price at the time; None for a line from before it was kept."""
        price = self.product.get("price")
        return None if price is None else Decimal(price)

    @property
    def catalog_gross(self) -> Decimal:
        price = self.catalog_price
        return self.gross if price is None else price * self.quantity

    @property
    def has_confirmed_price(self) -> bool:
        """Whether a manager stood for the catalog's price; so did one before that was asked."""
        return bool(self.product.get("price_confirmed", True))

    @property
    def is_on_note(self) -> bool:
        return bool(self.product.get("on_nfe"))

    @property
    def left(self) -> int:
        """Units not refunded."""
        return self.quantity - self.refunded

    def share(self, amount: Decimal, units: int) -> Decimal:
        """What of an amount of the whole line is so many of its units', rounded half up: of all its
        units all of it."""
        return cents(amount * units / self.quantity)

    @property
    def total_left(self) -> Decimal:
        return self.total - self.share(self.total, self.refunded)

    @property
    def freight_left(self) -> Decimal:
        return self.freight - self.share(self.freight, self.refunded)

    @property
    def discount_left(self) -> Decimal:
        return self.unit_price * self.left - self.total_left

    @property
    def cost(self) -> Decimal | None:
        """What one unit cost the shop at the time; None where nobody knew."""
        written = self.product.get("cost")
        return None if written is None else Decimal(written)

    @property
    def royalty_percent(self) -> Decimal | None:
        written = self.product.get("royalty_percent")
        return None if written is None else Decimal(written)


class Tag(Model):
    """A word of the shop's own by which orders are found. `key`: its name however it is written."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)


class SaleTag(Model):
    """That a sale has a tag. `id` is the sale's, by which a list of one tag goes."""

    __tablename__ = "sale_tags"

    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), primary_key=True)
    id: Mapped[int] = mapped_column(
        "sale_id", ForeignKey("sales.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Refund(Model):
    """Some or all units of some lines, given back after payment."""

    __tablename__ = "refunds"
    __table_args__ = (UniqueConstraint("sale_id", "number"),)
    audited = ("number", "amount", "reason")

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"))
    number: Mapped[int]
    # [{"line", "quantity"}]
    lines: Mapped[list] = mapped_column(JSON)
    # What the buyer paid for these units: their share of the lines after discount, without freight.
    amount: Mapped[Decimal] = mapped_column(Hundredths)
    reason: Mapped[str] = mapped_column(String(500))
    refunded_by: Mapped[str] = mapped_column(ActorText)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    sale: Mapped[Sale] = relationship()

    @property
    def audit_name(self) -> str:
        return self.sale.reference


class IdempotencyKey(Model):
    """A key that made a sale or a refund, with which body (see `webapp.sales.idempotency`)."""

    __tablename__ = "idempotency_keys"

    scope: Mapped[str] = mapped_column(String(60), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id", ondelete="CASCADE"))
    # Empty for the sale's own key.
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refunds.id", ondelete="CASCADE"))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    sale: Mapped[Sale] = relationship()
    refund: Mapped[Refund | None] = relationship()
