"""What a task asks of a person, in the reader's language: from its code and the facts it was opened
with."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.audit.history import who
from webapp.fulfilment.tasks.models import Task
from webapp.messages.words import template_name
from webapp.rules.core.vocabulary import task_words

# Tasks that come of cancellations, refunds and effects that came too late; no rule opens them.
TITLES = {
    "cancel_nfe": _l("Cancel the NF-e"),
    "cancel_refused": _l("SEFAZ did not cancel the NF-e"),
    "return_note": _l("A return note is due"),
    "goods_to_come_back": _l("Goods are to come back"),
    "unpack": _l("Unpack a cancelled order"),
    "repack": _l("Pack the order again"),
    "membership_changed_since": _l("Look at the membership"),
    "gift_left_out": _l("The gift was left out"),
    "approved_in_vain": _l("An approved NF-e was not sent"),
    "return_not_taken_in": _l("Take returned goods in by hand"),
    "return_not_taken_out": _l("Goods of a cancelled return are gone"),
    "file_damaged": _l("The file of an NF-e is damaged"),
    "nfe_cancelled_elsewhere": _l("An NF-e was cancelled at SEFAZ"),
    "cancel_second_nfe": _l("Cancel the second NF-e"),
}
# By the codes of TITLES and of the rules' own.
QUESTIONS = {
    "upgrade_without_membership": _l(
        "%(customer)s paid for the upgrade but has no active membership. Sell the membership, "
        "change the product, or give the money back?"
    ),
    "reactivation_without_lapsed": _l(
        "%(customer)s paid for a reactivation but has no lapsed membership. Sell a membership, "
        "change the product, or give the money back?"
    ),
    "gift_out_of_stock": _l(
        "%(customer)s is owed the gift %(sku)s, and none is left in stock. Order more and send it, "
        "or agree on something else?"
    ),
    "customer_without_email": _l(
        "%(customer)s left no e-mail address, so “%(message)s” was not sent. Ask for the address "
        "and send it by hand."
    ),
    "lapsed_member": _l(
        "The membership of %(customer)s has lapsed. Offer them to renew it, or let it rest?"
    ),
    "stock_low": _l(
        "The order of %(customer)s left little of %(sku)s in stock. Reorder it, or let it run out?"
    ),
    "rejected_nfe": _l(
        "The NF-e of %(customer)s was rejected. Its page says why, and what mends it."
    ),
    "call_customer": _l("A rule asks you to call %(customer)s about this order."),
    "cancel_nfe": _l(
        "The order was cancelled, and its NF-e %(number)s (series %(series)s) is authorized. SEFAZ "
        "still takes a late cancellation: ask for it on the NF-e's page, or issue a return note."
    ),
    "cancel_refused": _l(
        "SEFAZ did not cancel NF-e %(number)s (series %(series)s): %(answer)s (code "
        "%(answer_code)s). It stays authorized. If its goods come back, issue the return note "
        "(devolução)."
    ),
    "return_note": _l(
        "Goods of NF-e %(number)s (series %(series)s) were given back after it was authorized. "
        "Make the return note (devolução); once it is authorized, this task is done."
    ),
    "goods_to_come_back": _l(
        "%(items)s left the shop and are owed back by %(customer)s. Once they are here, make the "
        "return note: it puts them into stock and settles this task. Settle it yourself only for "
        "goods that you put into stock by hand."
    ),
    "unpack": _l(
        "The order of %(customer)s was packed and then cancelled. Put %(items)s back on the shelf; "
        "the stock counts them already."
    ),
    "repack": _l(
        "The parcel of %(customer)s was packed before a refund. Take %(items)s out and pack it by "
        "its new slip; the stock counts them already."
    ),
    "membership_changed_since": _l(
        "What the order did to the membership of %(customer)s cannot be taken back by itself: it "
        "was changed since. Look at it and set it right."
    ),
    "gift_left_out": _l(
        "The gift %(sku)s could not be added while the order of %(customer)s was on its way. Send "
        "it separately, or agree on something else?"
    ),
    "approved_in_vain": _l(
        "%(reviewer)s had approved the NF-e of %(customer)s when the order was undone: nothing "
        "went to SEFAZ. Tell them, and whoever was promised it."
    ),
    "return_not_taken_in": _l(
        "The return note %(number)s of %(customer)s is authorized, and its goods could not be put "
        "into stock and refunded by the program. Do both by hand, and tell support."
    ),
    "return_not_taken_out": _l(
        "The return note %(number)s of %(customer)s was cancelled, and %(items)s that it had put "
        "into stock could not be taken out again. Count them, and set the stock right."
    ),
    "file_damaged": _l(
        "The digital signature of NF-e %(number)s (series %(series)s) does not verify any more: "
        "its file was changed since. Bring the file back from a backup; it is owed for 132 months."
    ),
    "nfe_cancelled_elsewhere": _l(
        "NF-e %(number)s (series %(series)s) of %(customer)s is cancelled at SEFAZ, and not by "
        "Balcão. Find out who did it. Then cancel the order too, or have a new NF-e made on the "
        "order's page."
    ),
    "cancel_second_nfe": _l(
        "SEFAZ authorized two NF-e of the order of %(customer)s, both number %(number)s (series "
        "%(series)s). The goods go with %(kept)s; cancel the other one, %(access_key)s (protocol "
        "%(protocol)s), at SEFAZ within 24 hours."
    ),
}


def title_of(code: str) -> str:
    return str(TITLES.get(code) or task_words(code))


def task_title(task: Task) -> str:
    return title_of(task.code)


def task_question(task: Task) -> str:
    """What happened and what may be done about it."""
    question = QUESTIONS.get(task.code)
    if question is None:
        return _(
            "A rule asks you to look at the order of %(customer)s.",
            customer=task.params.get("customer", ""),
        )
    facts = {
        "customer": "",
        "sku": "",
        **task.params,
        "message": template_name(task.params.get("template", "")),
        "reviewer": who(task.params["reviewer"]).name if "reviewer" in task.params else "",
    }
    return str(question) % facts
