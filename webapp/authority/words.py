"""What people read of the authority: its names, and why something waits for it."""

import datetime as dt

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.authority.models import AuthorityService, ServiceState
from webapp.fiscal.authority import Service
from webapp.fiscal.standby import STANDBY_NAMES
from webapp.http.formatting import clock_text, moment_text, shop_day
from webapp.platform.clock import utc_now

# How the error of a row that waits for the authority begins; the code follows, or AWAY and the
# cause, a message for people.
PREFIX, AWAY, TURNS = "authority: ", "away", "turns"
# By that.
WHY_IT_WAITS = {
    AWAY: _l("No answer"),
    "103": _l("It has the NF-e and is at work on it (103)"),
    "105": _l("It has the NF-e and is at work on it (105)"),
    "108": _l("Its service stands still for a short time (108)"),
    "109": _l("Its service stands still, nobody knows for how long (109)"),
    "113": _l("The standby service takes no NF-e any more (113)"),
    "114": _l("The standby service takes no NF-e (114)"),
    "539": _l("It did not tell which NF-e has the number (539)"),
    "656": _l("It was asked too often and is left alone for an hour (656)"),
    "999": _l("It met an error of its own (999)"),
    "back": _l("It says that it is back; an NF-e will show"),
    TURNS: _l("Out of a backup, NF-e take their numbers one at a time until one is free"),
    "both": _l("Two NF-e of one order are at SEFAZ; it is awaited which of them stays"),
}

SERVICES = {
    Service.AUTHORIZATION: _l("Authorization of NF-e"),
    Service.QUERY: _l("Query of an NF-e"),
    Service.STATUS: _l("State of the service"),
    Service.EVENT: _l("Events: cancellation, correction"),
    Service.VOIDING: _l("Voiding of numbers"),
    Service.REGISTER: _l("Register of companies"),
    Service.DISTRIBUTION: _l("NF-e issued against the shop"),
}
# The word and the tone of a badge.
STATES = {
    ServiceState.UP: (_l("Answering"), "good"),
    ServiceState.AWAY: (_l("Away"), "warn"),
    ServiceState.RESTING: (_l("Left alone"), "warn"),
    ServiceState.ASKED: (_l("Being asked"), "info"),
}


def authorizer_label(authorizer: str) -> str:
    """SEFAZ SP, SVC-AN, national environment."""
    if authorizer == "AN":
        return _("National environment (AN)")
    if authorizer in STANDBY_NAMES.values():
        return authorizer
    return f"SEFAZ {authorizer}"


def why_it_waits(error: str) -> str:
    """Of a code, or of the error of a row that waits for the authority."""
    code, cause = code_and_cause(error)
    words = str(WHY_IT_WAITS.get(code, WHY_IT_WAITS[AWAY]))
    return f"{words}: {_(cause)}" if cause else words


def code_and_cause(error: str) -> tuple[str, str]:
    """Of the same; the cause is to be translated."""
    code, _colon, cause = error.removeprefix(PREFIX).partition(": ")
    return code, cause


def clock(moment: dt.datetime) -> str:
    """The time alone where it is today."""
    return clock_text(moment) if shop_day(moment) == shop_day(utc_now()) else moment_text(moment)


def service_sentence(row: AuthorityService) -> str:
    """How a service that does not serve is, and what comes next."""
    who, since = authorizer_label(row.authorizer), clock(row.since)
    if row.status is ServiceState.RESTING and row.rests_until:
        return _(
            "%(who)s was asked too often (656) and is left alone until %(time)s.",
            who=who,
            time=clock(row.rests_until),
        )
    if row.status is not ServiceState.AWAY:
        return ""
    if row.code:
        return stands_still(who, since, row.code) + "."
    told = has_not_answered(who, since)
    return f"{told}. {_(row.cause)}" if row.cause else f"{told}."


def stands_still(who: str, since: str, code: str) -> str:
    return _("%(who)s has stood still since %(since)s (%(code)s)", who=who, since=since, code=code)


def has_not_answered(who: str, since: str) -> str:
    return _("%(who)s has not answered since %(since)s", who=who, since=since)
