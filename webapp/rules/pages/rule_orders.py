"""The last orders for which a rule fired."""

import datetime as dt
from typing import Any

from flask import render_template
from sqlalchemy import select

from webapp.http.localization import locale
from webapp.platform.database import db
from webapp.rules.core.rule import Rule
from webapp.rules.models import Decision, RuleFiring
from webapp.rules.pages.blueprint import bp
from webapp.rules.queries import compiled, rule_set_in_force
from webapp.sales.models import Sale
from webapp.staff.access import allow

MOST_ORDERS = 20
# Of a rule that fires often the newest decisions tell enough; of one that seldom does, the last
# ones of each day it did.
DAYS = 20
NEWEST = 200


def last_fired_for(code: str) -> list[tuple[dt.datetime, Sale]]:
    """(when it was decided, the order), the newest first: the last ones, not every one. Reads by
    index alone."""
    days = (
        select(RuleFiring.last_at)
        .where(RuleFiring.code == code)
        .order_by(RuleFiring.day.desc())
        .limit(DAYS)
    )
    moments = list(db.session.scalars(days))
    if not moments:
        return []
    decisions = select(Decision.sale_id, Decision.decided_at, Decision.outcomes)
    newest = (
        decisions.where(Decision.decided_at <= max(moments))
        .order_by(Decision.decided_at.desc())
        .limit(NEWEST)
    )
    rows = [
        *db.session.execute(newest),
        *db.session.execute(decisions.where(Decision.decided_at.in_(moments))),
    ]
    at = {sale_id: decided_at for sale_id, decided_at, outcomes in rows if _fired(code, outcomes)}
    ids = sorted(at, key=lambda sale_id: at[sale_id], reverse=True)[:MOST_ORDERS]
    sales = {sale.id: sale for sale in db.session.scalars(select(Sale).where(Sale.id.in_(ids)))}
    return [(at[sale_id], sales[sale_id]) for sale_id in ids]


def _fired(code: str, outcomes: list[dict[str, Any]]) -> bool:
    return any(outcome["code"] == code and outcome["outcome"] == "fired" for outcome in outcomes)


@bp.get("/rules/<code>/orders")
@allow("manager")
def orders_of_rule(code: str) -> str:
    rule, fired = rule_set_in_force().by_code.get(code), last_fired_for(code[:60])
    known = rule or _as_it_was(code, fired)
    return render_template(
        "rules/orders.html",
        code=code,
        name=known.name_in(locale()) if known else code,
        is_in_force=rule is not None,
        fired=fired,
    )


def _as_it_was(code: str, fired: list[tuple[dt.datetime, Sale]]) -> Rule | None:
    """A rule that was removed since, as it was when it last fired."""
    if not fired:
        return None
    decided_at, sale = fired[0]
    decided = (Decision.sale_id == sale.id) & (Decision.decided_at == decided_at)
    version = db.session.scalars(select(Decision.rule_set_id).where(decided)).first()
    return compiled(version).by_code.get(code) if version else None
