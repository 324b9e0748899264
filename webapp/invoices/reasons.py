"""What an NF-e waits for, in the few words that a queue is sorted by: what a reviewer returns it
for, the settings, or the rule that holds it."""

from collections.abc import Sequence
from typing import NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, func, select

from webapp.http.lists import COUNT_LIMIT
from webapp.invoices.forms import RETURN_LABELS
from webapp.invoices.models import Invoice
from webapp.platform.database import db
from webapp.platform.issues import Issue

SETTINGS, TAXES, OTHER = "settings", "taxes", "other"
REASON_LABELS = RETURN_LABELS | {SETTINGS: _l("Settings")}
# More of them than anybody chooses from.
MOST_OFFERED = 20
_TAX_FIELDS = ("cfop", "icms", "ibs_cbs", "tax_profile", "benefit_code")
_AREAS = {
    "address": "address",
    "delivery": "address",
    "customer": "customer",
    "lines": "items",
    "payment_method": "payment",
    "settings": SETTINGS,
    "calendar": TAXES,
}
_FIELDS = {"sale.lines": "items", "sale.payments": "payment", "sale.bills": "payment"}


class CountedReason(NamedTuple):
    reason: str
    notes: int


def reason_of(issue: Issue) -> str:
    """Of a finding of our checks, or of the authority's."""
    if issue.area != SETTINGS and issue.who == "accountant":
        return TAXES
    if issue.area == "lines" and issue.field.rpartition(".")[2] in _TAX_FIELDS:
        return TAXES
    return _FIELDS.get(issue.field) or _AREAS.get(issue.area, OTHER)


def reasons_among(view: ColumnElement[bool]) -> Sequence[CountedReason]:
    """Of the NF-e in a view of the list, those of the most NF-e first; counted among as many as
    lists count."""
    some = select(Invoice.reason).where(view).limit(COUNT_LIMIT + 1).subquery()
    count = func.count()
    query: Select[str, int] = select(some.c.reason, count).group_by(some.c.reason)
    rows = db.session.execute(query.order_by(count.desc(), some.c.reason).limit(MOST_OFFERED))
    return [CountedReason(*row) for row in rows]
