"""Backtests as rows: asking for one, the past it looks at, and the last ones of a draft."""

import datetime as dt

from flask_babel import gettext as _
from sqlalchemy import Select, func, select
from sqlalchemy.orm import defer

from webapp.errors import NotFound, Refusal
from webapp.extensions import db, utc_now
from webapp.rules.models import Backtest, BacktestStatus, Decision, RuleDraft
from webapp.rules.queries import open_draft, published
from webapp.sales.models import Sale

EVENT = "paid"
SHOWN_FOR_A_DRAFT = 5
LIGHT = (defer(Backtest.rules), defer(Backtest.changes))


def ask_backtest(days: int | None, as_of: dt.date | None, asked_by: str) -> Backtest:
    """A test of the open draft as it is now; who asks for the same one while it is under way is given that one. The
    caller commits. `as_of`: the day by which all sales are judged; None for each one's own."""
    draft = open_draft(lock=True)
    if draft is None:
        raise Refusal(_("There is no draft to test. Change a rule first."))
    present, now = published(), utc_now()
    same = select(Backtest).where(
        Backtest.draft_id == draft.id, Backtest.draft_version == draft.version, Backtest.base_id == present.id,
        Backtest.status == BacktestStatus.PENDING, Backtest.days.is_not_distinct_from(days),
        Backtest.as_of.is_not_distinct_from(as_of),
    )
    under_way = db.session.scalar(same.limit(1))
    if under_way:
        return under_way
    asked = Backtest(draft_id=draft.id, base_id=present.id, draft_version=draft.version, rules=draft.rules, days=days,
                     as_of=as_of, asked_by=asked_by, created_at=now)
    db.session.add(asked)
    _begin(asked, now)
    return asked


def _begin(asked: Backtest, now: dt.datetime) -> None:
    past = _past(asked).with_only_columns(func.count(), func.min(Decision.id), func.max(Decision.id))
    asked.total, first, last = db.session.execute(past).one()
    if asked.total:
        asked.cursor, asked.upto = first - 1, last
        asked.owe(now)
    else:
        asked.go_on(0, 0, now)


def _past(asked: Backtest) -> Select:
    query = select(Decision.id).where(Decision.event == EVENT)
    if asked.since is None:
        return query
    # Nothing is decided before it is paid: the index on the decisions' own moment narrows the search.
    return query.join(Sale, Sale.id == Decision.sale_id).where(Decision.decided_at >= asked.since, Sale.paid_at >= asked.since)


def past_decisions(asked: Backtest, upto: int) -> Select:
    """(id, sale_id, facts, paid_at) of the decisions that are still to be judged, those up to `upto`, the newest first."""
    query = select(Decision.id, Decision.sale_id, Decision.facts, Sale.paid_at).join(Sale, Sale.id == Decision.sale_id)
    if asked.since:
        query = query.where(Sale.paid_at >= asked.since)
    between = Decision.id > asked.cursor, Decision.id <= upto
    return query.where(Decision.event == EVENT, *between).order_by(Decision.id.desc())


def backtest_by_id(backtest_id: int, lock: bool = False) -> Backtest:
    """Without the rules it tests and the sales that change: they are megabytes, and most pages show neither."""
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
