"""For whom or what an order waits, in one sentence: since when, what happens next, and when.

Pure: the sentences are told by the rows and by how the house is, which `wait_facts` reads for many
orders at once. What is told holds under every fault, for it is what the rows themselves say: a
lease that ended without an answer is a worker that died, what is due and was not taken has no
worker, and a shop that sleeps does nothing.
"""

import datetime as dt
import enum
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.addresses.questions import TEXTS as ADDRESS_TEXTS
from webapp.addresses.words import provider_label
from webapp.authority.models import AuthorityService, ServiceState
from webapp.authority.words import (
    AWAY,
    PREFIX,
    TURNS,
    authorizer_label,
    clock,
    code_and_cause,
    has_not_answered,
    stands_still,
    why_it_waits,
)
from webapp.fiscal.access_key import NORMAL_EMISSION
from webapp.fiscal.authority import Service
from webapp.fiscal.standby import authorizer_of, route_of, standby_name
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.http.formatting import moment_text, time_text
from webapp.invoices.issues import issue_of, issues_of, reason_label
from webapp.invoices.models import CANNOT_SIGN, EventStatus, Invoice, InvoiceEvent, InvoiceStatus
from webapp.messages.models import Message, MessageStatus
from webapp.messages.words import reason_in_words, template_name
from webapp.payments.models import Charge, Finding, PaymentProvider
from webapp.platform.issues import Issue
from webapp.platform.owed import Owed
from webapp.processing.claims import MAX_ATTEMPTS
from webapp.processing.payment_steps import NOT_SET
from webapp.processing.pipeline import PIPELINE
from webapp.rules.models import Effect, EffectStatus
from webapp.sales.models import OVER_LIMIT, Sale, Shipping, Status

# What is due for longer than this has no worker.
LATE = dt.timedelta(seconds=60)
# Whose next try is further away than this is told by day and hour.
SOON = dt.timedelta(hours=12)
_FIRST_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀ-Ý“])")
_OF_NAMES = re.compile(r"[A-ZÀ-Ý0-9]")
_LABELS = {(station.model, station.status): station.label for station in PIPELINE}


class WaitsFor(enum.StrEnum):
    PAYMENT = "payment"
    TEAM = "team"
    REVIEWER = "reviewer"
    MANAGER = "manager"
    ACCOUNTANT = "accountant"
    ADMIN = "admin"
    POSTAL_CODES = "postal_codes"
    AUTHORITY = "authority"
    MAIL_SERVER = "mail_server"
    WORKER = "worker"
    PACKING = "packing"
    CARRIER = "carrier"

    @property
    def is_person(self) -> bool:
        """Somebody of the shop is to do something that is no step of every order."""
        return self in _PEOPLE


_PEOPLE = {
    WaitsFor.TEAM: _l("Waits for the team since %(since)s: %(why)s; %(then)s."),
    WaitsFor.REVIEWER: _l("Waits for a reviewer since %(since)s: %(why)s; %(then)s."),
    WaitsFor.MANAGER: _l("Waits for a manager since %(since)s: %(why)s; %(then)s."),
    WaitsFor.ACCOUNTANT: _l("Waits for the accountant since %(since)s: %(why)s; %(then)s."),
    WaitsFor.ADMIN: _l("Waits for an administrator since %(since)s: %(why)s; %(then)s."),
}


class Wait(NamedTuple):
    """`next_at`: when something happens by itself, where that is known."""

    waits_for: WaitsFor
    since: dt.datetime
    next_at: dt.datetime | None
    sentence: str


class PostalService(NamedTuple):
    """A postal code service as it was when it was asked last; without `failing_since` it
    answers."""

    name: str
    is_busy: bool = False
    failing_since: dt.datetime | None = None
    rests_until: dt.datetime | None = None


class Pause(NamedTuple):
    """Of a queue, by a person of this name."""

    name: str
    since: dt.datetime
    reason: str


@dataclass(frozen=True)
class Surroundings:
    """What all orders depend on, as of `now`. `state`: the issuer's; `providers` in the order in
    which they are asked."""

    now: dt.datetime
    asleep_since: dt.datetime | None = None
    state: str = ""
    providers: Sequence[PostalService] = ()
    services: Mapping[tuple[str, Service], AuthorityService] = field(default_factory=dict)
    in_contingency: bool = False
    # Why the shop cannot sign; None where it can, or nobody asked.
    unsigned: Issue | None = None
    # By the queue.
    pauses: Mapping[str, Pause] = field(default_factory=dict)

    def stops(self, row: Owed) -> bool:
        """Nothing is done of what the row owes, whatever else stands in its way."""
        return self.asleep_since is not None or row.queue in self.pauses


