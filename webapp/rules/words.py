"""The titles of the tasks that rules open, by their codes."""

from flask_babel import lazy_gettext as _l

TASK_TITLES = {
    "upgrade_without_membership": _l("Upgrade without an active membership"),
    "reactivation_without_lapsed": _l("Reactivation without a lapsed membership"),
    "gift_out_of_stock": _l("The gift has run out"),
    "customer_without_email": _l("No e-mail address"),
}


def task_words(code: str) -> str:
    """A code that only a shop's own rule knows stands for itself."""
    return str(TASK_TITLES.get(code) or code.replace("_", " ").capitalize())
