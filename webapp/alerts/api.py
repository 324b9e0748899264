"""Alerts under /api/v1."""

from flask_babel import lazy_gettext as _l

from webapp.alerts.forms import AlertQuery
from webapp.alerts.kinds import KINDS
from webapp.alerts.models import Alert
from webapp.alerts.queries import open_alerts, past_alerts, told_alerts
from webapp.alerts.shapes import AlertOut
from webapp.http.answers import list_of
from webapp.web.api import api_blueprint, endpoint, list_answer

bp = api_blueprint("alerts")
ROWS = {None: told_alerts, "open": open_alerts, "resolved": past_alerts}


@endpoint(
    bp,
    "GET",
    "/alerts",
    "manager",
    query=AlertQuery,
    answer=list_of(AlertOut),
    summary=_l("What was wrong with the house's work, since when and until when, newest first."),
)
def list_alerts(asked: AlertQuery) -> dict[str, object]:
    rows = ROWS[asked.status]()
    return list_answer(asked, rows.where(Alert.kind.in_(KINDS)), (Alert.id,), _alert)


def _alert(alert: Alert) -> dict[str, object]:
    kind = KINDS[alert.kind]
    return {
        "id": alert.id,
        "kind": alert.kind,
        "subject": alert.subject,
        "text": kind.words(alert.subject, alert.latest),
        "unit": kind.unit,
        "threshold": alert.threshold,
        "latest": alert.latest,
        "worst": alert.worst,
        "opened_at": alert.opened_at.isoformat(),
        "resolved_at": alert.resolved_at and alert.resolved_at.isoformat(),
    }
