"""Views: filters of a list under a name; and lists that go out by e-mail on a schedule."""

import datetime as dt
import enum

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_babel.speaklater import LazyString
from sqlalchemy import (
    JSON,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    event,
    text,
    update,
)
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from webapp.platform.columns import EnumText, Timestamps, UtcDateTime
from webapp.platform.database import Model
from webapp.platform.owed import Owed, due_index
from webapp.staff.models import User
from webapp.store.models import Shop

LONGEST_NAME = 60
FILE_DAYS, MOST_BYTES = 7, 10 * 2**20


class View(Timestamps, Model):
    """`query`: what of the list's address it is filtered and sorted by. Shared it is everybody's
    who may open the list; pinned it stands in the menu of those whose it is."""

    __tablename__ = "views"
    __table_args__ = (
        UniqueConstraint("owner_id", "listing", "name"),
        Index(
            "ix_views_shared",
            "id",
            sqlite_where=text("shared = 1"),
            postgresql_where=text("shared"),
        ),
    )
    audited = ("listing", "name", "shared", "pinned")

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    listing: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    query: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    shared: Mapped[bool] = mapped_column(default=False)
    pinned: Mapped[bool] = mapped_column(default=False)

    @property
    def audit_name(self) -> str:
        return self.name


class ColumnChoice(Timestamps, Model):
    """Which columns of a list a person sees: those of its page without the `hidden` ones, and of
    its file `more`, by their names."""

    __tablename__ = "column_choices"
    __table_args__ = (UniqueConstraint("user_id", "listing"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    listing: Mapped[str] = mapped_column(String(40))
    hidden: Mapped[list[str]] = mapped_column(JSON, default=list)
    more: Mapped[list[str]] = mapped_column(JSON, default=list)


@event.listens_for(View, "after_insert")
@event.listens_for(View, "after_update")
@event.listens_for(View, "after_delete")
@event.listens_for(ColumnChoice, "after_insert")
@event.listens_for(ColumnChoice, "after_update")
def _mark(_mapper: object, connection: Connection, _row: View | ColumnChoice) -> None:
    """In the same transaction; the shop's own version stays, for nobody who edits it is told."""
    shop = Shop.__table__
    connection.execute(update(shop).values(views_mark=shop.c.views_mark + 1))


SATURDAY = 5


class Rhythm(enum.StrEnum):
    DAILY = "daily"
    # Monday to Friday.
    WEEKDAYS = "weekdays"
    WEEKLY = "weekly"
    MONTHLY = "monthly"

    @property
    def label(self) -> LazyString:
        return RHYTHM_LABELS[self]


RHYTHM_LABELS = {
    Rhythm.DAILY: _l("Every day"),
    Rhythm.WEEKDAYS: _l("Every weekday"),
    Rhythm.WEEKLY: _l("Every week"),
    Rhythm.MONTHLY: _l("Every month"),
}


class ScheduleStatus(enum.StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"

    @property
    def label(self) -> LazyString:
        return SCHEDULE_LABELS[self]


SCHEDULE_LABELS = {
    ScheduleStatus.ACTIVE: lazy_pgettext("a scheduled list", "Active"),
    ScheduleStatus.PAUSED: lazy_pgettext("a scheduled list", "Paused"),
}


class PausedFor(enum.StrEnum):
    """Why a schedule rests."""

    HAND = "hand"
    PERSON = "person"
    ROLE = "role"
    FILTER = "filter"

    @property
    def label(self) -> LazyString:
        return PAUSED_LABELS[self]


PAUSED_LABELS = {
    PausedFor.HAND: _l("Paused by hand"),
    PausedFor.PERSON: _l("Paused: the person has no access any more"),
    PausedFor.ROLE: _l("Paused: the person's role does not open this list any more"),
    PausedFor.FILTER: _l("Paused: the list does not know this filter any more"),
}


class ExportSchedule(Owed, Timestamps, Model):
    """A list that goes to a person of the staff, as a link, at `hour` of the shop's zone. `next_at`
    is the moment that it is owed for, whenever a worker comes to it."""

    __tablename__ = "export_schedules"
    __table_args__ = (due_index("export_schedules"),)
    audited = ("listing", "name", "rhythm", "hour", "status", "paused_for")

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    listing: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    query: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    ending: Mapped[str] = mapped_column(String(8))
    rhythm: Mapped[Rhythm] = mapped_column(EnumText(Rhythm))
    # 0 is Monday; the day of the month is at most the last one that every month has.
    weekday: Mapped[int] = mapped_column(default=0)
    day: Mapped[int] = mapped_column(default=1)
    hour: Mapped[int]
    status: Mapped[ScheduleStatus] = mapped_column(
        EnumText(ScheduleStatus), default=ScheduleStatus.ACTIVE
    )
    paused_for: Mapped[PausedFor | None] = mapped_column(EnumText(PausedFor))
    next_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    recipient: Mapped[User] = relationship()
    runs: Mapped[list["ExportRun"]] = relationship(
        order_by="ExportRun.id.desc()", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def audit_name(self) -> str:
        return self.name

    def falls_on(self, day: dt.date) -> bool:
        if self.rhythm is Rhythm.WEEKLY:
            return day.weekday() == self.weekday
        if self.rhythm is Rhythm.WEEKDAYS:
            return day.weekday() < SATURDAY
        return self.rhythm is Rhythm.DAILY or day.day == self.day

    def begin(self, now: dt.datetime, zone: dt.tzinfo) -> None:
        """From now on; what was missed meanwhile is not made up for."""
        self.status, self.paused_for = ScheduleStatus.ACTIVE, None
        self.next_at = following(self, now, zone)
        self.owe(self.next_at)

    def pause(self, why: PausedFor) -> None:
        """Said twice, the first reason holds."""
        if self.status is ScheduleStatus.ACTIVE:
            self.status, self.paused_for = ScheduleStatus.PAUSED, why
            self.clear_work()


def following(schedule: ExportSchedule, after: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """The first moment behind `after` for which the schedule is owed."""
    day = after.astimezone(zone).date()
    while True:
        moment = dt.datetime.combine(day, dt.time(schedule.hour), zone).astimezone(dt.UTC)
        if moment > after and schedule.falls_on(day):
            return moment
        day += dt.timedelta(1)


class ExportFile(Model):
    """A list as it stood when a schedule was owed for a moment of `given_on`; its link leads to it
    while it is kept (`FILE_DAYS`). Of one longer than MOST_BYTES nothing is kept."""

    __tablename__ = "export_files"
    __table_args__ = (UniqueConstraint("schedule_id", "given_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("export_schedules.id", ondelete="CASCADE"))
    given_on: Mapped[dt.date] = mapped_column(index=True)
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary))


class RunOutcome(enum.StrEnum):
    SENT = "sent"
    KEPT = "kept"
    FAILED = "failed"
    PAUSED = "paused"

    @property
    def label(self) -> LazyString:
        return OUTCOME_LABELS[self][0]

    @property
    def tone(self) -> str:
        return OUTCOME_LABELS[self][1]


OUTCOME_LABELS = {
    RunOutcome.SENT: (_l("Sent"), "good"),
    RunOutcome.KEPT: (_l("Not sent: no mail server is set"), "warn"),
    RunOutcome.FAILED: (_l("Could not be sent"), "bad"),
    RunOutcome.PAUSED: (_l("Paused"), "warn"),
}


class ExportRun(Model):
    """What became of one moment of a schedule; there is one for each, however many workers there
    are."""

    __tablename__ = "export_runs"
    __table_args__ = (UniqueConstraint("schedule_id", "owed_for"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(
        ForeignKey("export_schedules.id", ondelete="CASCADE"), index=True
    )
    owed_for: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[RunOutcome] = mapped_column(EnumText(RunOutcome))