class OpenTask(NamedTuple):
    title: str
    since: dt.datetime


# What is not done beside an order's way: its return notes, what follows its NF-e, effects and
# e-mails that did not happen, tasks.
Beside = Invoice | InvoiceEvent | Effect | Message | OpenTask | Finding


@dataclass(frozen=True)
class Facts:
    """An order with what its wait is told from. `effect_titles`: names and reasons of effects in
    `beside`, by their ids; `charge`: what a provider was told to collect for it."""

    sale: Sale
    invoice: Invoice | None = None
    slip: PackingSlip | None = None
    beside: Sequence[Beside] = ()
    effect_titles: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    charge: Charge | None = None


def wait_of(facts: Facts, around: Surroundings) -> Wait | None:
    """None where nothing is awaited any more: it is done, or was called off."""
    if way := _WAYS[facts.sale.status](facts, around):
        return way
    told = [wait_beside(each, around, facts.effect_titles) for each in facts.beside]
    beside = [wait for wait in told if wait]
    asked = [wait for wait in beside if wait.waits_for.is_person]
    held = [wait for wait in beside if wait.waits_for is WaitsFor.AUTHORITY]
    parcel = [wait] if (wait := _parcel(facts, around)) else []
    return next(iter([*asked, *held, *parcel, *beside]), None)


def wait_of_note(note: Invoice, around: Surroundings) -> Wait | None:
    """Of an NF-e by itself, as a return note goes its way."""
    return _NOTE_WAYS[note.status](note, around)


# -- the table: each state's sentence -------------------------------------------------------------


def _unpaid(facts: Facts, around: Surroundings) -> Wait:
    sale, until = facts.sale, facts.sale.hold_until
    since = clock(sale.created_at)
    if until is None:
        words = _(
            "Waits for the payment since %(since)s; its stock is kept until it is paid or somebody "
            "cancels it.",
            since=since,
        )
    elif around.asleep_since:
        words = _(
            "Waits for the payment since %(since)s; not paid by %(until)s it is cancelled, once "
            "the shop, which sleeps, was woken.",
            since=since,
            until=clock(until),
        )
    elif until <= around.now:
        words = _(
            "Was not paid since %(since)s, and its time was over at %(until)s; it is cancelled by "
            "itself next.",
            since=since,
            until=clock(until),
        )
    else:
        words = _(
            "Waits for the payment since %(since)s; not paid by %(until)s it is cancelled by "
            "itself and its stock comes back.",
            since=since,
            until=clock(until),
        )
    charge, next_at = facts.charge, until
    if charge and charge.due_at and not (around.asleep_since or (until and until <= around.now)):
        words = f"{words.removesuffix('.')}; {_collecting(charge, charge.due_at, around)}."
        if charge.due_at > around.now and not around.stops(charge):
            next_at = min(until or charge.due_at, charge.due_at)
    return Wait(WaitsFor.PAYMENT, sale.created_at, next_at, words)


def _collecting(charge: Charge, due: dt.datetime, around: Surroundings) -> str:
    """Since when and when next the provider that collects it is asked."""
    name, is_held = str(_COLLECTORS[charge.provider]), charge.lease and due > around.now
    if pause := around.pauses.get(charge.queue or ""):
        told = {"name": name, "who": pause.name, "since": clock(pause.since)}
        return _("asking %(name)s is paused by %(who)s since %(since)s", **told)
    since = clock(charge.unmet_since or charge.created_at)
    if charge.error == NOT_SET:
        words = _("%(name)s is to be asked, which an administrator has to set up first", name=name)
    elif charge.error:
        words = f"{has_not_answered(name, since)} ({charge.error})"
    elif charge.asked:
        since = clock(charge.created_at)
        words = _("%(name)s has been asked about it since %(since)s", name=name, since=since)
    else:
        words = _("%(name)s collects it since %(since)s", name=name, since=since)
    at = _at(due, around.now)
    if is_held:
        return words + "; " + _("being asked now, or again at %(at)s", at=at)
    if due > around.now and not (charge.asked or charge.error):
        return words + "; " + _("asked at %(at)s unless its notice comes before", at=at)
    return words + "; " + _again(due, around)


