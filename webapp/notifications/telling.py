"""Telling people something in the bell. A feature declares a `NotificationKind` for each thing that
it tells; `webapp.features` lists them all."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from flask import Flask, current_app, g
from sqlalchemy import Integer, bindparam, update

from webapp.audit.history import learn_names, who
from webapp.http.lists import count_text
from webapp.notifications.models import UNREAD, Notification
from webapp.notifications.queries import unread_of
from webapp.platform.database import db
from webapp.platform.notices import notices_of
from webapp.staff.models import User
from webapp.web.navigation import Counter, counted


class NotificationKind(NamedTuple):
    """`sentence` is lazy and names values of the params; `who` is an actor's. `words` tells it from
    the params where a sentence does not do."""

    key: str
    sentence: Any
    icon: str
    words: Callable[[Mapping[str, Any]], str] | None = None


class ToldNotification(NamedTuple):
    """A notification as its reader sees it."""

    notification: Notification
    text: str
    icon: str


def set_up(app: Flask, kinds: Iterable[NotificationKind]) -> None:
    app.extensions["notification_kinds"] = {kind.key: kind for kind in kinds}
    app.context_processor(lambda: {"bell_count": bell_count})


def notify(
    people: Iterable[User], kind: NotificationKind, params: Mapping[str, Any], link: str
) -> None:
    """Each of them is told once the transaction commits, on open pages at once."""
    for person in people:
        db.session.add(
            Notification(user_id=person.id, kind=kind.key, params=dict(params), link=link)
        )
        ring_bell(person.id)


def read_all(user_id: int, now: dt.datetime) -> None:
    is_own = Notification.user_id == user_id
    db.session.execute(update(Notification).where(is_own, UNREAD).values(read_at=now))
    ring_bell(user_id)


def ring_bell(user_id: int) -> None:
    """The bell of a person's open pages is drawn anew."""
    notices_of(db.session).row_changed("bell", user_id)


def told(found: Sequence[Notification]) -> list[ToldNotification]:
    kinds: Mapping[str, NotificationKind] = current_app.extensions["notification_kinds"]
    learn_names(each.params.get("who", "") for each in found)
    return [_told(each, kinds[each.kind]) for each in found if each.kind in kinds]


def _told(notification: Notification, kind: NotificationKind) -> ToldNotification:
    params = dict(notification.params)
    if "who" in params:
        params["who"] = who(params["who"]).name
    text = kind.words(params) if kind.words else str(kind.sentence) % params
    return ToldNotification(notification, text, kind.icon)


def _reader() -> int:
    return g.identity.user.id


# Of whoever asks: built once, as the rest of what the menu counts.
BELL = Counter(unread_of(bindparam("reader", callable_=_reader, type_=Integer)))


def own_counters() -> list[Counter]:
    """What the bell counts, for whoever counts on this page anyway."""
    identity = g.get("identity")
    return [BELL] if identity and identity.user else []


def bell_count() -> str:
    """How many are unread, in words; empty for none."""
    count = counted()[BELL] if own_counters() else 0
    return count_text(count) if count else ""
