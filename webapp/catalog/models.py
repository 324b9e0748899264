"""Products and the ledger of their stock."""

import datetime as dt
import enum
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    TextClause,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from webapp.audit.tracking import actor
from webapp.platform.clock import utc_now
from webapp.platform.columns import ActorText, EnumText, Hundredths, Timestamps, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.errors import Refusal
from webapp.platform.notices import notices_of


class Kind(enum.StrEnum):
    PHYSICAL = "physical"
    BOOK = "book"
    EBOOK = "ebook"
    VIDEO = "video"
    STREAMING = "streaming"
    MEMBERSHIP = "membership"
    MEMBERSHIP_UPGRADE = "membership_upgrade"
    MEMBERSHIP_REACTIVATION = "membership_reactivation"

    @property
    def is_goods(self) -> bool:
        """Ships, keeps stock and goes on the NF-e unless the product says otherwise."""
        return self in (Kind.PHYSICAL, Kind.BOOK, Kind.VIDEO)

    @property
    def is_membership(self) -> bool:
        return self in (Kind.MEMBERSHIP, Kind.MEMBERSHIP_UPGRADE, Kind.MEMBERSHIP_REACTIVATION)

    @property
    def label(self):
        return KIND_LABELS[self]


KIND_LABELS = {
    Kind.PHYSICAL: _l("Physical product"),
    Kind.BOOK: _l("Book"),
    Kind.EBOOK: _l("E-book"),
    Kind.VIDEO: _l("Video on disc"),
    Kind.STREAMING: _l("Streaming video"),
    Kind.MEMBERSHIP: _l("Membership"),
    Kind.MEMBERSHIP_UPGRADE: _l("Membership upgrade"),
    Kind.MEMBERSHIP_REACTIVATION: _l("Membership reactivation"),
}


class OutOfStock(Refusal):
    pass


LOW = "archived_at IS NULL AND stock <= low_stock"


def _listed(name: str, column: str | TextClause, condition: str) -> Index:
    rows = text(condition)
    return Index(f"ix_products_{name}", column, "id", sqlite_where=rows, postgresql_where=rows)


def _chosen(name: str, column: str, on_nfe: bool = False) -> Index:
    """Of those on sale the ones with one value, in the order of the list."""
    condition = "archived_at IS NULL"
    return Index(
        f"ix_products_{name}",
        column,
        "name",
        "id",
        sqlite_where=text(condition + " AND on_nfe = 1" * on_nfe),
        postgresql_where=text(condition + " AND on_nfe" * on_nfe),
    )