_COLLECTORS = {
    PaymentProvider.PIX: _l("the bank of the Pix"),
    PaymentProvider.MERCADO_PAGO: PaymentProvider.MERCADO_PAGO.label,
}


def _at_address(facts: Facts, around: Surroundings) -> Wait:
    sale = facts.sale
    if sale.reason_code != "providers_unavailable" or around.stops(sale):
        return _work(sale, around)
    return _postal(sale, around)


def _at_rules(facts: Facts, around: Surroundings) -> Wait:
    return _work(facts.sale, around)


def _at_invoice(facts: Facts, around: Surroundings) -> Wait:
    """The work is the sale's until its NF-e is released, and the NF-e's own from then on."""
    sale, note = facts.sale, facts.invoice
    if note is None or note.status not in (InvoiceStatus.APPROVED, InvoiceStatus.SENDING):
        return _work(sale, around)
    if note.status is InvoiceStatus.APPROVED and sale.reason_code == CANNOT_SIGN:
        if note.due_at is None:
            return asks_for(issue_of(sale), sale.waits_since or note.updated_at, around)
    found = _NOTE_WAYS[note.status](note, around)
    assert found, "what is on its way waits"
    return found


def _in_review(facts: Facts, around: Surroundings) -> Wait:
    sale, note = facts.sale, facts.invoice
    if note is not None and note.status is InvoiceStatus.REVIEW:
        return _note_in_review(note, around)
    why = _("a rule holds the order")
    then = _then(_("released, it goes on by itself"), around)
    return _asks(WaitsFor.REVIEWER, why, then, sale.waits_since or sale.updated_at)


def _in_attention(facts: Facts, around: Surroundings) -> Wait:
    sale = facts.sale
    since = sale.waits_since or sale.updated_at
    if sale.reason_code == "note_being_cancelled":
        return _cancelling(facts, since, around)
    issue, queue = issue_of(sale), Sale.queues.get(sale.step or "")
    if sale.reason_code == "note_cancelled":
        then = _("another NF-e is issued, or the order cancelled, as somebody chooses")
    elif sale.reason_code == OVER_LIMIT:
        then = _then(_("approved, it goes on by itself"), around, queue)
    elif sale.reason_code == "step_failed":
        then = _then(_("it is done once more with “Try again”"), around, queue)
    elif _goes_on_by_itself(sale, issue):
        return asks_for(issue, since, around, queue)
    else:
        then = _then(_("once fixed, it goes on with “Try again”"), around, queue)
    return _asks(_who(issue), _why(issue), then, since)


def _goes_on_by_itself(sale: Sale, issue: Issue | None) -> bool:
    """What is saved where it was amiss is enough: an address; what our own checks found, see
    `tax_holds`."""
    if sale.reason_code in ADDRESS_TEXTS or (issue and issue.area == "address"):
        return True
    return sale.reason_code == "nfe_check" and "book" in sale.reason_params


def _no_more(_facts: Facts, _house: Surroundings) -> None:
    return None


_WAYS: Mapping[Status, Callable[[Facts, Surroundings], Wait | None]] = {
    Status.OPEN: _unpaid,
    Status.ADDRESS: _at_address,
    Status.RULES: _at_rules,
    Status.INVOICE: _at_invoice,
    Status.REVIEW: _in_review,
    Status.ATTENTION: _in_attention,
    Status.INVOICED: _no_more,
    Status.COMPLETED: _no_more,
    Status.CANCELLED: _no_more,
}


# -- people ---------------------------------------------------------------------------------------


def _asks(who: WaitsFor, why: str, then: str, since: dt.datetime) -> Wait:
    words = str(_PEOPLE[who]) % {"since": clock(since), "why": why, "then": then}
    return Wait(who, since, None, words)


def asks_for(
    issue: Issue | None, since: dt.datetime, around: Surroundings, queue: str | None = "invoices"
) -> Wait:
    then = _then(_("once fixed, it goes on by itself"), around, queue)
    return _asks(_who(issue), _why(issue), then, since)


