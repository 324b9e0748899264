"""What the paid orders of a day come to, kept so that no page adds them up again."""

import datetime as dt
import enum
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import Connection, Date, Index, String, event, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.attributes import instance_state

from webapp.fulfilment.labels.models import Label
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.payments.models import AgreedFee, Receipt
from webapp.platform.columns import EnumText, Hundredths
from webapp.platform.database import Model
from webapp.sales.models import MoneyMark, mark_money_of


class By(enum.StrEnum):
    """What a day is parted by."""

    ALL = "all"
    CHANNEL = "channel"
    AGENT = "agent"
    PRODUCT = "product"

    @property
    def label(self) -> LazyString:
        return BY_LABELS[self]


BY_LABELS = {
    By.ALL: _l("All together"),
    By.CHANNEL: _l("By channel"),
    By.AGENT: _l("By agent"),
    By.PRODUCT: _l("By product"),
}
TOP = text("is_top")


class DaySum(Model):
    """The figures of a day's paid orders, cancelled ones left out, of one channel, agent (""
    for none) or product (its SKU), or all together (""), which each day that is kept has, be it
    of nothing.

    `day` is that of the payment, in `zone`; all rows are of one zone. `is_top`: one of the day's
    products that sold most. What the figures are: `queries.DayFigures`; a product's are without
    freight.
    """

    __tablename__ = "day_sums"
    __table_args__ = (
        Index("ix_day_sums_key", "parted_by", "key", "day"),
        Index("ix_day_sums_top", "parted_by", "day", sqlite_where=TOP, postgresql_where=TOP),
    )

    by: Mapped[By] = mapped_column("parted_by", EnumText(By), primary_key=True)
    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    zone: Mapped[str] = mapped_column(String(40))
    is_top: Mapped[bool] = mapped_column(default=False)
    orders: Mapped[int]
    units: Mapped[int]
    sold: Mapped[Decimal] = mapped_column(Hundredths)
    refunded: Mapped[Decimal] = mapped_column(Hundredths)
    costs: Mapped[Decimal] = mapped_column(Hundredths)


# -- what else changes them -----------------------------------------------------------------------


@event.listens_for(AgreedFee, "after_insert")
@event.listens_for(AgreedFee, "after_update")
@event.listens_for(AgreedFee, "after_delete")
def _fees_changed(_mapper: Any, connection: Connection, _fee: AgreedFee) -> None:
    connection.execute(insert(MoneyMark), [{"paid_at": None}])


@event.listens_for(Label, "before_insert")
@event.listens_for(Label, "before_update")
def _label_paid(_mapper: Any, connection: Connection, label: Label) -> None:
    """What it costs is the freight; one that was called off costs nothing."""
    before = instance_state(label).committed_state.keys()
    if label.bought_at and not before.isdisjoint(("bought_at", "price", "status")):
        slip = select(PackingSlip.sale_id).where(PackingSlip.id == label.slip_id)
        mark_money_of(connection, connection.scalar(slip))


@event.listens_for(Receipt, "before_insert")
@event.listens_for(Receipt, "before_update")
def _fee_told(_mapper: Any, connection: Connection, receipt: Receipt) -> None:
    """What a provider kept of an order, or of which order it did."""
    before = instance_state(receipt).committed_state.get("sale_id")
    for sale_id in {before, receipt.sale_id}:
        if isinstance(sale_id, int):
            mark_money_of(connection, sale_id)
