"""Packing slips: what of an order goes to the customer's door, in which parcels, and how far it
is."""

import datetime as dt
import enum
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.audit.tracking import actor
from webapp.platform.clock import utc_now
from webapp.platform.columns import ActorText, UtcDateTime
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
# So many of a parcel's latest scans are known again.
KNOWN_ENTRIES = 20
BEING_PACKED = "opened_at IS NOT NULL AND closed_at IS NULL"
# Units of goods by the line that they are of and the SKU on them: a kit's are those of its parts.
Units = Counter[tuple[int, str]]


class PackedElsewhere(Refusal):
    """Two stations have one parcel in their hands."""


class ParcelCode(NamedTuple):
    """By which a volume is followed."""

    number: int
    carrier: str
    code: str


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
            "sale_id",
            sqlite_where=text("released_at IS NULL"),
            postgresql_where=text("released_at IS NULL"),
        ),
        Index("ix_packing_slips_expected", "expected_delivery", "id"),
        # What left on a day.
        Index(
            "ix_packing_slips_shipped_at",
            "shipped_at",
            "id",
            sqlite_where=text("shipped_at IS NOT NULL"),
            postgresql_where=text("shipped_at IS NOT NULL"),
        ),
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
    # By number; see `parcels`.
    parcel_rows: Mapped[list["Parcel"]] = relationship(
        back_populates="slip", order_by="Parcel.number"
    )

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
    def ship_by(self) -> dt.datetime | None:
        """When it must leave, as its list is sorted."""
        return self.sale.ship_by

    @property
    def has_left(self) -> bool:
        return self.sale.shipping in LEFT

    @property
    def parcels(self) -> list["Parcel"]:
        """The first, and those that were begun beside it."""
        return [parcel for parcel in self.parcel_rows if parcel.number == 1 or parcel.opened_at]

    @property
    def parcel(self) -> "Parcel":
        """The one that is packed now, or was packed last."""
        return self.parcels[-1]

    def packed_parcel(self, number: int) -> "Parcel | None":
        """The volume of that number as it was packed; None where nobody told what is in it, or more
        volumes leave than were packed."""
        parcels = self.parcels
        if not number <= len(parcels) >= self.volumes:
            return None
        return parcels[number - 1] if parcels[number - 1].closed_at else None

    def weight_of_volume(self, number: int) -> int:
        """In g: as it was packed, else an even part."""
        parcel = self.packed_parcel(number)
        return max(parcel.weight_g if parcel else self.weight_g // self.volumes, 1)

    def codes(self) -> list[ParcelCode]:
        """By which it is followed, each once, in the order of its volumes. A code that was told of
        the order and that no volume bears is the first one's."""
        sale = self.sale
        codes = [
            ParcelCode(parcel.number, parcel.carrier or sale.carrier, parcel.tracking_code)
            for parcel in self.parcel_rows
        ]
        said = sale.tracking_code
        if said and said not in [each.code for each in codes]:
            codes[:1] = [ParcelCode(1, sale.carrier, said)]
        once: dict[str, ParcelCode] = {}
        for each in codes:
            once.setdefault(each.code, each)
        return [each for each in once.values() if each.code]

    def track(self, told: ParcelCode, before: str) -> bool:
        """A volume has a code of its own, where it had none or the one `before`; whether it changed
        anything."""
        parcel = self._row(told.number)
        if told.code == parcel.tracking_code or parcel.tracking_code not in ("", before):
            return False
        parcel.carrier, parcel.tracking_code = told.carrier, told.code
        return True

    def _row(self, number: int) -> "Parcel":
        """Of a volume, be it one that nobody has packed."""
        for missing in range(len(self.parcel_rows) + 1, number + 1):
            row = Parcel(number=missing, items=[], weight_g=0, entries=[], station="")
            row.carrier = row.tracking_code = ""
            self.parcel_rows.append(row)
        return self.parcel_rows[number - 1]

    def units(self) -> Units:
        """All that goes into its parcels."""
        return _counted(
            {"line": item["line"]} | unit for item in self.items for unit in to_pick(item) or [item]
        )

    def goods_names(self) -> dict[str, str]:
        """By the SKU on them."""
        return {
            unit["sku"]: unit["name"] for item in self.items for unit in to_pick(item) or [item]
        }

    def missing(self) -> Units:
        """What is in no parcel yet."""
        packed: Units = Counter()
        for parcel in self.parcels:
            packed += parcel.units()
        return self.units() - packed

    def add_parcel(self, station: str, now: dt.datetime) -> "Parcel":
        """Closes the present one as it is, and begins another for what is left. Raises Refusal."""
        full = self.parcel
        full.refuse_put(station)
        if not full.items:
            raise Refusal(_("This parcel is still empty."))
        full.close(now)
        added = self._row(full.number + 1)
        added.take_up(station, now)
        return added

    def _finish(self, now: dt.datetime) -> None:
        """The last of it was put in: so many parcels leave."""
        self.parcel.close(now)
        self.describe(len(self.parcels), self.notes)
        self.pack(now)

    def pack(self, now: dt.datetime) -> bool:
        """It may be packed while its NF-e is on its way."""
        self.refuse_idle()
        if self.sale.shipping is not Shipping.TO_PACK:
            return False
        self._close_parcels(now)
        self.sale.move_parcel(Shipping.PACKED)
        self.packed_at = now
        return True

    def unpack(self) -> bool:
        """The step back for a slip of the finger."""
        self.refuse_idle()
        if self.has_left:
            raise Refusal(_("It has left the shop; it cannot be unpacked any more."))
        if self.sale.shipping is Shipping.TO_PACK:
            return False
        self._empty_parcels()
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
            self._empty_parcels()
            self.items, self.weight_g = staying, sum(item["weight_g"] for item in staying)
            self.sale.move_parcel(Shipping.TO_PACK if staying else Shipping.NONE)
            self.packed_at = None
        return off

    def ship(self, carrier: str, tracking_code: str, now: dt.datetime) -> bool:
        """It was handed to the carrier, packed or not yet marked so. A tracking code that was not
        known then may follow; left out it is the first that a volume has."""
        self.refuse_shipment(carrier, tracking_code)
        sale = self.sale
        if self.has_left:
            return self._ship_again(carrier, tracking_code)
        self._close_parcels(now)
        self.sale.move_parcel(Shipping.SHIPPED)
        known = next((each.code for each in self.codes()), "")
        sale.carrier, sale.tracking_code = carrier, tracking_code or known
        self.packed_at, self.shipped_at = self.packed_at or now, now
        return True

    def refuse_shipment(self, carrier: str, tracking_code: str) -> None:
        """Raises Refusal where `ship` does."""
        self.refuse_idle()
        sale = self.sale
        if not self.has_left:
            if sale.status not in MAY_LEAVE:
                raise Refusal(_("Nothing leaves before its NF-e is authorized."))
            return
        said_again = carrier == sale.carrier and tracking_code in ("", sale.tracking_code)
        if not said_again and (carrier != sale.carrier or sale.tracking_code):
            raise Refusal(
                _(
                    "It was shipped already, with %(carrier)s %(code)s. Correct that on its "
                    "packing slip.",
                    carrier=sale.carrier,
                    code=sale.tracking_code,
                )
            )

    def _ship_again(self, carrier: str, tracking_code: str) -> bool:
        if tracking_code in ("", self.sale.tracking_code):
            return False
        self.sale.tracking_code = tracking_code
        return True

    def correct_shipment(self, carrier: str, tracking_code: str) -> None:
        self.refuse_idle()
        if not self.has_left:
            raise Refusal(_("It was not shipped yet."))
        before = self.sale.tracking_code
        for parcel in self.parcel_rows:
            if before and parcel.tracking_code == before:
                parcel.carrier, parcel.tracking_code = carrier, tracking_code
        self.sale.carrier, self.sale.tracking_code = carrier, tracking_code

    def deliver(self, now: dt.datetime) -> bool:
        self.refuse_idle()
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

    def _close_parcels(self, now: dt.datetime) -> None:
        """What nobody scanned is in the last one."""
        if self.parcel.closed_at is None:
            self.parcel.put_in(self.missing())
            self.parcel.close(now)

    def _empty_parcels(self) -> None:
        for parcel in self.parcel_rows:
            parcel.empty()

    def weight_of(self, units: Units) -> int:
        """In g; each of a kit's parts weighs the same share of the kit."""
        here, whole = by_line(units), by_line(self.units())
        return sum(
            item["weight_g"] * here[item["line"]] // whole[item["line"]] for item in self.items
        )

    def refuse_idle(self) -> None:
        if self.sale.status is Status.CANCELLED:
            raise Refusal(_("This order was cancelled; nothing of it ships."))
        if self.sale.shipping is Shipping.NONE:
            raise Refusal(_("All of it was given back; nothing is left to ship."))
        if self.status is SlipStatus.HELD:
            raise Refusal(_("A rule holds this order until a person releases it."))


class Parcel(Model):
    """One of the boxes of a packing slip; the first is made with it. What was packed and is packed
    anew leaves its rows as they were before anybody began: those after the first, which nobody has
    opened, wait to be used again."""

    __tablename__ = "parcels"
    live = "parcel"
    __table_args__ = (
        UniqueConstraint("slip_id", "number"),
        Index(
            "ix_parcels_being_packed",
            "opened_at",
            "id",
            sqlite_where=text(BEING_PACKED),
            postgresql_where=text(BEING_PACKED),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slip_id: Mapped[int] = mapped_column(ForeignKey("packing_slips.id"))
    number: Mapped[int] = mapped_column(default=1)
    # [{"line", "sku", "quantity"}]; the SKU is that on the goods, of a kit those of its parts.
    items: Mapped[list] = mapped_column(JSON, default=list)
    weight_g: Mapped[int] = mapped_column(default=0)
    # Its own, where its label has told one or it goes another way; "": the sale's.
    carrier: Mapped[str] = mapped_column(String(60), default="")
    tracking_code: Mapped[str] = mapped_column(String(60), default="")
    # Where it is packed now, and the keys of its latest scans.
    station: Mapped[str] = mapped_column(String(60), default="")
    entries: Mapped[list] = mapped_column(JSON, default=list)
    opened_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    opened_by: Mapped[str] = mapped_column(ActorText, default="")
    closed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str] = mapped_column(ActorText, default="")
    slip: Mapped[PackingSlip] = relationship(back_populates="parcel_rows")

    def units(self) -> Units:
        return _counted(self.items)

    def contents(self) -> Counter[str]:
        """By the SKU on them."""
        return by_sku(self.units())

    def put_in(self, units: Units) -> None:
        self._hold(self.units() + units)

    def _hold(self, units: Units) -> None:
        self.items = [
            {"line": line, "sku": sku, "quantity": many} for (line, sku), many in units.items()
        ]

    def take_up(self, station: str, now: dt.datetime, over: bool = False) -> None:
        """It is packed at this station from now on. `over`: even if it is packed at another one
        now. Raises Refusal."""
        self._refuse_closed()
        if not over:
            self._refuse_elsewhere(station)
        if station != self.station:
            self.station, self.opened_by, self.opened_at = station, actor(), now

    def put(self, units: Units, station: str, key: str, now: dt.datetime) -> None:
        """What was scanned goes in; the last of the slip closes it. Raises Refusal."""
        self.refuse_put(station)
        too_many = units - self.slip.missing()
        for _line, sku in too_many:
            raise Refusal(
                ngettext(
                    "Too many: the only %(name)s of the order is packed already.",
                    "Too many: all %(num)s of %(name)s are packed already.",
                    by_sku(self.slip.units())[sku],
                    name=self.slip.goods_names()[sku],
                )
            )
        self.take_up(station, now)
        self.put_in(units)
        self._remember(key)
        if not self.slip.missing():
            self.slip._finish(now)

    def put_back(self, units: Units, station: str, key: str) -> None:
        """What was scanned comes out again. Raises Refusal."""
        self.refuse_put(station)
        for _line, sku in units - self.units():
            name = self.slip.goods_names()[sku]
            raise Refusal(_("%(name)s is not in this parcel.", name=name))
        self._hold(self.units() - units)
        self._remember(key)

    def refuse_put(self, station: str) -> None:
        """Raises Refusal where nothing may be packed into it at this station now."""
        self.slip.refuse_idle()
        self._refuse_closed()
        self._refuse_elsewhere(station)

    def _refuse_closed(self) -> None:
        if self.closed_at:
            raise Refusal(
                _(
                    "This parcel of order %(reference)s is closed.",
                    reference=self.slip.sale.reference,
                )
            )

    def _refuse_elsewhere(self, station: str) -> None:
        if self.station and self.station != station:
            raise PackedElsewhere(
                _(
                    "Order %(reference)s is being packed at another station. Scan its slip again "
                    "to take it over.",
                    reference=self.slip.sale.reference,
                )
            )

    def _remember(self, key: str) -> None:
        if key:
            self.entries = [*self.entries, key][-KNOWN_ENTRIES:]

    def close(self, now: dt.datetime) -> None:
        """It weighs what is in it; the last one what the others have left of the slip."""
        others = sum(parcel.weight_g for parcel in self.slip.parcels if parcel is not self)
        whole = not self.slip.missing()
        self.weight_g = self.slip.weight_g - others if whole else self.slip.weight_of(self.units())
        self.opened_at, self.opened_by = self.opened_at or now, self.opened_by or actor()
        self.closed_at, self.closed_by = now, actor()
        self.station = ""

    def empty(self) -> None:
        self.items, self.weight_g = [], 0
        self.station, self.entries = "", []
        self.opened_at, self.opened_by, self.closed_at, self.closed_by = None, "", None, ""


def _counted(units: Iterable[dict]) -> Units:
    found: Units = Counter()
    for unit in units:
        found[unit["line"], unit["sku"]] += unit["quantity"]
    return found


def by_line(units: Units) -> Counter[int]:
    found: Counter[int] = Counter()
    for (line, _sku), many in units.items():
        found[line] += many
    return found


def by_sku(units: Units) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_line, sku), many in units.items():
        found[sku] += many
    return found


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
