"""JSON calls of commissions."""

from flask import request

from webapp.fulfilment import months
from webapp.fulfilment.commissions import queries
from webapp.fulfilment.commissions.models import Commission
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("commissions")
PAGE = ("limit", "cursor")


@endpoint(bp, "GET", "/commissions", "manager", "accountant", query=("month", "agent", *PAGE))
def list_commissions():
    """What each agent earned in a month, net of reversals."""
    month = months.month_of(request.args.get("month"))
    totals = queries.agent_totals(month)

    def show(row: Commission) -> dict:
        total = totals[row.agent_code]
        return {
            "agent": row.agent_code,
            "name": row.agent_name,
            "sales": total.sales,
            "sold": str(total.sold),
            "commission": str(total.commission),
        }

    agents = queries.paid_agents(month, request.args.get("agent"))
    return list_answer(agents, (Commission.agent_code,), show, descending=False)
