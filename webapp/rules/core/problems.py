"""What is wrong with a rule: the place, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from flask_babel import gettext as _

T = TypeVar("T")

MOST_PROBLEMS = 50
MOST_UNKNOWN_KEYS = 5
# A slip of the pen is looked for among so many words.
MOST_COMPARED = 1000


class RuleProblem(NamedTuple):
    """`path` is dotted from the rule's root, as in "when.all.0.value"; `message` is for people."""

    path: str
    message: str


class RuleInvalid(ValueError):
    """A rule or rule set is refused; `problems` are the reasons, in reading order."""

    def __init__(self, problems: Iterable[RuleProblem]):
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{path}: {message}" for path, message in self.problems))


class ValueRefused(ValueError):
    """One value is refused; its text is the message for people."""


class Problems:
    """Collects problems, at most MOST_PROBLEMS of them: a hostile rule must not buy an endless
    answer."""

    def __init__(self) -> None:
        self.found: list[RuleProblem] = []

    def add(self, path: str, message: str) -> None:
        if not self.full:
            self.found.append(RuleProblem(path.lstrip("."), message))

    @property
    def full(self) -> bool:
        return len(self.found) >= MOST_PROBLEMS

    def raise_if_any(self) -> None:
        if self.found:
            raise RuleInvalid(self.found)

    def choose(self, options: Mapping[str, T], key: object, path: str) -> T | None:
        """The option of that name; None, with a problem that names the nearest one, where there is
        none."""
        chosen = options.get(key) if isinstance(key, str) else None
        if chosen is None:
            self.add(
                path,
                _(
                    "%(name)s does not exist%(hint)s",
                    name=preview(key),
                    hint=did_you_mean(key, options),
                ),
            )
        return chosen

    def keys(self, node: Mapping[Any, Any], known: Iterable[str], path: str) -> None:
        """Report the keys of `node` that are not `known`."""
        known = tuple(known)
        unknown = (key for key in node if not (isinstance(key, str) and key in known))
        for key in islice(unknown, MOST_UNKNOWN_KEYS):
            self.add(
                path,
                _(
                    "%(key)s is not known here%(hint)s",
                    key=preview(key),
                    hint=did_you_mean(key, known),
                ),
            )


def preview(value: object) -> str:
    """A value as it may stand in a message: short whatever its size. A number of millions of digits
    is never printed."""
    if isinstance(value, str):
        text = value if len(value) <= 40 else value[:40] + "…"
        return "'" + text.encode("utf-8", "replace").decode() + "'"
    if value is None or isinstance(value, (bool, float)):
        return str(value)
    if isinstance(value, int) and value.bit_length() <= 64:
        return str(value)
    return type(value).__name__


def did_you_mean(word: object, words: Iterable[str]) -> str:
    """ "; did you mean 'item_kind'?", or nothing."""
    close = (
        get_close_matches(word[:40], list(islice(words, MOST_COMPARED)), 1)
        if isinstance(word, str)
        else []
    )
    return _("; did you mean '%(word)s'?", word=close[0]) if close else ""
