"""Why a label is not bought yet, in words."""

from flask_babel import lazy_gettext as _l

from webapp.platform.owed import ENDS_PROCESS, GIVEN_UP

CALLED_OFF = "called_off"
# By the word that a row's `error` begins with.
REASONS = {
    "away": _l("Melhor Envio cannot be reached."),
    "slow": _l("Melhor Envio did not answer in time."),
    "fails": _l("Melhor Envio answers with a failure of its own."),
    "busy": _l("Melhor Envio was asked too often; it is left alone for a while."),
    "garbage": _l("What Melhor Envio answers cannot be read."),
    "making": _l("Melhor Envio is making the label."),
    "token": _l("Melhor Envio does not take the token; give a new one in the settings."),
    "off": _l("No token of Melhor Envio is set."),
    CALLED_OFF: _l("The order was called off before the label was paid."),
    ENDS_PROCESS: _l("The program ended each time it bought this label; tell support."),
    GIVEN_UP: _l("Somebody gave this label up; the audit says why."),
}
UNKNOWN = _l("The label could not be bought. The processing page says why.")


def reason_in_words(error: str) -> str:
    return str(REASONS.get(error.partition(":")[0], UNKNOWN)) if error else ""
