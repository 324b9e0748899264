"""Whom a text mentions: `@` and a first name, a whole name, an e-mail address or what stands before
the @ of one, however it is written."""

import re
from collections.abc import Iterable, Sequence

from flask_babel import gettext as _

from webapp.platform.errors import FieldError, Invalid
from webapp.platform.text import fold
from webapp.staff.models import User

# Not the @ of an e-mail address.
_AT = re.compile(r"(?<![\w.+-])@(?=\w)")
_GOES_ON = re.compile(r"\w")


def mentioned(text: str, people: Sequence[User]) -> list[User]:
    """Each once. What nobody is called is no mention. Raises Invalid at `text` where several are
    called so."""
    folded, found = fold(text), dict[int, User]()
    for at in _AT.finditer(folded):
        meant, name = _meant(folded[at.end() :], people)
        if len(meant) > 1:
            raise Invalid([FieldError("text", _several(name, meant))])
        found |= {person.id: person for person in meant}
    return list(found.values())


def _meant(rest: str, people: Iterable[User]) -> tuple[list[User], str]:
    """Those of whom the longest name stands there, and that name."""
    longest, meant = "", list[User]()
    for person in people:
        for name in _names(person):
            ends = not _GOES_ON.match(rest[len(name) :])
            if not (rest.startswith(name) and ends) or len(name) < len(longest):
                continue
            others = meant if len(name) == len(longest) else []
            meant, longest = [*others, person], name
    return meant, longest


def _names(person: User) -> set[str]:
    """No name of one person twice: it would be two who are called so."""
    name, email = fold(person.name), fold(person.email)
    return {name, email, name.split()[0], email.partition("@")[0]} - {""}


def _several(name: str, people: Iterable[User]) -> str:
    ways = ", ".join("@" + person.email.partition("@")[0] for person in people)
    return _("More than one person is called %(name)s: write %(ways)s.", name=name, ways=ways)
