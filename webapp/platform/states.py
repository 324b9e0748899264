"""States of a row, and which of them may follow which: each status enum has a table of its own."""

from collections.abc import Mapping, Set
from enum import StrEnum
from typing import TypeVar

State = TypeVar("State", bound=StrEnum)


class ForbiddenTransition(Exception):
    """The program sent a row into a state that its present one does not lead to. Never a person's
    fault: what a person may ask for in a wrong state is refused before."""


def require_transition(allowed: Mapping[State, Set[State]], old: State, new: State) -> None:
    """Raises ForbiddenTransition for a state that does not follow."""
    if new not in allowed[old]:
        raise ForbiddenTransition(f"{type(new).__name__}: {old} does not lead to {new}")
