"""The queue monitor's names for queues, steps and the state of a worker."""

from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.http.formatting import duration_text
from webapp.processing.pipeline import WORKED

QUEUES = {
    "addresses": _l("Addresses"),
    "rules": _l("Rules"),
    "invoices": _l("NF-e"),
    "mail": _l("E-mails"),
    "bulk": _l("Long-running jobs"),
}
# By the kind and status of the row that owes the step.
STEPS = {(station.kind, str(station.status)): station.label for station in WORKED}
WORKER_STATES = {
    "busy": _l("Working"),
    "idle": _l("Waiting for work"),
    "started": _l("Starting"),
    "suspended": _l("Paused"),
}
JOB_ABANDONED = _l("The process stopped in the middle of its work.")
_DATABASE = _l("The database did not answer in time.")
# By the name of the exception that ended the job.
JOB_ERRORS = {
    "StrangeJob": _l("The job asks for work that is none of the shop's own; delete it."),
    "JobTimeoutException": _l("The job took too long and was stopped."),
    "OperationalError": _DATABASE,
    "InterfaceError": _DATABASE,
    "DBAPIError": _DATABASE,
    "StaleDataError": _l("Somebody changed the record at the same moment."),
    "ConnectionError": _l("A connection broke in the middle of the work."),
    "TimeoutError": _l("Something that the work needs did not answer in time."),
}
JOB_FAILED = _l("The program stopped over an error; the traceback tells support which.")
JOB_UNREADABLE = _l("This entry cannot be read; it is none of the shop's own. Delete it.")
JOB_GONE = _l(
    "This job is not among the failed ones any more: somebody retried or deleted it, or its time "
    "was over."
)


def latency_text(milliseconds: int) -> str:
    """How long steps took, as finely as it matters: 80 ms, 2.4 s, 3 min."""
    if milliseconds < 1000:
        return _("%(num)s ms", num=milliseconds)
    if milliseconds < 60_000:
        return _("%(seconds)s s", seconds=format_decimal(round(milliseconds / 1000, 1)))
    return duration_text(milliseconds / 1000)
