"""Packing slips: what of an order goes to the customer's door, and how far it is."""

import datetime as dt
import enum

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.platform.clock import utc_now
from webapp.platform.columns import UtcDateTime
from webapp.platform.database import Model
from webapp.platform.errors import Refusal
from webapp.sales.models import Sale, Shipping, Status


class SlipStatus(enum.StrEnum):
    """What stands between a slip and the customer's door; in no column, since the sale tells it."""

    HELD = "held"
    AWAITING_NFE = "awaiting_nfe"
    TO_PACK = "to_pack"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"

    @property
    def label(self) -> LazyString:
        return SLIP_LABELS[self][0]

    @property
    def tone(self) -> str:
        return SLIP_LABELS[self][1]


SLIP_LABELS = {
    SlipStatus.HELD: (_l("Held"), "warn"),
    SlipStatus.AWAITING_NFE: (_l("Awaiting NF-e"), "info"),
    SlipStatus.TO_PACK: (_l("To pack"), "info"),
    SlipStatus.PACKED: (_l("To ship"), "info"),
    SlipStatus.SHIPPED: (_l("Shipped"), "good"),
    SlipStatus.DELIVERED: (_l("Delivered"), "good"),
    SlipStatus.CANCELLED: (_l("Cancelled"), ""),
}
# States of a sale whose goods may leave: its NF-e is authorized, or they need none.
MAY_LEAVE = (Status.INVOICED, Status.COMPLETED)
LEFT = (Shipping.SHIPPED, Shipping.DELIVERED)


class PackingSlip(Model):
    """A sale has one; its items are the sale's goods. `released_at` is empty while a rule holds the
    sale.

    How far they are stands in `Sale.shipping`, who carries them in `Sale.carrier` and
    `Sale.tracking_code`. Each verb is idempotent and returns whether it changed anything.
    """

    __tablename__ = "packing_slips"
    __table_args__ = (
        Index(
            "ix_packing_slips_held",
            "id",
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
        Index("ix_packing_slips_expected", "expected_delivery", "id"),
    )
    audited = ("released_at", "volumes", "notes")

    id: Mapped[int] = mapped_column(primary_key=True)
    sale_id: Mapped[int] = mapped_column(ForeignKey("sales.id"), unique=True)
    # [{"line", "sku", "name", "quantity", "weight_g"}]; of a kit with `parts`, so many in each.
    items: Mapped[list] = mapped_column(JSON)
    weight_g: Mapped[int]
    expected_delivery: Mapped[dt.date]
    royalty_copy: Mapped[bool] = mapped_column(default=False)
    volumes: Mapped[int] = mapped_column(default=1)
    notes: Mapped[str] = mapped_column(String(500), default="")
    packed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    shipped_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    released_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}
    sale: Mapped[Sale] = relationship()

    @property
    def status(self) -> SlipStatus:
        if self.sale.status is Status.CANCELLED or self.sale.shipping is Shipping.NONE:
            return SlipStatus.CANCELLED
        if self.released_at is None:
            return SlipStatus.HELD
        if self.sale.status in MAY_LEAVE:
            return SlipStatus(self.sale.shipping)
        return SlipStatus.AWAITING_NFE

    @property
    def has_left(self) -> bool:
        return self.sale.shipping in LEFT

    def pack(self, now: dt.datetime) -> bool:
        """It may be packed while its NF-e is on its way."""
        self._refuse_idle()
        if self.sale.shipping is not Shipping.TO_PACK:
            return False
        self.sale.move_parcel(Shipping.PACKED)
        self.packed_at = now
        return True

    def unpack(self) -> bool:
        """The step back for a slip of the finger."""
        self._refuse_idle()
        if self.has_left:
            raise Refusal(_("It has left the shop; it cannot be unpacked any more."))
        if self.sale.shipping is Shipping.TO_PACK:
            return False
        self.sale.move_parcel(Shipping.TO_PACK)
        self.packed_at = None
        return True

    def keep(self, left: dict[int, int]) -> list[dict]:
        """Leaves so many units of each line on the slip, and returns what came off, as items. What
        was packed is packed anew."""
        staying, off = [], []
        for item in self.items:
            here, gone = _split(item, min(left[item["line"]], item["quantity"]))
            staying += here
            off += gone
        if off:
            self.items, self.weight_g = staying, sum(item["weight_g"] for item in staying)
            self.sale.move_parcel(Shipping.TO_PACK if staying else Shipping.NONE)
            self.packed_at = None
        return off

    def ship(self, carrier: str, tracking_code: str, now: dt.datetime) -> bool:
        """It was handed to the carrier, packed or not yet marked so. A tracking code that was not
        known then may follow."""
        self._refuse_idle()
        sale = self.sale
        if self.has_left:
            return self._ship_again(carrier, tracking_code)
        if sale.status not in MAY_LEAVE:
            raise Refusal(_("Nothing leaves before its NF-e is authorized."))
        self.sale.move_parcel(Shipping.SHIPPED)
        sale.carrier, sale.tracking_code = carrier, tracking_code
        self.packed_at, self.shipped_at = self.packed_at or now, now
        return True

    def _ship_again(self, carrier: str, tracking_code: str) -> bool:
        sale = self.sale
        if carrier == sale.carrier and tracking_code in ("", sale.tracking_code):
            return False
        if carrier != sale.carrier or sale.tracking_code:
            raise Refusal(
                _(
                    "It was shipped already, with %(carrier)s %(code)s. Correct that on its "
                    "packing slip.",
                    carrier=sale.carrier,
                    code=sale.tracking_code,
                )
            )
        sale.tracking_code = tracking_code
        return True

    def correct_shipment(self, carrier: str, tracking_code: str) -> None:
        self._refuse_idle()
        if not self.has_left:
            raise Refusal(_("It was not shipped yet."))
        self.sale.carrier, self.sale.tracking_code = carrier, tracking_code

    def deliver(self, now: dt.datetime) -> bool:
        self._refuse_idle()
        if not self.has_left:
            raise Refusal(_("It was not shipped yet."))
        if self.sale.shipping is Shipping.DELIVERED:
            return False
        self.sale.move_parcel(Shipping.DELIVERED)
        self.delivered_at = now
        return True

    def describe(self, volumes: int, notes: str) -> None:
        if volumes != self.volumes:
            self.sale.pack_into(volumes)
        self.volumes, self.notes = volumes, notes

    def _refuse_idle(self) -> None:
        if self.sale.status is Status.CANCELLED:
            raise Refusal(_("This order was cancelled; nothing of it ships."))
        if self.sale.shipping is Shipping.NONE:
            raise Refusal(_("All of it was given back; nothing is left to ship."))
        if self.status is SlipStatus.HELD:
            raise Refusal(_("A rule holds this order until a person releases it."))


def to_pick(item: dict) -> list[dict]:
    """The parts of a kit, as many as go into the parcel; none of what is no kit."""
    return [
        part | {"quantity": part["quantity"] * item["quantity"]} for part in item.get("parts", ())
    ]


def _split(item: dict, units: int) -> tuple[list[dict], list[dict]]:
    """An item of a slip as so many units and the others, each with its part of the weight; none
    where there are no units."""
    weight = item["weight_g"] // item["quantity"] * units
    here = item | {"quantity": units, "weight_g": weight}
    gone = item | {
        "quantity": item["quantity"] - units,
        "weight_g": item["weight_g"] - weight,
    }
    return [here] if units else [], [gone] if gone["quantity"] else []