def _then(awake: str, around: Surroundings, queue: str | None = "invoices") -> str:
    """What follows in that queue; a shop that sleeps is woken first, and a paused queue resumed."""
    if around.asleep_since:
        return _("%(then)s, after an administrator has woken the shop, which sleeps", then=awake)
    if queue in around.pauses:
        return _("%(then)s, after a manager has resumed the queue, which is paused", then=awake)
    return awake


def _who(issue: Issue | None) -> WaitsFor:
    if issue is None:
        return WaitsFor.TEAM
    if issue.area == "settings" or issue.field == "calendar.packages" or issue.who == "admin":
        return WaitsFor.ADMIN
    if issue.area == "calendar" or issue.who == "accountant":
        return WaitsFor.ACCOUNTANT
    return WaitsFor.MANAGER if issue.who == "manager" else WaitsFor.TEAM


def _why(issue: Issue | None) -> str:
    return clause(issue.text) if issue else ""


def clause(text: str) -> str:
    """The first sentence of a text, to stand within another: without its full stop and, but for a
    name, its capital letter."""
    first = _FIRST_SENTENCE.split(text.strip(), 1)[0].rstrip(".")
    word = first.partition(" ")[0]
    return first if _OF_NAMES.search(word[1:]) else first[:1].lower() + first[1:]


# -- work that a row owes -------------------------------------------------------------------------


def _since_of(row: Owed) -> dt.datetime:
    """Some kinds of rows are dated when they change, some when they are made."""
    changed, made = (getattr(row, name, None) for name in ("updated_at", "created_at"))
    return next(filter(None, (row.unmet_since, changed, row.due_at, made)))


def _work(row: Owed, around: Surroundings, label: LazyString | str = "") -> Wait:
    """Of work that is the program's own: in line, being done, tried again."""
    step = str(label or _LABELS[(type(row), row.status)])
    now, due, since = around.now, row.due_at, _since_of(row)
    if around.asleep_since:
        words = _(
            "%(step)s: waits until an administrator wakes the shop, which sleeps since it came out "
            "of the backup of %(since)s.",
            step=step,
            since=clock(around.asleep_since),
        )
        return Wait(WaitsFor.ADMIN, around.asleep_since, None, words)
    if pause := around.pauses.get(row.queue or ""):
        words = _(
            "%(step)s: paused by %(name)s since %(since)s (%(reason)s); it goes on by itself once "
            "a manager resumes it.",
            step=step,
            name=pause.name,
            since=clock(pause.since),
            reason=pause.reason,
        )
        return Wait(WaitsFor.MANAGER, pause.since, None, words)
    if row.lease and due and due > now:
        words = _(
            "%(step)s: a worker has been at it since %(since)s; should that one stop, another "
            "takes it up at %(at)s.",
            step=step,
            since=clock(since),
            at=_at(due, now),
        )
        return Wait(WaitsFor.WORKER, since, due, words)
    if row.lease:
        words = _(
            "%(step)s: the worker that was at it stopped; it has been due again since %(since)s, "
            "and the next worker takes it up.",
            step=step,
            since=clock(due or since),
        )
        return Wait(WaitsFor.WORKER, due or since, None, words)
    if row.error:
        return _fails(row, step, since, around)
    if due and due > now:
        words = _("%(step)s: begins at %(at)s.", step=step, at=_at(due, now))
        return Wait(WaitsFor.WORKER, since, due, words)
    return _in_line(step, due or since, around)


def _in_line(step: str, since: dt.datetime, around: Surroundings) -> Wait:
    if around.now - since > LATE:
        words = _(
            "%(step)s: in line since %(since)s, and no worker has taken it up yet; it goes on as "
            "soon as one is free.",
            step=step,
            since=clock(since),
        )
    else:
        words = _(
            "%(step)s: in line since %(since)s; it is taken up next.", step=step, since=clock(since)
        )
    return Wait(WaitsFor.WORKER, since, None, words)


def _fails(row: Owed, step: str, since: dt.datetime, around: Surroundings) -> Wait:
    """An attempt failed. What may have arrived at the authority is never given up."""
    due = row.due_at or around.now
    told = {"step": step, "since": clock(since), "again": _again(due, around)}
    if isinstance(row, InvoiceEvent) or row.status is InvoiceStatus.SENDING:
        words = _("%(step)s: has not succeeded since %(since)s; %(again)s.", **told)
    else:
        words = _(
            "%(step)s: has not succeeded since %(since)s; %(again)s, and after %(most)s tries a "
            "person is asked.",
            most=MAX_ATTEMPTS,
            **told,
        )
    return Wait(WaitsFor.WORKER, since, due if due > around.now else None, words)


