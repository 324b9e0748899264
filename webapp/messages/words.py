"""How the outbox names its messages and says why one could not be sent."""

from flask_babel import lazy_gettext as _l

from webapp.platform.owed import ENDS_PROCESS, GIVEN_UP
from webapp.rules.core.vocabulary import EMAIL_TITLES

# Those that a rule may send: they ask for nothing but the sale and its items.
RULE_TEMPLATES = EMAIL_TITLES
# That of an authorized NF-e, with its files.
AUTHORIZED = "invoice_authorized"
ENDS_SOON = "membership_ends_soon"
# That of a parcel that was handed to its carrier, with the code that it is followed by.
SHIPPED = "shipped"
TEMPLATES = {
    **RULE_TEMPLATES,
    AUTHORIZED: _l("NF-e authorized"),
    ENDS_SOON: _l("Membership ends soon"),
    SHIPPED: _l("Order shipped"),
}
BOUNCED, BOUNCED_ADDRESS, BOUNCED_FULL = "bounced", "bounced_address", "bounced_full"
# By the word that begins a message's `error`; the rest of it is for the queue monitor.
REASONS = {
    "away": _l("The mail server does not answer."),
    "late": _l("The mail server is slow; the rest of the messages go out later."),
    "sign_in": _l("The mail server does not take the user or password that are set."),
    "sender": _l("The mail server does not take the shop's own address."),
    "recipient": _l("The mail server does not take this address."),
    "refused": _l("The mail server refused the message."),
    BOUNCED: _l("It was sent and came back: the recipient's mail server did not take it."),
    BOUNCED_ADDRESS: _l("It was sent and came back: there is no such address."),
    BOUNCED_FULL: _l("It was sent and came back: the recipient's mailbox is full."),
    "mailbox": _l("The mailbox for e-mails that come back does not answer."),
    "mailbox_sign_in": _l(
        "The mailbox for e-mails that come back does not take the user, the password or the folder "
        "that are set."
    ),
    ENDS_PROCESS: _l("The program ended each time it sent this message; tell support."),
    GIVEN_UP: _l("Somebody gave this message up; the audit says why."),
    "address": _l("The customer's or the shop's e-mail address is not one; correct it."),
}
UNKNOWN = _l("The message could not be written. The processing page says why.")


def template_name(template: str) -> str:
    return str(TEMPLATES.get(template, template))


def reason_in_words(error: str) -> str:
    return str(REASONS.get(error.partition(":")[0], UNKNOWN)) if error else ""
