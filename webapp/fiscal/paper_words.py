"""Why the authority refused an event or a voiding, in words."""

from webapp.platform.issues import N_

_TOO_LATE = N_(
    "It is too late to cancel this NF-e: the authority takes no cancellation any more. Issue a "
    "return note instead."
)
_USED = N_(
    "The authority has a note with one of these numbers. Look the number up in the series, and "
    "void the others alone."
)
_CLOCK = N_(
    "The time of the event does not fit that of the NF-e or of the authority. Look at this "
    "machine's clock, then ask again."
)
REFUSALS = {
    "201": N_("These are more numbers than the authority voids at once. Void them in parts."),
    "206": N_("One of these numbers was voided already. Void the others alone."),
    "217": N_(
        "The authority does not know this NF-e. Wait some minutes and ask again; if it stays so, "
        "tell support."
    ),
    "218": N_("This NF-e is cancelled already."),
    "220": _TOO_LATE,
    "221": N_(
        "The buyer has confirmed to the authority that the goods arrived: such an NF-e is not "
        "cancelled any more. Issue a return note instead."
    ),
    "222": N_("The protocol is not that of this NF-e. It is our fault: tell support."),
    "240": N_(
        "The authority bars the shop as an issuer, so that it takes no cancellation. Ask the "
        "accountant."
    ),
    "241": _USED,
    "256": N_("These numbers were voided already."),
    "420": N_("This NF-e is cancelled already."),
    "453": N_("The year is later than the authority's. Look at this machine's clock."),
    "501": _TOO_LATE,
    "563": N_("These numbers were voided already."),
    "573": N_("The authority has this very event already."),
    "574": N_("Only the company that issued the NF-e may do this: its CNPJ must be the shop's."),
    "577": _CLOCK,
    "578": _CLOCK,
    "579": _CLOCK,
    "580": N_("The authority takes this only for an authorized NF-e, which this one is not now."),
    "594": N_(
        "The authority takes no more than twenty of these for one NF-e. The last correction letter "
        "stands."
    ),
}
OTHER = N_("The authority refused it with code %(code)s: %(reason)s")


def refusal_words(code: str) -> str:
    """A msgid; it may name `code` and `reason`."""
    return REFUSALS.get(code, OTHER)
