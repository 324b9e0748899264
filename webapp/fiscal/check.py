"""A line of the table of checks."""

from collections.abc import Callable
from dataclasses import dataclass

from webapp.fiscal.predicates import Test
from webapp.fiscal.reading import Reading
from webapp.fiscal.words import Rejection
from webapp.platform.issues import ERROR


@dataclass(frozen=True, slots=True)
class Check:
    """`name` tells what was looked at. `term` is the calendar's code for the days on which the
    authority looks; always, where it is empty. `numbered` checks are left out for a draft. `typed`
    ones look at single texts that people type: they have their say on a document too that the
    schema refuses, in better words than it. Where `only` is false nothing can be wrong, and it is
    not asked: many checks share one, which is asked once."""

    name: str
    words: Rejection
    test: Test
    level: str = ERROR
    numbered: bool = False
    typed: bool = False
    term: str = ""
    only: Callable[[Reading], bool] | None = None