def _again(due: dt.datetime, around: Surroundings) -> str:
    if due > around.now:
        return _("tried again at %(at)s", at=_at(due, around.now))
    if around.now - due > LATE:
        return _("due again since %(at)s, as soon as a worker is free", at=clock(due))
    return _("tried again next")


def _at(moment: dt.datetime, now: dt.datetime) -> str:
    return time_text(moment) if moment - now < SOON else moment_text(moment)


# -- the postal code services ---------------------------------------------------------------------


def _postal(sale: Sale, around: Surroundings) -> Wait:
    since, due = sale.waits_since or sale.updated_at, sale.due_at or around.now
    failing = [one for one in around.providers if one.failing_since]
    told = {"since": clock(since), "services": ", ".join(map(_provider_text, failing))}
    if not failing:
        words = _("No postal code service has answered for it since %(since)s", **told)
    elif len(failing) == 1:
        words = str(_provider_alone(failing[0]))
    else:
        words = _("No postal code service has answered since %(since)s: %(services)s", **told)
    if sale.lease and due > around.now:
        words += "; " + _("they are being asked now, or again at %(at)s", at=_at(due, around.now))
    else:
        words += "; " + _again(due, around)
    if following := _asked_first(around, due):
        words += "; " + _("%(name)s is next", name=provider_label(following.name))
    if sale.needs_person:
        words += "; " + _("who does not want to wait completes the address by hand")
    next_at = due if due > around.now else None
    return Wait(WaitsFor.POSTAL_CODES, since, next_at, words + ".")


def _provider_text(one: PostalService) -> str:
    name, since = provider_label(one.name), clock(one.failing_since) if one.failing_since else ""
    if one.is_busy:
        return _("%(name)s at its limit since %(since)s", name=name, since=since)
    return _("%(name)s away since %(since)s", name=name, since=since)


def _provider_alone(one: PostalService) -> str:
    name, since = provider_label(one.name), clock(one.failing_since) if one.failing_since else ""
    if one.is_busy:
        return _("%(name)s has been at its limit since %(since)s", name=name, since=since)
    return has_not_answered(name, since)


def _asked_first(around: Surroundings, at: dt.datetime) -> PostalService | None:
    """Who is asked first at that time: one that fails and is left alone until later is passed
    over."""
    for one in around.providers:
        if one.rests_until is None or one.rests_until <= at:
            return one
    return min(around.providers, key=lambda one: one.rests_until or at, default=None)


# -- the authority --------------------------------------------------------------------------------


def may_go_to_standby(note: Invoice, around: Surroundings) -> bool:
    """Nothing but the doubt whether the state's own service has it keeps it from the other one."""
    is_own = note.status is InvoiceStatus.SENDING and (
        route_of(note.access_key or "") == NORMAL_EMISSION
    )
    return is_own and note.answer_unknown and around.in_contingency


def _note_working(note: Invoice, around: Surroundings) -> Wait:
    return _work(note, around)


def _note_released(note: Invoice, around: Surroundings) -> Wait:
    """A return that rests for want of a certificate tells so itself."""
    if note.error == PREFIX + TURNS and not around.stops(note):
        since, due = _since_of(note), note.due_at or around.now
        told = {"why": clause(why_it_waits(note.error)), "again": _again(due, around)}
        words = _(
            "Waits for its number since %(since)s: %(why)s; %(again)s.", since=clock(since), **told
        )
        return Wait(WaitsFor.AUTHORITY, since, due if due > around.now else None, words)
    if note.due_at is None and (issues := issues_of(note)):
        return asks_for(issues[0], note.updated_at, around)
    return _work(note, around)


def _note_sending(note: Invoice, around: Surroundings) -> Wait:
    if around.stops(note) or not note.error.startswith(PREFIX):
        return _work(note, around)
    parts = [_cause(note, around), _asked_again(note, around), _doubt(note, around)]
    due = note.due_at if note.due_at and note.due_at > around.now else None
    words = "; ".join(filter(None, parts)) + "."
    return Wait(WaitsFor.AUTHORITY, _away_since(note, around), due, words)


