"""The list of attempts: filters from the address, tabs, rows; what a search looks through."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import pgettext
from sqlalchemy import Select, select

from webapp.attempts.models import Attempt, AttemptOutcome, FailureCause
from webapp.attempts.queries import among, attempts, causes_called
from webapp.http.formatting import with_query
from webapp.http.lists import Order, Tab, tabs_of
from webapp.http.periods import Period
from webapp.http.query import WrongFilter, query_choice, query_word
from webapp.monitor import words
from webapp.monitor.causes import error_text
from webapp.monitor.subjects import references
from webapp.platform.codes import LONGEST
from webapp.platform.database import db
from webapp.platform.queue import QUEUES
from webapp.platform.text import storable
from webapp.platform.whole import whole_number
from webapp.sales.finding import found_sales
from webapp.sales.models import Sale
from webapp.web.listings import Asked, Cell, Listing

# Of a search that fits many orders, those whose attempts are looked for: the newest.
SALES_SOUGHT = 200
STEP_NAMES = {f"{kind}.{step}": label for (kind, step), label in words.STEPS.items()}
ORDERS = {"when": Order((Attempt.ended_at, Attempt.id), down=True)}


class AttemptFilters(NamedTuple):
    """What an address asks the list of attempts for."""

    q: str
    queue: str
    step: str
    outcome: AttemptOutcome | None
    cause: int | None
    sale: int | None
    period: Period

    @classmethod
    def asked(cls, asked: Asked) -> "AttemptFilters":
        """Raises WrongFilter."""
        return cls(
            storable(asked.get("q", "")).strip()[:LONGEST],
            query_word("queue", QUEUES, asked),
            query_word("step", STEP_NAMES, asked),
            query_choice("outcome", AttemptOutcome, asked),
            _id("cause", asked),
            _id("sale", asked),
            Period.asked(asked),
        )

    @property
    def found(self) -> Select[Attempt]:
        step = self.step.partition(".")
        query = attempts(
            self.queue,
            (step[0], step[2]) if self.step else None,
            self.outcome,
            self.cause,
            self.sale,
            self.period.begins,
            self.period.ends,
        )
        if self.q:
            sought = among(sales_called(self.q), causes_called(self.q))
            query = query.where(Attempt.id.in_(sought))
        return query


def _id(name: str, asked: Asked) -> int | None:
    written = asked.get(name, "")
    found = whole_number(written, 1)
    if written and found is None:
        raise WrongFilter(name, args=asked)
    return found


def _ids(query: Select[Attempt]) -> Select[int]:
    return query.with_only_columns(Attempt.id)


def sales_called(q: str) -> list[int]:
    """Ids of the newest orders that fit: by reference, customer, number or key of the NF-e."""
    query = select(Sale.id).where(found_sales(q)).order_by(Sale.id.desc())
    return list(db.session.scalars(query.limit(SALES_SOUGHT)))


# -- what stands above the rows -------------------------------------------------------------------


def tabs(filters: AttemptFilters) -> list[dict[str, Any]]:
    """One for each outcome, counted under the other filters; what is done is not counted."""
    found = (
        Tab(
            outcome.label,
            {"outcome": str(outcome)},
            None
            if outcome is AttemptOutcome.DONE
            else _ids(filters._replace(outcome=outcome).found),
        )
        for outcome in AttemptOutcome
    )
    chosen = str(filters.outcome) if filters.outcome else None
    every = Tab(pgettext("attempts", "All"), {"outcome": None})
    return tabs_of([every, *found], {"outcome": chosen})


def chosen(filters: AttemptFilters) -> list[dict[str, Any]]:
    """Each filter that holds, in words, with the address of the list without it."""
    cause = db.session.get(FailureCause, filters.cause) if filters.cause else None
    sale = references([filters.sale]).get(filters.sale or 0, "")
    told = {
        "queue": filters.queue and words.QUEUES[filters.queue],
        "step": filters.step and STEP_NAMES[filters.step],
        "cause": cause and _("Cause: %(error)s", error=cause_text(cause)[:80]),
        "sale": sale and _("Order %(reference)s", reference=sale),
    }
    chips = [{"label": label, "href": _href(name)} for name, label in told.items() if label]
    return chips + filters.period.chosen()


def choices(filters: AttemptFilters) -> list[dict[str, Any]]:
    return [
        _choice(_("Queue"), "queue", words.QUEUES.items(), filters.queue),
        _choice(_("Step"), "step", STEP_NAMES.items(), filters.step),
        filters.period.choice(),
    ]


def _choice(label: str, name: str, values: Iterable[tuple[str, Any]], now: str) -> dict[str, Any]:
    options = [
        {"label": told, "href": _href(name, value), "active": value == now}
        for value, told in values
    ]
    return {"label": label, "options": options}


def _href(name: str, value: str | None = None) -> str:
    return with_query(**{name: value, "after": None, "before": None})


# -- rows -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AttemptRow:
    """An attempt with what its row shows beside it; `reference`: of its order, if any."""

    attempt: Attempt
    reference: str
    cause: FailureCause | None

    @property
    def step(self) -> Any:
        return words.STEPS.get((self.attempt.kind, self.attempt.step), self.attempt.step)

    @property
    def error(self) -> str:
        """Why it was in vain, in words."""
        attempt = self.attempt
        return error_text(attempt.kind, attempt.step, attempt.error) if attempt.error else ""

    @property
    def took(self) -> str:
        return words.latency_text(self.attempt.took_ms)

    @property
    def waited(self) -> str:
        return words.latency_text(self.attempt.waited_ms)


def cause_text(cause: FailureCause) -> str:
    return error_text(cause.kind, cause.step, cause.error)


def rows_of(found: list[Attempt]) -> list[AttemptRow]:
    known = references(attempt.sale_id for attempt in found)
    ids = {attempt.cause_id for attempt in found} - {None}
    query = select(FailureCause).where(FailureCause.id.in_(ids))
    causes = {cause.id: cause for cause in db.session.scalars(query)} if ids else {}
    return [
        AttemptRow(attempt, known.get(attempt.sale_id or 0, ""), causes.get(attempt.cause_id or 0))
        for attempt in found
    ]


ATTEMPTS = Listing(
    name="attempts",
    label=_l("Attempts"),
    endpoint="jobs.attempts",
    rows=lambda asked: AttemptFilters.asked(asked).found,
    orders=ORDERS,
    cells=(
        Cell(_l("When"), lambda row: row.attempt.ended_at),
        Cell(_l("Begun"), lambda row: row.attempt.began_at),
        Cell(_l("Step"), lambda row: str(row.step)),
        Cell(_l("Queue"), lambda row: str(words.QUEUES.get(row.attempt.queue, row.attempt.queue))),
        Cell(_l("Order"), lambda row: row.reference),
        Cell(_l("Outcome"), lambda row: str(row.attempt.outcome.label)),
        Cell(_l("Reason"), lambda row: row.error),
        Cell(_l("Tries"), lambda row: row.attempt.times),
        Cell(_l("Waited (ms)"), lambda row: row.attempt.waited_ms),
        Cell(_l("Took (ms)"), lambda row: row.attempt.took_ms),
        Cell(_l("Process"), lambda row: row.attempt.worker),
    ),
    filters=("q", "queue", "step", "outcome", "cause", "sale", "since", "until"),
    gather=rows_of,
)
