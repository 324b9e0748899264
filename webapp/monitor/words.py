"""The queue monitor's names for queues, steps and the state of a worker."""

from flask_babel import lazy_gettext as _l

QUEUES = {
    "addresses": _l("Addresses"),
    "rules": _l("Rules"),
    "invoices": _l("NF-e"),
    "mail": _l("E-mails"),
    "bulk": _l("Long errands"),
}
# By the kind and status of the row that owes the step.
STEPS = {
    ("sale", "address"): _l("Checking the address"),
    ("sale", "rules"): _l("Applying the rules"),
    ("sale", "invoice"): _l("Preparing the NF-e"),
    ("effect", "pending"): _l("Carrying out an effect of the rules"),
    ("invoice", "approved"): _l("Signing the NF-e"),
    ("invoice", "sending"): _l("Sending to SEFAZ"),
    ("message", "pending"): _l("Sending the e-mail"),
    ("backtest", "pending"): _l("Testing rules on past orders"),
}
WORKER_STATES = {
    "busy": _l("Working"),
    "idle": _l("Waiting for work"),
    "started": _l("Starting"),
    "suspended": _l("Paused"),
}
JOB_GONE = _l(
    "This job is not among the failed ones any more: somebody retried or deleted it, or its time "
    "was over."
)
