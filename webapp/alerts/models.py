"""What was wrong with the house's work, since when, and until when."""

import datetime as dt

from sqlalchemy import BigInteger, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.platform.columns import UtcDateTime
from webapp.platform.database import Model

OPEN = text("resolved_at IS NULL")
# Nobody is told of what is over before it is seen a second time.
HOLDS = dt.timedelta(seconds=10)
# What comes and goes is one alert: it is resolved once it has stayed away for so long.
QUIET = dt.timedelta(seconds=60)
# For how long past ones are kept.
KEPT = dt.timedelta(days=400)


class Alert(Model):
    """Of one `kind` (`alerts.kinds`) about one `subject`, such as a queue. `latest` and `worst` are
    figures in the unit of the kind, `threshold` the one that was passed. It is opened once however
    many machines look (its unique key), told once it has held, and resolves itself: since
    `clear_since` all is well."""

    __tablename__ = "alerts"
    __table_args__ = (
        Index(
            "ix_alerts_open",
            "kind",
            "subject",
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
        Index("ix_alerts_opened_at", "opened_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(40))
    threshold: Mapped[int] = mapped_column(BigInteger)
    latest: Mapped[int] = mapped_column(BigInteger)
    worst: Mapped[int] = mapped_column(BigInteger)
    opened_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    told_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    clear_since: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    resolved_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    def see(self, figure: int, worse: int) -> None:
        """It still is; `worse` is the worse one of this figure and the worst until now."""
        self.latest, self.worst, self.clear_since = figure, worse, None

    def tell(self, now: dt.datetime) -> bool:
        """Whether it has held for long enough, and nobody was told yet. A clock that was put back
        does not hold it up."""
        if self.told_at or self.opened_at <= now < self.opened_at + HOLDS:
            return False
        self.told_at = now
        return True

    def clear(self, now: dt.datetime) -> bool:
        """Not there any more; whether it is resolved by that."""
        self.clear_since = self.clear_since or now
        if self.clear_since <= now < self.clear_since + QUIET:
            return False
        self.resolved_at = self.clear_since
        return True
