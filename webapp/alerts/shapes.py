"""The shape of an alert in answers."""

from webapp.alerts.kinds import Unit
from webapp.http.answers import Moment, OutShape


class AlertOut(OutShape):
    """`subject`: what it is about, such as a queue; `latest`, `worst` and `threshold` are in
    `unit`; `text` in words. It resolves itself: `resolved_at` is null until then."""

    id: int
    kind: str
    subject: str
    text: str
    unit: Unit
    threshold: int
    latest: int
    worst: int
    opened_at: Moment
    resolved_at: Moment | None
