"""What a rule may name beside the shop's own things: e-mails that it may send and tasks that it
opens, by their codes."""

from flask_babel import lazy_gettext as _l

EMAIL_TITLES = {
    "membership_activated": _l("Membership activated"),
    "membership_upgraded": _l("Membership upgraded"),
    "membership_reactivated": _l("Membership reactivated"),
    "streaming_links": _l("Links to the videos"),
    "membership_lapsed": _l("Membership lapsed"),
}
TASK_TITLES = {
    "upgrade_without_membership": _l("Upgrade without an active membership"),
    "reactivation_without_lapsed": _l("Reactivation without a lapsed membership"),
    "gift_out_of_stock": _l("The gift has run out"),
    "customer_without_email": _l("No e-mail address"),
    "lapsed_member": _l("A membership has lapsed"),
    "stock_low": _l("Stock is low"),
    "rejected_nfe": _l("An NF-e was rejected"),
    "call_customer": _l("Call the customer"),
}


def email_words(template: str) -> str:
    return str(EMAIL_TITLES.get(template, template))


def task_words(code: str) -> str:
    """A code that only a shop's own rule knows stands for itself."""
    return str(TASK_TITLES.get(code) or code.replace("_", " ").capitalize())