def _note_in_review(note: Invoice, around: Surroundings) -> Wait:
    why = clause(reason_label(note.reason)) if note.reason else _("the NF-e is to be looked at")
    if note.reason and note.reason != "policy":
        why = _("the rule “%(rule)s” holds it", rule=reason_label(note.reason))
    then = _then(_("approved, it goes to SEFAZ by itself"), around)
    sale_since = None if note.is_return else note.sale.waits_since
    return _asks(WaitsFor.REVIEWER, why, then, sale_since or note.updated_at)


def _note_rejected(note: Invoice, around: Surroundings) -> Wait:
    """Of a return: that of a sale is told by its sale."""
    issue = next(iter(issues_of(note)), None)
    then = _then(_("once fixed, it goes on with “Check again”"), around)
    return _asks(_who(issue), _why(issue), then, note.updated_at)


def _note_after(note: Invoice, around: Surroundings) -> Wait | None:
    """The goods of a return come in, or go out again."""
    return _work(note, around) if note.due_at else None


def _note_dropped(_note: Invoice, _house: Surroundings) -> None:
    return None


_NOTE_WAYS: Mapping[InvoiceStatus, Callable[[Invoice, Surroundings], Wait | None]] = {
    InvoiceStatus.PENDING: _note_working,
    InvoiceStatus.REVIEW: _note_in_review,
    InvoiceStatus.APPROVED: _note_released,
    InvoiceStatus.SENDING: _note_sending,
    InvoiceStatus.AUTHORIZED: _note_after,
    InvoiceStatus.REJECTED: _note_rejected,
    InvoiceStatus.CANCELLED: _note_after,
    InvoiceStatus.DISCARDED: _note_dropped,
}


def _cause(row: Owed, around: Surroundings, service: Service = Service.AUTHORIZATION) -> str:
    who = authorizer_label(_authorizer(row, around))
    error, cause = code_and_cause(row.error)
    since = clock(_away_since(row, around, service))
    if error == AWAY:
        told = has_not_answered(who, since)
        return f"{told} ({clause(_(cause))})" if cause else told
    if error in ("108", "109"):
        return stands_still(who, since, error)
    if error == "656":
        return _("%(who)s was asked too often (656) and is left alone for an hour", who=who)
    if error in ("103", "105"):
        return _("%(who)s has had it since %(since)s and is at work on it", who=who, since=since)
    why = clause(why_it_waits(error))
    return _("%(who)s since %(since)s: %(why)s", who=who, since=since, why=why)


def _authorizer(row: Owed, around: Surroundings) -> str:
    """Who takes the note; what follows it goes to the state's own service."""
    return authorizer_of(around.state, getattr(row, "access_key", "") or "")


def _away_since(
    row: Owed, around: Surroundings, service: Service = Service.AUTHORIZATION
) -> dt.datetime:
    """When its service went away, if that was before this one met it."""
    known, first = around.services.get((_authorizer(row, around), service)), _since_of(row)
    return min(known.since, first) if known and known.status is ServiceState.AWAY else first


def _asked_again(row: Owed, around: Surroundings) -> str:
    due = row.due_at or around.now
    if row.lease and due > around.now:
        return _("it is being asked now, or again at %(at)s", at=_at(due, around.now))
    if due > around.now:
        return _("it is asked again at %(at)s", at=_at(due, around.now))
    if around.now - due > LATE:
        return _("due again since %(at)s, as soon as a worker is free", at=clock(due))
    return _("it is asked again next")


def _doubt(note: Invoice, around: Surroundings) -> str:
    if not may_go_to_standby(note, around):
        return ""
    return _(
        "it may have arrived there, and goes to %(standby)s once %(own)s has told that it does not "
        "have it",
        standby=standby_name(around.state),
        own=authorizer_label(around.state),
    )


def _cancelling(facts: Facts, since: dt.datetime, around: Surroundings) -> Wait:
    pending = [
        each
        for each in facts.beside
        if isinstance(each, InvoiceEvent) and each.status is EventStatus.PENDING
    ]
    if pending:
        return _event(pending[0], around)
    # Its answer is being written: SEFAZ has it, and nothing else is owed.
    words = _(
        "SEFAZ was asked at %(since)s to cancel the NF-e; the order goes on as it answers.",
        since=clock(since),
    )
    return Wait(WaitsFor.AUTHORITY, since, None, words)


