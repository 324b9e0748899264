"""JSON calls of commissions."""

from flask_babel import lazy_gettext as _l

from webapp.fulfilment import months
from webapp.fulfilment.commissions import queries
from webapp.fulfilment.commissions.forms import CommissionQuery
from webapp.fulfilment.commissions.models import Commission
from webapp.fulfilment.commissions.shapes import CommissionOut
from webapp.http.answers import list_of
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("commissions")


@endpoint(
    bp,
    "GET",
    "/commissions",
    "manager",
    "accountant",
    query=CommissionQuery,
    answer=list_of(CommissionOut),
    summary=_l("What each agent earned in a month, net of reversals."),
)
def list_commissions(asked: CommissionQuery) -> dict[str, object]:
    month = asked.month.strftime("%Y-%m") if asked.month else months.this_month()
    totals = queries.agent_totals(month)

    def show(row: Commission) -> dict[str, object]:
        total = totals[row.agent_code]
        return {
            "agent": row.agent_code,
            "name": row.agent_name,
            "sales": total.sales,
            "sold": str(total.sold),
            "commission": str(total.commission),
        }

    agents = queries.paid_agents(month, asked.agent)
    return list_answer(asked, agents, (Commission.agent_code,), show, descending=False)
