"""The commissions of a month as a file for a spreadsheet."""

import csv
import io

from webapp.extensions import db
from webapp.fulfilment.models import Commission
from webapp.fulfilment.queries import agent_totals, paid_agents

# A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def commissions_csv(month: str, header: list[str], brazilian: bool) -> str:
    """A line for each agent, as spreadsheets of the reader's country read it: semicolons and a decimal comma in Brazil."""
    totals = agent_totals(month)
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";" if brazilian else ",")
    writer.writerow(header)
    for row in db.session.scalars(paid_agents(month).order_by(Commission.agent_code)):
        total = totals[row.agent_code]
        amounts = [str(amount).replace(".", "," if brazilian else ".") for amount in (total.sold, total.commission)]
        writer.writerow([_inert(row.agent_code), _inert(row.agent_name), month, total.sales, *amounts])
    return file.getvalue()


def _inert(text: str) -> str:
    return "'" + text if text.startswith(FORMULA_STARTS) else text