def _event(event: InvoiceEvent, around: Surroundings) -> Wait:
    """Not signed yet, it has no moment of its own."""
    label = _("%(event)s of the NF-e", event=event.label)
    if event.error and event.at is None and around.unsigned and not around.stops(event):
        return asks_for(around.unsigned, _since_of(event), around)
    if around.stops(event) or not event.error.startswith(PREFIX):
        return _work(event, around, label)
    cause, again = _cause(event, around, Service.EVENT), _asked_again(event, around)
    words = _("%(event)s: %(cause)s; %(again)s.", event=label, cause=cause, again=again)
    due = event.due_at if event.due_at and event.due_at > around.now else None
    return Wait(WaitsFor.AUTHORITY, _away_since(event, around, Service.EVENT), due, words)


# -- beside the way -------------------------------------------------------------------------------


def wait_beside(
    each: Beside, around: Surroundings, effect_titles: Mapping[int, tuple[str, str]]
) -> Wait | None:
    if isinstance(each, Invoice):
        return wait_of_note(each, around)
    if isinstance(each, InvoiceEvent):
        return _event(each, around)
    if isinstance(each, OpenTask):
        then = _("it is done once somebody has settled it")
        why = _("task “%(title)s”", title=each.title)
        return _asks(WaitsFor.TEAM, why, then, each.since)
    if isinstance(each, Finding):
        then = _("it is done with “%(act)s”", act=each.kind.act)
        return _asks(WaitsFor.MANAGER, clause(str(each.kind.label)), then, each.created_at)
    if isinstance(each, Message):
        return _message(each, around)
    return _effect(each, around, *effect_titles.get(each.id, ("", "")))


def _message(message: Message, around: Surroundings) -> Wait | None:
    name = template_name(message.template)
    since = message.unmet_since or message.sent_at or message.created_at
    why = clause(reason_in_words(message.error))
    if message.status is MessageStatus.FAILED:
        told = _("the e-mail “%(name)s” did not arrive (%(why)s)", name=name, why=why)
        then = _then(_("once its address is right, it is sent again"), around, "mail")
        return _asks(WaitsFor.TEAM, told, then, since)
    if not message.error or around.stops(message):
        return _work(message, around)
    due = message.due_at or around.now
    words = _(
        "The e-mail “%(name)s” has waited since %(since)s: %(why)s; %(again)s.",
        name=name,
        since=clock(since),
        why=why,
        again=_again(due, around),
    )
    return Wait(WaitsFor.MAIL_SERVER, since, due if due > around.now else None, words)


def _effect(effect: Effect, around: Surroundings, title: str, error: str) -> Wait | None:
    """One that leaves the work to its e-mail is told by that."""
    if effect.status is EffectStatus.FAILED:
        why = _("“%(title)s” was not done (%(why)s)", title=title, why=clause(error))
        then = _then(_("it is done once more with “Try again”"), around, "rules")
        return _asks(WaitsFor.MANAGER, why, then, _since_of(effect))
    return _work(effect, around, title) if effect.due_at else None


# -- the parcel -----------------------------------------------------------------------------------


def _parcel(facts: Facts, around: Surroundings) -> Wait | None:
    sale, slip = facts.sale, facts.slip
    if sale.status is Status.CANCELLED or slip is None:
        return None
    if sale.shipping is Shipping.TO_PACK:
        since = slip.released_at or slip.created_at
        if facts.invoice and facts.invoice.authorized_at:
            since = max(since, facts.invoice.authorized_at)
        words = _("Waits to be packed since %(since)s; then it is shipped.", since=clock(since))
        return Wait(WaitsFor.PACKING, since, None, words)
    if sale.shipping is Shipping.PACKED:
        since = slip.packed_at or slip.created_at
        words = _(
            "Packed, it waits for the carrier since %(since)s; then it is marked as shipped.",
            since=clock(since),
        )
        return Wait(WaitsFor.CARRIER, since, None, words)
    if sale.shipping is Shipping.SHIPPED:
        since = slip.shipped_at or slip.created_at
        words = _(
            "On its way with %(carrier)s since %(since)s; done once it is delivered.",
            carrier=sale.carrier or _("the carrier"),
            since=clock(since),
        )
        return Wait(WaitsFor.CARRIER, since, None, words)
    return None
