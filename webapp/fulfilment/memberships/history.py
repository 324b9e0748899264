"""What happens to a membership, in words. Its events are rows of their own: a reversal goes back to
what was before one of them."""

from collections.abc import Iterable

from flask import url_for
from flask_babel import gettext as _

from webapp.audit.history import (
    HistoryEntry,
    Link,
    Sentence,
    Vocabulary,
    learn_names,
    sentence_of,
    who,
)
from webapp.audit.models import AuditEntry
from webapp.fulfilment.memberships.models import MembershipEvent, MembershipEventKind
from webapp.http.formatting import day_text

ICONS = {"reversed": "arrow-back-up", "lapsed": "ban", "ended": "ban", "renewed": "refresh"}


def _key(entry: AuditEntry) -> str:
    """A change of plan or status alone does not say which event it was of."""
    return "activated" if entry.action == "created" else ""


MEMBERSHIP_EVENTS = Vocabulary(
    "memberships",
    {
        change: Sentence(change.label, ICONS.get(change, "heart-handshake"))
        for change in MembershipEventKind
    },
    key_of=_key,
)


def history(events: Iterable[MembershipEvent]) -> list[HistoryEntry]:
    """The events in words, in their order."""
    events = list(events)
    learn_names(event.actor for event in events)
    return [_entry(event) for event in events]


def _entry(event: MembershipEvent) -> HistoryEntry:
    sentence = sentence_of("memberships", event.kind)
    # The order did what it brought about, whoever undid it; what is marked by hand is a person's.
    actor = who(event.actor if event.is_by_hand else "")
    parts = (f"{event.status.label}, {_plan(event)}", _last_day(event), event.reason)
    note = " · ".join(filter(None, parts))
    return HistoryEntry(event.at, str(sentence.text), sentence.icon, actor, note, _links(event))


def _plan(event: MembershipEvent) -> str:
    if event.plan_before and event.plan_before != event.plan:
        return _("plan %(before)s → %(after)s", before=event.plan_before, after=event.plan)
    return _("plan %(plan)s", plan=event.plan)


def _last_day(event: MembershipEvent) -> str:
    return _("up to %(day)s", day=day_text(event.ends_on)) if event.ends_on else ""


def _links(event: MembershipEvent) -> list[Link]:
    if event.sale is None:
        return []
    text = _("Order %(reference)s", reference=event.sale.reference)
    return [Link(text, url_for("sales.page", sale_id=event.sale_id))]
