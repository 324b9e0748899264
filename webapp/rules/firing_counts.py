"""How often each rule fired, day by day: counted with the decisions, in their own transaction."""

import datetime as dt
import functools
from collections import Counter
from collections.abc import Iterable

from sqlalchemy.dialects import postgresql, sqlite

from webapp.platform.database import db
from webapp.rules.models import Decision, RuleFiring


def count_firings(decisions: Iterable[Decision], day: dt.date, now: dt.datetime) -> None:
    """Adds each rule that fired, once for each of these new decisions, to the shop's day."""
    counts = Counter(code for decision in decisions for code in _fired(decision))
    if counts:
        # In one order everywhere: two workers that add to the same rules wait for each other, but
        # never in a circle.
        rows = [
            {"code": code, "day": day, "sales": sales, "last_at": now}
            for code, sales in sorted(counts.items())
        ]
        db.session.execute(_upsert(db.session.get_bind().dialect.name), rows)


def _fired(decision: Decision) -> set[str]:
    return {outcome["code"] for outcome in decision.outcomes if outcome["outcome"] == "fired"}


@functools.cache
def _upsert(database: str):
    dialect = sqlite if database == "sqlite" else postgresql
    insert = dialect.insert(RuleFiring.__table__)
    changes = {
        "sales": RuleFiring.__table__.c.sales + insert.excluded.sales,
        "last_at": insert.excluded.last_at,
    }
    return insert.on_conflict_do_update(index_elements=["code", "day"], set_=changes)