class Product(Timestamps, Model):
    __tablename__ = "products"
    __table_args__ = (
        # Which a SKU is, in whatever case it is written.
        Index("ux_products_lower_sku", text("lower(sku)"), unique=True),
        # The list of those on sale in each of its orders, and that of the others.
        _listed("on_sale_name", "name", "archived_at IS NULL"),
        Index("ix_products_name_id", "name", "id"),
        # What a supplier's note calls by the same name, in whatever case.
        Index("ix_products_lower_name", text("lower(name)")),
        _chosen("on_sale_kind", "kind"),
        # Plans that are sold.
        Index(
            "ix_products_on_sale_plan",
            "kind",
            "plan",
            sqlite_where=text("archived_at IS NULL"),
            postgresql_where=text("archived_at IS NULL"),
        ),
        _chosen("on_sale_supplier", "supplier"),
        _chosen("on_sale_category", "category"),
        _listed("low", "name", LOW),
        # What to reorder, by supplier.
        Index(
            "ix_products_low_supplier",
            "supplier",
            "name",
            "id",
            sqlite_where=text(LOW),
            postgresql_where=text(LOW),
        ),
        Index(
            "ix_products_shortest",
            "stock",
            "name",
            sqlite_where=text(LOW),
            postgresql_where=text(LOW),
        ),
        _listed("on_sale_price", "price", "archived_at IS NULL"),
        _listed("on_sale_stock", text("coalesce(stock, -1)"), "archived_at IS NULL"),
        _listed("archived", "name", "archived_at IS NOT NULL"),
        # Those without an NCM among them are asked for by the home page and counted by the list.
        _chosen("on_nfe_ncm", "ncm", on_nfe=True),
        _chosen("on_nfe_gtin", "gtin", on_nfe=True),
        _chosen("on_nfe_tax_profile", "tax_profile", on_nfe=True),
    )
    live = "product"
    audited = (
        "sku",
        "name",
        "kind",
        "price",
        "price_confirmed",
        "cost",
        "supplier",
        "category",
        "ncm",
        "gtin",
        "origin",
        "unit",
        "weight_g",
        "on_nfe",
        "tax_profile",
        "low_stock",
        "shelf",
        "royalty_percent",
        "author",
        "isbn",
        "video_url",
        "plan",
        "warranty_months",
        "description",
        "specifications",
        "archived_at",
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[Kind] = mapped_column(EnumText(Kind))
    price: Mapped[Decimal] = mapped_column(Hundredths)
    # Whether somebody stands for it who may sell at any; until then no discount is measured by it.
    price_confirmed: Mapped[bool] = mapped_column(default=True)
    cost: Mapped[Decimal | None] = mapped_column(Hundredths)
    # What may be sold; None where the kind keeps no stock, and of a kit, whose parts keep it.
    stock: Mapped[int | None]
    if TYPE_CHECKING:
        # Units of orders that have not left yet; see below.
        reserved: Mapped[int]
    # Whether it consists of `parts`; kept here so that what is none is asked for none.
    is_kit: Mapped[bool] = mapped_column(default=False)
    low_stock: Mapped[int | None]
    # Where it stands in the stock-room, in the shop's own words.
    shelf: Mapped[str] = mapped_column(String(20), default="")
    supplier: Mapped[str] = mapped_column(String(80), default="")
    category: Mapped[str] = mapped_column(String(60), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    specifications: Mapped[str] = mapped_column(Text, default="")
    warranty_months: Mapped[int | None]
    ncm: Mapped[str] = mapped_column(String(8), default="")
    gtin: Mapped[str] = mapped_column(String(14), default="", index=True)
    origin: Mapped[str] = mapped_column(String(1), default="0")
    unit: Mapped[str] = mapped_column(String(6), default="UN")
    weight_g: Mapped[int] = mapped_column(default=0)
    on_nfe: Mapped[bool]
    # The code of its tax profile; "": its category's, else the shop's.
    tax_profile: Mapped[str] = mapped_column(String(40), default="")
    royalty_percent: Mapped[Decimal | None] = mapped_column(Hundredths)
    author: Mapped[str] = mapped_column(String(80), default="")
    isbn: Mapped[str] = mapped_column(String(13), default="", index=True)
    video_url: Mapped[str] = mapped_column(String(500), default="")
    plan: Mapped[str] = mapped_column(String(40), default="")
    # Lower-case, accent-free name, SKU, GTIN, ISBN and author: what the search box looks in.
    search_text: Mapped[str] = mapped_column(Text, default="")
    archived_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    # Set with its first sale; from then on it is archived, never deleted.
    was_sold: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    parts: Mapped[list["KitPart"]] = relationship(
        foreign_keys="KitPart.kit_id",
        order_by="KitPart.part_id",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    __mapper_args__ = {"version_id_col": version}

    @hybrid_property
    def stock_or_less(self) -> int:
        """The stock as lists are ordered by it: what keeps none stands before what has none."""
        return -1 if self.stock is None else self.stock

    @stock_or_less.inplace.expression
    @classmethod
    def _stock_or_less(cls) -> ColumnElement[int]:
        return func.coalesce(cls.stock, literal_column("-1"))

    @property
    def audit_name(self) -> str:
        return self.sku

    @property
    def status(self) -> str:
        return "archived" if self.archived_at else "active"

    @property
    def held(self) -> int | None:
        """What stands on the shelf: what may be sold, and what orders have reserved."""
        return None if self.stock is None else self.stock + self.reserved

    @property
    def available(self) -> int | None:
        """What may be sold now: the stock, or of a kit what its parts allow (see `read_parts` for
        many of them). None for what keeps no stock."""
        return self.available_beside(NOTHING_HELD) if self.is_kit else self.stock

    def available_beside(self, held: Mapping[int, int]) -> int | None:
        """As if those `held`, by product's id, were in stock too."""
        if self.is_kit:
            return min((each.kits_beside(held) for each in self.parts), default=0)
        return None if self.stock is None else self.stock + held.get(self.id, 0)

    @property
    def is_low(self) -> bool:
        return (
            self.stock is not None and self.low_stock is not None and self.stock <= self.low_stock
        )

    @property
    def missing(self) -> tuple[str, ...]:
        """The columns in which it lacks something, as `LACKS` asks for them."""
        of_goods = ("ncm", "gtin", "weight_g", "cost", "tax_profile") if self.on_nfe else ()
        lacking = [name for name in of_goods if getattr(self, name) in (None, "")]
        lacking += ["weight_g"] * (self.on_nfe and not self.weight_g) + ["price"] * (not self.price)
        return tuple(lacking)

    def confirm_price(self) -> None:
        self.price_confirmed = True

    def doubt_price(self) -> None:
        """Somebody who may not lower it has made another thing of the product."""
        self.price_confirmed = False

    def archive(self) -> None:
        self.archived_at = self.archived_at or utc_now()

    def unarchive(self) -> None:
        self.archived_at = None


# What somebody has still to write, by the column that it belongs in. Written out, or SQLite would
# not take the indexes of these parts.
_NOTHING: ColumnElement[str] = literal_column("''")
LACKS: dict[str, ColumnElement[bool]] = {
    "ncm": and_(Product.on_nfe, Product.ncm == _NOTHING),
    "gtin": and_(Product.on_nfe, Product.gtin == _NOTHING),
    "weight_g": and_(Product.on_nfe, Product.weight_g == literal_column("0")),
    "price": Product.price == literal_column("0"),
    "cost": and_(Product.on_nfe, Product.cost.is_(None)),
}
# A CASE, for PostgreSQL would take the index of it for that of each part.
LACKS["anything"] = case((or_(*LACKS.values()), literal_column("1"))) == literal_column("1")
LACKS["tax_profile"] = and_(Product.on_nfe, Product.tax_profile == _NOTHING)
for _name, _keys in {
    "weight_g": (),
    # Before the order, or SQLite would take the index by price.
    "price": (Product.price,),
    "cost": (),
    "anything": (),
}.items():
    _rows = and_(Product.archived_at.is_(None), LACKS[_name])
    Index(
        f"ix_products_lacks_{_name}",
        *_keys,
        Product.name,
        Product.id,
        sqlite_where=_rows,
        postgresql_where=_rows,
    )

# The movements whose units are reserved. Written out: an index of a part is taken for no other.
RESERVING = text("sale_id IS NOT NULL AND left_at IS NULL")


NOTHING_HELD: Mapping[int, int] = MappingProxyType({})


class KitPart(Model):
    """So many of a product in each of a kit. A part keeps stock, so it is no kit."""

    __tablename__ = "kit_parts"

    kit_id: Mapped[int] = mapped_column(
        ForeignKey("products.id", ondelete="CASCADE"), primary_key=True
    )
    part_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True, index=True)
    quantity: Mapped[int]
    part: Mapped[Product] = relationship(foreign_keys=part_id, lazy="joined", innerjoin=True)

    def kits_beside(self, held: Mapping[int, int]) -> int:
        """For how many kits there are enough of it; archived for none."""
        if self.part.archived_at:
            return 0
        return ((self.part.stock or 0) + held.get(self.part_id, 0)) // self.quantity


class StockMovement(Model):
    """One change of one product's stock; their sum is the stock."""

    __tablename__ = "stock_movements"
    __table_args__ = (
        # A product's ledger from its end backwards, and what moved since a day.
        Index("ix_stock_movements_product_id_id", "product_id", "id"),
        Index("ix_stock_movements_product_id_at", "product_id", "at"),
        Index(
            "ix_stock_movements_reserving",
            "product_id",
            # Both are asked for: SQLite takes the index that answers more of a question.
            "left_at",
            "change",
            sqlite_where=RESERVING,
            postgresql_where=RESERVING,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    change: Mapped[int]
    balance: Mapped[int]
    reason: Mapped[str] = mapped_column(String(200))
    sale_id: Mapped[int | None] = mapped_column(ForeignKey("sales.id"), index=True)
    # Since when the units are no order's any more: they left the shop, or the order was cancelled
    # (see `sales.reservations`). None while an order has them; and always where none moved them.
    left_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    # The count that found the difference.
    count_id: Mapped[int | None] = mapped_column(ForeignKey("counts.id"))
    actor: Mapped[str] = mapped_column(ActorText)
    # By name: sales know the catalog, not the other way round.
    sale = relationship("Sale")
    product: Mapped[Product] = relationship()


def units_reserved(product_id: ColumnElement[int]) -> ColumnElement[int]:
    """Of one product, by all orders that have not left."""
    reserving = select(func.coalesce(-func.sum(StockMovement.change), 0))
    reserving = reserving.where(StockMovement.product_id == product_id, RESERVING)
    return reserving.correlate_except(StockMovement).scalar_subquery()


# Read where it is asked for: `undefer(Product.reserved)` for the rows of a list.
Product.reserved = column_property(units_reserved(Product.__table__.c.id), deferred=True)

_stock = Product.__table__.c.stock
# Built once: a rush of sales spends its time here.
_MOVE = (
    update(Product.__table__)
    .where(
        Product.__table__.c.id == bindparam("product"),
        _stock.is_not(None),
        _stock + bindparam("change") >= 0,
    )
    .values(stock=_stock + bindparam("change"))
    .returning(_stock)
)


def too_few(sku: str, left: int) -> str:
    if not left:
        return _("%(sku)s is out of stock.", sku=sku)
    return ngettext(
        "Only %(num)s of %(sku)s left in stock.",
        "Only %(num)s of %(sku)s left in stock.",
        left,
        sku=sku,
    )


def in_kit(kit: str, reason: str) -> str:
    """Why a part moved, as it is kept: with the SKU of the kit that took it."""
    return f"kit {kit} · {reason}"


def change_stock(session, product_id: int, sku: str, change: int) -> int:
    """Adds `change` units in one conditional UPDATE; returns the new balance, which a movement must
    record (`move_stock` does both).

    Raises OutOfStock when it would go below zero, and leaves the stock as it was. The product's
    version is left alone: a sale must not make a clerk's open form stale.
    """
    balance = session.connection().scalar(_MOVE, {"product": product_id, "change": change})
    if balance is None:
        left = session.scalar(select(_stock).where(Product.__table__.c.id == product_id)) or 0
        raise OutOfStock(too_few(sku, left))
    # Told to open pages by hand: the statement above is none of the session's own.
    notices_of(session).row_changed("product", product_id)
    return balance


def movement(product_id: int, change: int, balance: int, reason: str) -> dict:
    """The columns of a stock movement of the person or job that acts, but for its sale."""
    return {
        "product_id": product_id,
        "change": change,
        "balance": balance,
        "reason": reason[:200],
        "actor": actor(),
    }


def move_stock(session, product_id: int, sku: str, change: int, reason: str, sale=None) -> int:
    """Changes the stock and writes the movement; returns the new balance. Raises OutOfStock."""
    balance = change_stock(session, product_id, sku, change)
    row = StockMovement(**movement(product_id, change, balance, reason), sale=sale)
    if sale is not None and not sale.has_reserved:
        row.left_at = utc_now()
    session.add(row)
    return balance
