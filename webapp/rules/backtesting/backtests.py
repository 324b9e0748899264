"""Backtests as rows: asking for one, the past it looks at, and the last ones of a draft."""

import datetime as dt
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Select, func, select
from sqlalchemy.orm import defer

from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import NotFound, Refusal
from webapp.platform.sliced import SliceStatus
from webapp.rules.core.book import RuleBook
from webapp.rules.models import Backtest, Decision, RuleDraft
from webapp.rules.queries import in_force, open_draft
from webapp.sales.models import Sale

EVENT = "paid"
SHOWN_FOR_A_DRAFT = 5
MOST_DAYS = 20
LIGHT = (defer(Backtest.rules), defer(Backtest.changes))


class Past(NamedTuple):
    """What there is to look back on from `at`: `total` decisions, their ids above `cursor` and up
    to `upto`."""

    at: dt.datetime
    days: int | None
    total: int
    cursor: int
    upto: int


def look_back(days: int | None) -> Past:
    """At the sales paid in the last `days`, or all. It may take a second; nothing is written or
    locked."""
    now = utc_now()
    query = select(func.count(), func.min(Decision.id), func.max(Decision.id)).where(
        Decision.event == EVENT
    )
    if days is not None:
        since = now - dt.timedelta(days=days)
        # Nothing is decided before it is paid: the index on the decisions' own moment narrows the
        # search.
        query = query.join(Sale, Sale.id == Decision.sale_id).where(
            Decision.decided_at >= since, Sale.paid_at >= since
        )
    total, first, last = db.session.execute(query).one()
    return Past(now, days, total, first - 1 if total else 0, last or 0)


def ask_backtest(past: Past, as_of: dt.date | None, asked_by: str) -> Backtest:
    """A test of the open draft as it is now; who asks for the same one while it is under way is
    given that one. `as_of`: the day by which all sales are judged; None for that of each sale."""
    draft = open_draft(lock=True)
    if draft is None:
        raise Refusal(_("There is no draft to test. Change a rule first."))
    base_id = in_force().id
    under_way = _under_way(draft, base_id, past.days, as_of)
    if under_way:
        return under_way
    backtest = Backtest(
        draft_id=draft.id,
        base_id=base_id,
        draft_version=draft.version,
        rules=draft.rules,
        days=past.days,
        as_of=as_of,
        asked_by=asked_by,
        created_at=past.at,
        total=past.total,
        cursor=past.cursor,
        status=SliceStatus.PENDING,
        sales=0,
    )
    backtest.go_on(past.upto, 0, past.at)
    db.session.add(backtest)
    db.session.flush()
    return backtest


def _under_way(
    draft: RuleDraft, base_id: int, days: int | None, as_of: dt.date | None
) -> Backtest | None:
    return db.session.scalar(
        select(Backtest)
        .options(*LIGHT)
        .limit(1)
        .where(
            Backtest.draft_id == draft.id,
            Backtest.draft_version == draft.version,
            Backtest.base_id == base_id,
            Backtest.status == SliceStatus.PENDING,
            Backtest.days.is_not_distinct_from(days),
            Backtest.as_of.is_not_distinct_from(as_of),
        )
    )


def days_to_come(book: RuleBook, today: dt.date) -> list[dt.date]:
    """The days after today on which a rule begins: a test may judge all past sales as if it were
    one of them."""
    days = {
        dt.date.fromisoformat(rule.raw["valid_from"])
        for rule in book
        if rule.raw.get("valid_from") and rule.enabled
    }
    return sorted(day for day in days if day > today)[:MOST_DAYS]


def past_decisions(backtest: Backtest, upto: int) -> Select[int, int, dict[str, Any], dt.datetime]:
    """(id, sale_id, facts, paid_at) of the decisions that are still to be judged, those up to
    `upto`, the newest first."""
    query = select(Decision.id, Decision.sale_id, Decision.facts, Sale.paid_at).join(
        Sale, Sale.id == Decision.sale_id
    )
    if backtest.since:
        query = query.where(Sale.paid_at >= backtest.since)
    between = Decision.id > backtest.cursor, Decision.id <= upto
    return query.where(Decision.event == EVENT, *between).order_by(Decision.id.desc())


def backtest_by_id(backtest_id: int, lock: bool = False) -> Backtest:
    """Without the rules it tests and the sales that change: they are megabytes, and most pages show
    neither."""
    query = select(Backtest).where(Backtest.id == backtest_id).options(*LIGHT)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = db.session.scalar(query) if backtest_id < 2**31 else None
    if found is None:
        raise NotFound(_("There is no such test."))
    return found


def backtests_of(draft: RuleDraft) -> list[Backtest]:
    """The last ones of a draft, the newest first."""
    query = select(Backtest).where(Backtest.draft_id == draft.id).options(*LIGHT)
    return list(db.session.scalars(query.order_by(Backtest.id.desc()).limit(SHOWN_FOR_A_DRAFT)))
