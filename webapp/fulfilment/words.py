"""What a task asks of a person, in the reader's language: from its code and the facts it was opened with."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.fulfilment.models import Task
from webapp.messages.words import template_name
from webapp.rules.words import task_words

# By the codes of TASK_TITLES.
QUESTIONS = {
    "upgrade_without_membership": _l(
        "%(customer)s paid for the upgrade but has no active membership. Sell the membership, change the product, "
        "or give the money back?"
    ),
    "reactivation_without_lapsed": _l(
        "%(customer)s paid for a reactivation but has no lapsed membership. Sell a membership, change the product, "
        "or give the money back?"
    ),
    "gift_out_of_stock": _l(
        "%(customer)s is owed the gift %(sku)s, and none is left in stock. Order more and send it, or agree on "
        "something else?"
    ),
    "customer_without_email": _l(
        "%(customer)s left no e-mail address, so “%(message)s” was not sent. Ask for the address and send it by hand."
    ),
}


def task_title(task: Task) -> str:
    return task_words(task.code)


def task_question(task: Task) -> str:
    """What happened and what may be done about it."""
    question = QUESTIONS.get(task.code)
    if question is None:
        return _("A rule asks you to look at the order of %(customer)s.", customer=task.params.get("customer", ""))
    facts = {"customer": "", "sku": "", **task.params, "message": template_name(task.params.get("template", ""))}
    return str(question) % facts
