"""Failures weighed: causes with what waits for them, as pages and calls tell them."""

import datetime as dt
import enum
from collections.abc import Sequence
from typing import Any, NamedTuple

from flask_babel import LazyString, lazy_pgettext, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select

from webapp.addresses.models import PostalProvider
from webapp.attempts.cause_queries import (
    BY_MONEY,
    causes,
    has_healed,
    healed_lately,
    is_open,
    oldest_waits,
    pressing,
    waits,
)
from webapp.attempts.models import CauseState, FailureCause
from webapp.http.formatting import duration_text, money_text, with_query
from webapp.http.lists import Order, Tab, tabs_of
from webapp.http.query import query_choice, query_word
from webapp.monitor.causes import error_text
from webapp.monitor.queries import providers
from webapp.monitor.words import QUEUES as QUEUE_NAMES
from webapp.monitor.words import STEPS
from webapp.platform.clock import utc_now
from webapp.platform.queue import QUEUES
from webapp.web.listings import Asked, Cell, Listing

# On the queue monitor's page.
PRESSING = 10


class WeighedCause(NamedTuple):
    """A cause in words, and since when the oldest row waits for it."""

    cause: FailureCause
    says: str
    oldest_at: dt.datetime | None
    now: dt.datetime

    @property
    def weight(self) -> str:
        """Such as: 37 orders, R$ 12.340,00, the oldest has waited for 41 min."""
        cause = self.cause
        if not cause.waiting:
            return _("Nothing waits for it any more")
        steps = ngettext("%(num)s step", "%(num)s steps", cause.waiting)
        orders = ngettext("%(num)s order", "%(num)s orders", cause.orders)
        parts = [orders, money_text(cause.amount)] if cause.orders else [steps]
        if self.oldest_at:
            age = duration_text(max((self.now - self.oldest_at).total_seconds(), 0))
            parts.append(_("the oldest has waited for %(time)s", time=age))
        return ", ".join(parts)

    @property
    def step(self) -> str:
        cause = self.cause
        return str(STEPS.get((cause.kind, cause.step), cause.step))

    @property
    def is_open(self) -> bool:
        return self.state is CauseState.OPEN

    @property
    def state(self) -> CauseState:
        """As it is by now: what was ignored until a time that is over is open."""
        until = self.cause.ignored_until
        return CauseState.OPEN if until and until <= self.now else self.cause.state


def weighed(causes: Sequence[FailureCause]) -> list[WeighedCause]:
    now, known = utc_now(), providers()
    oldest = oldest_waits([cause.id for cause in causes])
    return [_weighed(cause, known, oldest.get(cause.id), now) for cause in causes]


def _weighed(
    cause: FailureCause,
    known: dict[str, PostalProvider],
    oldest_at: dt.datetime | None,
    now: dt.datetime,
) -> WeighedCause:
    said = error_text(cause.kind, cause.step, cause.error, known, now)
    # What came from outside, and is not known, stands as it was said.
    is_told = cause.error in said and not cause.place
    return WeighedCause(cause, cause.error if is_told else said, oldest_at, now)


def most_pressing(known: dict[str, PostalProvider]) -> dict[str, Any]:
    """What the section of the queue monitor shows: `pressing` causes, and `healed`."""
    now, found = utc_now(), pressing(PRESSING)
    causes_shown = [_weighed(cause, known, since, now) for cause, since in found.items()]
    return {"pressing": causes_shown, "healed": healed_lately()}


class CauseView(enum.StrEnum):
    WAITING = "waiting"
    HEALED = "healed"
    IGNORED = "ignored"
    RESOLVED = "resolved"
    ALL = "all"

    @property
    def label(self) -> LazyString:
        return _VIEWS[self]

    def conditions(self) -> list[ColumnElement[bool]]:
        opened = is_open(utc_now())
        return {
            CauseView.WAITING: [opened, waits()],
            CauseView.HEALED: [opened, has_healed()],
            CauseView.IGNORED: [FailureCause.state == CauseState.IGNORED, ~opened],
            CauseView.RESOLVED: [FailureCause.state == CauseState.RESOLVED],
        }.get(self, [])


_VIEWS = {
    CauseView.WAITING: _l("Something waits"),
    CauseView.HEALED: _l("Healed by themselves"),
    CauseView.IGNORED: lazy_pgettext("causes", "Ignored"),
    CauseView.RESOLVED: lazy_pgettext("causes", "Resolved"),
    CauseView.ALL: lazy_pgettext("causes", "All"),
}


class CauseFilters(NamedTuple):
    view: CauseView
    queue: str

    @classmethod
    def asked(cls, asked: Asked) -> "CauseFilters":
        """Raises WrongFilter."""
        view = query_choice("view", CauseView, asked) or CauseView.WAITING
        return cls(view, query_word("queue", QUEUES, asked))

    @property
    def found(self) -> Select[FailureCause]:
        return causes(*self.view.conditions(), queue=self.queue)

    def tabs(self) -> list[dict[str, object]]:
        tabs = [
            Tab(
                view.label,
                {"view": None if view is CauseView.WAITING else str(view)},
                self._replace(view=view).found.with_only_columns(FailureCause.id),
            )
            for view in CauseView
        ]
        return tabs_of(tabs, {"view": None if self.view is CauseView.WAITING else str(self.view)})

    def queues(self) -> list[dict[str, object]]:
        """As `lists.chips` takes them."""
        return [
            {
                "label": label,
                "href": with_query(queue=name or None, after=None, before=None),
                "active": name == self.queue,
            }
            for name, label in {"": _("All queues"), **QUEUE_NAMES}.items()
        ]


def _field(label: Any, name: str) -> Cell:
    return Cell(label, lambda each: getattr(each.cause, name))


CAUSES = Listing(
    name="causes",
    label=_l("Failures by cause"),
    endpoint="causes.index",
    rows=lambda asked: CauseFilters.asked(asked).found,
    orders={
        "amount": Order(BY_MONEY, down=True),
        "last": Order((FailureCause.last_at, FailureCause.id), down=True),
    },
    cells=(
        Cell(_l("Cause"), lambda each: each.says),
        Cell(_l("Queue"), lambda each: str(QUEUE_NAMES[each.cause.queue])),
        Cell(_l("Step"), lambda each: each.step),
        Cell(_l("State"), lambda each: str(each.state.label)),
        _field(_l("Orders"), "orders"),
        _field(_l("Amount"), "amount"),
        _field(_l("Steps that wait"), "waiting"),
        Cell(_l("Waits since"), lambda each: each.oldest_at),
        _field(_l("Failures"), "count"),
        _field(_l("Healed"), "healed"),
        _field(_l("First seen"), "first_at"),
        _field(_l("Last seen"), "last_at"),
    ),
    filters=("view", "queue"),
    gather=weighed,
)
