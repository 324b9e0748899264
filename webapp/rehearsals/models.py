"""Rehearsals: the last month's notes and the catalog, built as of a day before it comes."""

import datetime as dt

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from webapp.platform.columns import Timestamps, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.sliced import Sliced


class Rehearsal(Sliced, Timestamps, Model):
    """The rows looked at are invoices, and before them the catalog's products: those with ids up to
    `product_upto` are still to be tried."""

    __tablename__ = "rehearsals"
    __table_args__ = (Index("ix_rehearsals_day_id", "day", "id"),)
    live = "rehearsal"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[dt.date]
    # The version of a tax profile that is tried: notes of that day with it beside those without.
    # None: notes of today beside those of `day`. A plain number, for it may be taken back.
    version_id: Mapped[int | None]
    since: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    product_upto: Mapped[int] = mapped_column(default=0)

    @property
    def is_at_end(self) -> bool:
        return super().is_at_end and self.product_upto <= 0
