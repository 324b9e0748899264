"""Column types and column sets that models of several features share."""

import datetime as dt
import enum
from decimal import Decimal
from typing import Any, TypeVar, cast

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ClauseElement,
    ColumnElement,
    DateTime,
    String,
    literal_column,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.visitors import InternalTraversal, replacement_traverse
from sqlalchemy.types import TypeDecorator

from webapp.platform.clock import utc_now

Asked = TypeVar("Asked", bound=ClauseElement)


class UtcDateTime(TypeDecorator):
    """A moment in UTC, aware in the code; SQLite keeps no zone, so it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value is None:
            return None
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value, dialect):
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


NEVER = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)


class Written(ColumnElement[Any]):
    """SQL of our own with nothing to fill in: a statement that holds it is compiled once."""

    inherit_cache = True
    _traverse_internals: Any = ()


class AsIndexed(ColumnElement[Any]):
    """The condition of an index of a part, beside what says so already. SQLite takes such an index
    only where its condition stands in the question as it does there; PostgreSQL finds it out, and
    where it is told twice expects hardly any row and goes another way. Of no type: of a boolean it
    is asked whether it is 1."""

    inherit_cache = True
    _traverse_internals: Any = [("written", InternalTraversal.dp_string)]

    def __init__(self, written: str) -> None:
        self.written = written


@compiles(AsIndexed)
def _implied(_element: AsIndexed, _compiler: Any, **_more: Any) -> str:
    return "true"


@compiles(AsIndexed, "sqlite")
def _as_indexed(element: AsIndexed, _compiler: Any, **_more: Any) -> str:
    return element.written


def written_out(asked: Asked) -> Asked:
    """With the states that it names written out: SQLite plans a statement anew whenever a value is
    filled in on which the use of an index of some rows alone may depend."""

    def written(element: Any, **_more: object) -> ColumnElement[Any] | None:
        value = element.value if isinstance(element, BindParameter) else None
        if isinstance(value, enum.StrEnum):
            return literal_column(f"'{value}'")
        if isinstance(value, list | tuple) and all(
            isinstance(each, enum.StrEnum) for each in value
        ):
            return literal_column("(" + ", ".join(f"'{each}'" for each in value) + ")")
        return None

    return cast("Asked", replacement_traverse(asked, {}, written))


class Never(Written):
    """That moment, written out as an index takes it."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(Never, "sqlite")
def _never(_element: Never, _compiler: Any, **_more: Any) -> str:
    return "'9999-12-31 00:00:00.000000'"


@compiles(Never, "postgresql")
def _never_on_postgresql(_element: Never, _compiler: Any, **_more: Any) -> str:
    return "TIMESTAMP WITH TIME ZONE '9999-12-31 00:00:00+00'"


# Who did it: a person's e-mail address, or the name of a token, a job or a command.
ActorText = String(254)


class TextOrNothing(TypeDecorator):
    """A text that may be blank in several rows though it is unique: "" in the code, NULL in the
    database."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value or None

    def process_result_value(self, value, dialect):
        return value or ""


class EnumText(TypeDecorator):
    """A `StrEnum` kept as its value in a plain text column, so that a new member needs no
    migration."""

    impl = String(40)
    cache_ok = True

    def __init__(self, members: type[enum.StrEnum]):
        super().__init__()
        self.members = members

    def process_bind_param(self, value, dialect):
        return None if value is None else str(self.members(value))

    def result_processor(self, dialect, coltype):
        """A look-up: this is done for each cell that is read."""
        return ({None: None} | {str(member): member for member in self.members}).__getitem__


class Timestamps:
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)


class Hundredths(TypeDecorator):
    """A two-place `Decimal` kept as an integer: cents of money, hundredths of a per cent."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else int(value.scaleb(2))

    def result_processor(self, dialect, coltype):
        """Without a step between: this is done for each cell that is read."""
        return lambda value: None if value is None else Decimal(value).scaleb(-2)

    def coerce_compared_value(self, op, value):
        return self


class TenThousandths(TypeDecorator):
    """A four-place `Decimal` kept as an integer: a rate as finely as the NF-e writes one."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else int(value.scaleb(4))

    def process_result_value(self, value, dialect):
        return None if value is None else Decimal(value).scaleb(-4)
