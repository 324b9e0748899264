"""What somebody of the staff wrote down about a customer or an order."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.platform.clock import utc_now
from webapp.platform.columns import ActorText, UtcDateTime
from webapp.platform.database import Model


class StaffNote(Model):
    """Of a customer or of a sale; of one of the two."""

    __tablename__ = "notes"
    __table_args__ = (
        Index("ix_notes_customer_id_id", "customer_id", "id"),
        Index("ix_notes_sale_id_id", "sale_id", "id"),
    )
    audited = ("text",)

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    sale_id: Mapped[int | None] = mapped_column(ForeignKey("sales.id"))
    text: Mapped[str] = mapped_column(String(2000))
    actor: Mapped[str] = mapped_column(ActorText)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
