"""What the house is looked at for, as one table: a new kind of alert is one line here."""

import enum
from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_babel.speaklater import LazyString

from webapp.addresses.words import provider_label
from webapp.alerts import measures
from webapp.alerts.measures import Measure
from webapp.http.formatting import duration_text, number_text
from webapp.monitor.words import QUEUES as QUEUE_NAMES
from webapp.processing.recurring import RECURRING


class Unit(enum.StrEnum):
    MINUTES = "minutes"
    PERCENT = "percent"
    COUNT = "count"
    DAYS = "days"
    MEGABYTES = "megabytes"
    # It is, or it is not.
    STATE = "state"

    @property
    def suffix(self) -> LazyString | str:
        return _SUFFIXES.get(self, "")

    def words(self, figure: int) -> str:
        if self is Unit.MINUTES:
            return duration_text(figure * 60)
        if self is Unit.PERCENT:
            return f"{figure} %"
        if self is Unit.DAYS:
            return ngettext("%(num)s day", "%(num)s days", figure)
        return f"{number_text(figure)} MB" if self is Unit.MEGABYTES else number_text(figure)


_SUFFIXES = {
    Unit.MINUTES: _l("minutes"),
    Unit.PERCENT: "%",
    Unit.DAYS: _l("days"),
    Unit.MEGABYTES: "MB",
}


def _queue_name(subject: str) -> str:
    return str(QUEUE_NAMES.get(subject, subject))


def _work_name(subject: str) -> str:
    return str(RECURRING[subject].label) if subject in RECURRING else subject


@dataclass(frozen=True)
class AlertKind:
    """`limit`: from which figure on it is told, down to which where `is_low`, for a shop that has
    set none; `sentence` names subject and value; `page`: the endpoint where something is done."""

    key: str
    label: LazyString
    sentence: LazyString
    unit: Unit
    limit: int
    measure: Measure
    page: str
    is_low: bool = False
    subject_name: Callable[[str], str] = str

    def passes(self, figure: int, limit: int) -> bool:
        return figure <= limit if self.is_low else figure >= limit

    def worse(self, one: int, other: int) -> int:
        return min(one, other) if self.is_low else max(one, other)

    def words(self, subject: str, figure: int) -> str:
        return str(self.sentence) % {
            "subject": self.subject_name(subject),
            "value": self.unit.words(figure),
        }


KINDS: dict[str, AlertKind] = {
    kind.key: kind
    for kind in (
        AlertKind(
            "oldest",
            _l("Oldest work of a queue"),
            _l("%(subject)s: the oldest work has waited for %(value)s"),
            Unit.MINUTES,
            15,
            measures.oldest_minutes,
            "monitor.page",
            subject_name=_queue_name,
        ),
        AlertKind(
            "piled_up",
            _l("Steps piled up in a queue"),
            _l("%(subject)s: steps that have piled up: %(value)s"),
            Unit.COUNT,
            500,
            measures.piled_up,
            "monitor.page",
            subject_name=_queue_name,
        ),
        AlertKind(
            "failing",
            _l("Share of the latest tries that failed"),
            _l("%(subject)s: %(value)s of the tries of the last ten minutes failed"),
            Unit.PERCENT,
            50,
            measures.failing_percent,
            "monitor.page",
            subject_name=_queue_name,
        ),
        AlertKind(
            "provider",
            _l("Postal code service without an answer"),
            _l("%(subject)s has given no answer about postal codes for %(value)s"),
            Unit.MINUTES,
            5,
            measures.providers_away_minutes,
            "monitor.page",
            subject_name=lambda subject: str(provider_label(subject)),
        ),
        AlertKind(
            "authority",
            _l("SEFAZ away"),
            _l("SEFAZ has taken no NF-e for %(value)s"),
            Unit.MINUTES,
            5,
            measures.authority_away_minutes,
            "authority.page",
        ),
        AlertKind(
            "certificate",
            _l("Certificate about to end"),
            _l("The certificate that signs NF-e counts for %(value)s more"),
            Unit.DAYS,
            15,
            measures.certificate_days,
            "authority.page",
            is_low=True,
        ),
        AlertKind(
            "label_token",
            _l("Token of Melhor Envio about to end"),
            _l("The token by which labels are bought at Melhor Envio counts for %(value)s more"),
            Unit.DAYS,
            5,
            measures.label_token_days,
            "parcels.index",
            is_low=True,
        ),
        AlertKind(
            "numbers",
            _l("Numbers of NF-e to be voided"),
            _l("Series %(subject)s: numbers without an NF-e are to be voided within %(value)s"),
            Unit.DAYS,
            5,
            measures.days_to_void,
            "series.index",
            is_low=True,
        ),
        AlertKind(
            "disk",
            _l("Room left on the disk"),
            _l("The disk has room for %(value)s more"),
            Unit.MEGABYTES,
            500,
            measures.free_megabytes,
            "monitor.page",
            is_low=True,
        ),
        AlertKind(
            "mail",
            _l("E-mails of a day that did not arrive"),
            _l("E-mails of the last 24 hours that did not arrive: %(value)s"),
            Unit.COUNT,
            20,
            measures.mail_that_failed,
            "messages.index",
        ),
        AlertKind(
            "worker",
            _l("A queue without a worker"),
            _l("No worker is running for: %(subject)s"),
            Unit.STATE,
            1,
            measures.queues_without_worker,
            "monitor.page",
            subject_name=_queue_name,
        ),
        AlertKind(
            "sweeper",
            _l("No sweeper"),
            _l("The sweeper is not running: work that was interrupted is not taken up again."),
            Unit.STATE,
            1,
            measures.sweeper_away,
            "monitor.page",
        ),
        AlertKind(
            "redis",
            _l("Redis of no use"),
            _l("Redis does not answer, or takes nothing new"),
            Unit.STATE,
            1,
            measures.redis_faults,
            "monitor.page",
        ),
        AlertKind(
            "schedule",
            _l("Recurring work that failed"),
            _l("“%(subject)s” failed at its last run"),
            Unit.STATE,
            1,
            measures.work_that_failed,
            "monitor.schedule_page",
            subject_name=_work_name,
        ),
    )
}


def limit_words(kind: AlertKind, threshold: int) -> str:
    """From where on it is told; "" where it is or is not."""
    if kind.unit is Unit.STATE:
        return ""
    value = kind.unit.words(threshold)
    if kind.is_low:
        return _("told from %(value)s down", value=value)
    return _("told from %(value)s on", value=value)
