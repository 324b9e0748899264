"""Why something waits, in the reader's words."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.addresses.models import PostalProvider
from webapp.addresses.providers import SAMPLE
from webapp.addresses.words import PROVIDERS, provider_label
from webapp.authority.words import PREFIX, why_it_waits
from webapp.http.formatting import duration_text
from webapp.messages.words import REASONS as MAIL_REASONS
from webapp.monitor.queries import FailingRow
from webapp.monitor.words import JOB_ERRORS

_UNREADABLE = _l("%(provider)s has sent answers that cannot be read for %(time)s")
# By the reason of a provider that gives no answer.
FAILING = {
    "refused": _l("%(provider)s has refused the connection for %(time)s"),
    "timeout": _l("%(provider)s has not answered in time for %(time)s"),
    "server_error": _l("%(provider)s has answered with errors for %(time)s"),
    "blocked": _l("%(provider)s has turned the shop's queries away for %(time)s"),
    "busy": _l("%(provider)s has been at its limit of queries for %(time)s"),
}
# "viacep: busy, opencep: breaker_open"
_PAIR = re.compile(r"(\w+): (\w+)")


@dataclass(frozen=True)
class ProviderCard:
    """How a postal code service is: `level` (good, warn or info) and `state` in a word; `says` more
    of it, and `next` what happens by itself."""

    name: str
    label: str
    level: str
    state: LazyString
    says: str
    answered_at: dt.datetime | None
    next: str

    def lines(self, now: dt.datetime) -> list[str]:
        if self.answered_at:
            seconds = max((now - self.answered_at).total_seconds(), 0)
            answered = _("Last answer %(time)s ago", time=duration_text(seconds))
        else:
            answered = _("No answer yet") if self.level == "warn" else ""
        return [line for line in (self.says, answered, self.next) if line]


def cards(
    names: Iterable[str], known: Mapping[str, PostalProvider], now: dt.datetime
) -> list[ProviderCard]:
    """One for each service that the shop asks, in their order."""
    return [_card(name, known.get(name), now) for name in names]


def _card(name: str, row: PostalProvider | None, now: dt.datetime) -> ProviderCard:
    label, answered_at = provider_label(name), row.answered_at if row else None
    if name == SAMPLE:
        says = _("The demo's own postal codes; nobody is asked")
        return ProviderCard(name, label, "good", _l("Answering"), says, None, "")
    if row is None:
        says = _("Asked by nobody yet")
        return ProviderCard(name, label, "info", _l("Not asked yet"), says, None, "")
    if not row.reason:
        return ProviderCard(name, label, "good", _l("Answering"), "", answered_at, "")
    says = failing_text(row, now)
    if row.reason == "busy":
        goes_on = _("Asked again as its limit allows; the next service is asked meanwhile")
        return ProviderCard(name, label, "info", _l("Paused"), says, answered_at, goes_on)
    return ProviderCard(name, label, "warn", _l("Away"), says, answered_at, _next(row, now))


def _next(row: PostalProvider, now: dt.datetime) -> str:
    left = (row.rests_until - now).total_seconds() if row.rests_until else 0
    if left >= 1:
        return _("Left alone for another %(time)s, then tried again", time=duration_text(left))
    return _("Tried again with the next order that asks")


def failing_text(row: PostalProvider, now: dt.datetime) -> str:
    """Such as: ViaCEP has refused the connection for 52 min."""
    seconds = (now - row.failing_since).total_seconds() if row.failing_since else 0
    words = FAILING.get(row.reason, _UNREADABLE)
    return str(words) % {
        "provider": provider_label(row.name),
        "time": duration_text(max(seconds, 0)),
    }


def cause_of(row: FailingRow, known: Mapping[str, PostalProvider], now: dt.datetime) -> str:
    """Why the row's last try came to nothing; what only a programmer understands stays as it is,
    and is said to be that."""
    if row.reason:
        return row.reason
    return error_text(row.kind, row.step, row.error, known, now)


def error_text(
    kind: str,
    step: str,
    error: str,
    known: Mapping[str, PostalProvider] | None = None,
    now: dt.datetime | None = None,
) -> str:
    """What a try at a step said, in words; `known`: how the providers are now, of a try that is
    the last one."""
    if step == "address" and (pairs := _PAIR.findall(error)):
        if all(name in PROVIDERS for name, _reason in pairs):
            causes = (_provider_cause(name, reason, known or {}, now) for name, reason in pairs)
            return " · ".join(causes)
    if error in ("no_provider", "no_time"):
        return _("No postal code service could be asked")
    if error.startswith(PREFIX):
        return why_it_waits(error)
    word = error.partition(":")[0]
    if kind in ("message", "closing", "exportschedule") and word in MAIL_REASONS:
        return str(MAIL_REASONS[word])
    if word in JOB_ERRORS:
        return str(JOB_ERRORS[word])
    return _("An error of the program: %(error)s", error=error)


def _provider_cause(
    name: str, reason: str, known: Mapping[str, PostalProvider], now: dt.datetime | None
) -> str:
    if now and name in known and known[name].reason:
        return failing_text(known[name], now)
    if reason == "no_time":
        return _("No time was left to ask %(provider)s", provider=provider_label(name))
    return _("%(provider)s did not answer at the last try", provider=provider_label(name))
