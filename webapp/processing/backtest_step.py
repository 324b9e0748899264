"""Backtests: past sales judged slice by slice by the rules in force and by a draft's. Nothing else
is written."""

import datetime as dt
from time import monotonic
from typing import NamedTuple

from sqlalchemy.orm import defer

from webapp.http.formatting import shop_day
from webapp.platform.database import db
from webapp.processing.facts import product_facts
from webapp.processing.slicing import SLICE_SECONDS, SlicedStep
from webapp.rules.backtesting.backtests import past_decisions
from webapp.rules.backtesting.comparison import Comparison, ComparisonTotals
from webapp.rules.core.actions import ADD_ITEM
from webapp.rules.core.engine import RuleSet
from webapp.rules.models import Backtest
from webapp.rules.queries import compiled

# Decisions read at a time; what they hold is the most that a slice keeps in memory.
CHUNK = 1000


class Slice(NamedTuple):
    """What came of one: how far it got, how many sales it judged, and what all sales so far came
    to."""

    upto: int
    sales: int
    totals: ComparisonTotals


class BacktestStep(SlicedStep[Backtest, Slice]):
    """Both sides judge each past sale by its frozen facts."""

    model = Backtest
    write_load = (defer(Backtest.rules), defer(Backtest.result), defer(Backtest.changes))

    def __init__(self):
        # The comparison at hand, by its backtest: a worker compiles the rules once, not once for
        # each slice.
        self._at_hand: tuple[tuple, Comparison] | None = None

    def write_row(self, row: Backtest, shared: dict[int, Slice], now: dt.datetime) -> None:
        done = shared[row.id]
        row.result, row.changes = done.totals.figures_to_json(), done.totals.changes
        row.go_on(done.upto, done.sales, now)

    def slice_of(self, row: Backtest) -> Slice:
        """Each chunk is read and let go before it is judged."""
        comparison = self._comparison(row)
        comparison.totals = ComparisonTotals.from_json(row.result, row.changes)
        upto, sales, end = row.upto, 0, monotonic() + SLICE_SECONDS
        while True:
            chunk = db.session.execute(past_decisions(row, upto).limit(CHUNK)).all()
            days = [row.as_of or shop_day(decision.paid_at) for decision in chunk]
            db.session.rollback()
            for decision, day in zip(chunk, days, strict=True):
                comparison.judge(decision.sale_id, decision.facts, day)
            sales += len(chunk)
            upto = chunk[-1].id - 1 if len(chunk) == CHUNK else row.cursor
            if upto <= row.cursor or monotonic() >= end:
                break
        if upto <= row.cursor:
            self._at_hand = None
        return Slice(upto, sales, comparison.totals)

    def _comparison(self, row: Backtest) -> Comparison:
        key = row.id, row.created_at
        if self._at_hand is None or self._at_hand[0] != key:
            old, new = compiled(row.base_id), RuleSet(0, row.rules)
            catalog = product_facts(_gifts(old) | _gifts(new))
            db.session.rollback()
            self._at_hand = key, Comparison(old, new, catalog.get)
        return self._at_hand[1]


def _gifts(rule_set: RuleSet) -> set[str]:
    return {
        str(use.params["sku"])
        for rule in rule_set.rules
        for use in rule.then
        if use.action is ADD_ITEM
    }
