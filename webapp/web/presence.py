"""Who is on a record just now. Kept in Redis alone and only while their pages say so again: without
Redis nobody is told of anybody."""

import json
import time
from typing import Any, NamedTuple

import redis
from flask import current_app

from webapp.platform.notices import Notices
from webapp.platform.queue import redis_of_app

# How often a page says that it is still open, in static/js/presence.js: 20 s.
STAYS_SECONDS = 50


class Present(NamedTuple):
    """`edits`: whether in its form, and not on its page."""

    user_id: int
    name: str
    edits: bool


class Record(NamedTuple):
    """Like the sale 12."""

    kind: str
    id: int

    @property
    def key(self) -> str:
        return f"balcao:presence:{self.kind}-{self.id}"


def come(record: Record, me: Present) -> list[Present]:
    """I am here; who else is. The others' pages hear of it when that is new."""
    said = json.dumps([*me, time.time()])
    try:
        with redis_of_app().pipeline(transaction=False) as pipe:
            pipe.hgetall(record.key)
            pipe.hset(record.key, str(me.user_id), said)
            pipe.expire(record.key, STAYS_SECONDS)
            before = _present(pipe.execute()[0])
    except redis.RedisError:
        return []
    if me not in before:
        _tell(record)
    return _but(me.user_id, before)


def others(record: Record, user_id: int) -> list[Present]:
    try:
        return _but(user_id, _present(redis_of_app().hgetall(record.key)))
    except redis.RedisError:
        return []


def leave(record: Record, user_id: int) -> None:
    """Said twice, or without Redis, nothing is left to do: who stays silent is forgotten."""
    try:
        gone = redis_of_app().hdel(record.key, str(user_id))
    except redis.RedisError:
        return
    if gone:
        _tell(record)


def _present(kept: Any) -> list[Present]:
    now, found = time.time(), []
    for said in kept.values():
        user_id, name, edits, at = json.loads(said)
        if now - at < STAYS_SECONDS:
            found.append(Present(user_id, name, edits))
    return sorted(found, key=lambda each: each.name)


def _but(user_id: int, present: list[Present]) -> list[Present]:
    return [each for each in present if each.user_id != user_id]


def _tell(record: Record) -> None:
    notices = Notices()
    notices.row_changed(f"presence-{record.kind}", record.id)
    current_app.extensions["notifier"].send(notices)
