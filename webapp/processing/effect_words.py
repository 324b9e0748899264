"""Why an effect has not happened, in the reader's words."""

from flask_babel import lazy_gettext as _l

from webapp.messages.words import REASONS, reason_in_words
from webapp.rules.models import Effect

# By the code of an effect's `NotYet`.
NOT_YET = {
    "no_active_membership": _l("The customer has no active membership to upgrade. Give them one, then try again."),
}
UNKNOWN = _l("It failed for a reason that only the processing page tells. Try again; if it fails once more, tell support.")


def effect_error(effect: Effect) -> str:
    """Empty when its last attempt did not fail."""
    if not effect.error:
        return ""
    kind, _colon, code = effect.error.partition(": ")
    if kind == "NotYet":
        return str(NOT_YET[code])
    return reason_in_words(effect.error) if kind in REASONS else str(UNKNOWN)
