"""A month's commissions as declarations: by agent, and one by one."""

from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from webapp.fulfilment import months
from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.commissions.payments import Settlement, settlements
from webapp.fulfilment.commissions.queries import commissions, paid_agents
from webapp.http.formatting import shop_day
from webapp.http.lists import Order, newest_first
from webapp.web.listings import Asked, Cell, Listing


class AgentMonth(NamedTuple):
    """An agent's month: the newest of its commissions, and what it comes to."""

    newest: Commission
    settlement: Settlement


def _gather(found: list[Commission]) -> list[AgentMonth]:
    by_agent = settlements(found[0].month) if found else {}
    return [AgentMonth(row, by_agent[row.agent_code]) for row in found]


def _one_by_one(asked: Asked) -> Select[Any]:
    return commissions(months.month_of(asked.get("month")), asked.get("agent", ""))


def _of_agent(label: Any, name: str) -> Cell:
    return Cell(label, lambda row: getattr(row.newest, name))


def _of_total(label: Any, name: str) -> Cell:
    return Cell(label, lambda row: getattr(row.settlement.total, name))


def _field(label: Any, name: str) -> Cell:
    return Cell(label, lambda commission: getattr(commission, name))


COMMISSIONS = Listing(
    name="commissions",
    label=_l("Commissions"),
    endpoint="commissions.index",
    rows=lambda asked: paid_agents(months.month_of(asked.get("month"))),
    orders={"agent": Order((Commission.agent_code,))},
    cells=(
        _of_agent(_l("Agent"), "agent_code"),
        _of_agent(_l("Name"), "agent_name"),
        _of_agent(_l("Month"), "month"),
        _of_total(_l("Orders"), "sales"),
        _of_total(_l("Sold"), "sold"),
        _of_total(_l("Commission"), "commission"),
        Cell(_l("Paid"), lambda row: row.settlement.paid),
        Cell(
            _l("Paid on"),
            lambda row: row.settlement.payment and shop_day(row.settlement.payment.paid_at),
        ),
        Cell(_l("Left to settle"), lambda row: row.settlement.left),
    ),
    filters=("month",),
    gather=_gather,
)
AGENT_COMMISSIONS = Listing(
    name="agent-commissions",
    label=_l("Commissions one by one"),
    endpoint="commissions.index",
    rows=_one_by_one,
    orders=newest_first(Commission.id),
    cells=(
        _field(_l("Agent"), "agent_code"),
        _field(_l("Name"), "agent_name"),
        _field(_l("Month"), "month"),
        Cell(_l("Order"), lambda commission: commission.sale.reference),
        _field(_l("SKU"), "sku"),
        _field(_l("Sold"), "base"),
        _field(_l("Percentage"), "percent"),
        _field(_l("Commission"), "amount"),
    ),
    filters=("month", "agent"),
)
