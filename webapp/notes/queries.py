"""Notes of one customer or order."""

from typing import Any, NamedTuple

from sqlalchemy import Select, select

from webapp.notes.models import StaffNote
from webapp.platform.database import db
from webapp.staff.models import Role, User

SHOWN = 20


class WrittenNote(NamedTuple):
    """`name`: the writer's, None for a program's."""

    note: StaffNote
    name: str | None


def notes_of(**of: int) -> Select[Any]:
    """Of `customer_id=` or `sale_id=`, the newest first."""
    return select(StaffNote).filter_by(**of).order_by(StaffNote.id.desc())


def latest_notes(**of: int) -> list[WrittenNote]:
    """Each with its writer, in one question."""
    query = notes_of(**of).add_columns(User.name).outerjoin(User, User.email == StaffNote.actor)
    return [WrittenNote(*row) for row in db.session.execute(query.limit(SHOWN))]


def colleagues(roles: frozenset[Role]) -> list[User]:
    """Who of these roles may be mentioned, by name."""
    query = select(User).where(User.active, User.role.in_(roles)).order_by(User.name)
    return list(db.session.scalars(query))
