"""What every commit tells: an audit entry for each change, and a live event for each row on
somebody's screen.

A model says `audited = (columns…)` to have its changes kept. Its rows then move by themselves on
open pages under the name of its table, or under that of `live = "sale"`, which serves without an
audit too. A row that owes work rings the queue of that work. Who acts comes from
`acting_as`, set by the request, the job or the command.
"""

import contextlib
import datetime as dt
from collections.abc import Iterable
from contextvars import ContextVar
from decimal import Decimal
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.orm.base import NEVER_SET, NO_VALUE

from webapp.audit.models import AuditEntry
from webapp.http.transactions import write_apart
from webapp.platform.clock import utc_now
from webapp.platform.notices import live_kind, notices_of, tell_pages
from webapp.platform.owed import Owed

_KEEP = AuditEntry.__table__.insert()
_WRITTEN_AS_IS = frozenset({str, int, bool, type(None)})
_actor: ContextVar[str] = ContextVar("actor", default="system")
_why: ContextVar[str] = ContextVar("why", default="")


@contextlib.contextmanager
def acting_as(actor: str):
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


@contextlib.contextmanager
def because(reason: str):
    """The reason that the audit entries written inside carry."""
    token = _why.set(reason)
    try:
        yield
    finally:
        _why.reset(token)


def actor() -> str:
    return _actor.get()


def _plain(value):
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return value


def _changes(row) -> tuple[dict, dict]:
    """Before and after of the audited columns that differ. SQLAlchemy keeps the old value of what
    was set, so that only those are looked at: this runs for every row of every flush."""
    facts, committed = row.__dict__, instance_state(row).committed_state
    before, after = {}, {}
    for name in row.audited:
        if name in committed:
            old, new = committed[name], facts.get(name)
            old = None if old is NO_VALUE or old is NEVER_SET else old
            if old != new:
                before[name] = old if type(old) in _WRITTEN_AS_IS else _plain(old)
                after[name] = new if type(new) in _WRITTEN_AS_IS else _plain(new)
    return before, after


def _entry(row, action, before, after) -> dict:
    return {
        "at": utc_now(),
        "actor": _actor.get(),
        "action": action,
        "subject": row.__tablename__,
        "subject_id": str(row.id),
        "subject_name": str(getattr(row, "audit_name", "") or "")[:120],
        "before": before,
        "after": after,
        "why": _why.get()[:500],
    }


def track(session_factory) -> None:
    """Binds the session's flushes and commits to the audit and the live stream."""
    event.listen(session_factory, "before_flush", _before_flush)
    event.listen(session_factory, "after_flush", _after_flush)
    event.listen(session_factory, "after_rollback", _forget)


def _before_flush(session, _context, _instances) -> None:
    gather(session, session.new, session.dirty, session.deleted)


def _after_flush(session, _context) -> None:
    tell(session)


def gather(
    session, new: Iterable[Any], dirty: Iterable[Any] = (), deleted: Iterable[Any] = ()
) -> None:
    """Notes what is about to be written of these rows."""
    pending = session.info.setdefault("audit", [])
    touched = session.info.setdefault("live", {})
    for row in new:
        if hasattr(row, "audited"):
            pending.append((row, "created", *_changes(row)))
        _touch(session, touched, row)
    for row in dirty:
        if hasattr(row, "audited"):
            before, after = _changes(row)
            if after:
                pending.append((row, "changed", before, after))
        _touch(session, touched, row)
    for row in deleted:
        if hasattr(row, "audited"):
            gone = {name: _plain(getattr(row, name)) for name in row.audited}
            session.add(AuditEntry(**_entry(row, "deleted", gone, {})))


def _touch(session, touched: dict[int, Any], row) -> None:
    if live_kind(type(row)):
        touched[id(row)] = row
    if isinstance(row, Owed) and row.due_at and not row.lease and row.queue:
        notices_of(session).ring(row.queue)


def tell(session) -> None:
    """Tells of what was written: ids of new rows are known only now. By a plain insert, because a
    flush may be under way."""
    entries = [_entry(row, *change) for row, *change in session.info.pop("audit", ())]
    if entries:
        session.connection().execute(_KEEP, entries)
    for row in session.info.pop("live", {}).values():
        tell_pages(session, row)


def _forget(session) -> None:
    """Drops what a flush that failed was about to tell."""
    for key in ("audit", "live"):
        session.info.pop(key, None)


def record(
    session, action: str, subject: str, subject_id, name: str = "", why: str = "", **after
) -> None:
    """An audit entry for an act that changes no column (a sign-in, a retry of a job)."""
    session.add(AuditEntry(**_act(action, subject, subject_id, name, why, after)))


def record_apart(action: str, subject: str, subject_id="", name: str = "", **after) -> None:
    """As `record`, for what is refused: kept whatever becomes of the request, whose rows are read
    anew afterwards."""
    write_apart(_KEEP.values(**_act(action, subject, subject_id, name, "", after)))


def _act(action: str, subject: str, subject_id, name: str, why: str, after: dict) -> dict:
    return {
        "at": utc_now(),
        "actor": _actor.get(),
        "action": action,
        "subject": subject,
        "subject_id": str(subject_id)[:40],
        "subject_name": name[:120],
        "before": {},
        "after": {key: _plain(value) for key, value in after.items()},
        "why": why[:500],
    }
