"""What happened, told once: every page that shows an event shows it in the words, with the icon and
by the name of the actor that are found here.

A feature declares the words of its events as a `Vocabulary`; `webapp.features` lists them all.
"""

import datetime as dt
import enum
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask import Flask, current_app, g
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, or_, select

from webapp.audit.models import AuditEntry
from webapp.http.formatting import clock_text, moment_text, shop_day
from webapp.platform.clock import utc_now
from webapp.platform.database import db

HOUSE_NAME = "Balcão"
# Actors that are the house itself, beside its jobs.
HOUSE = ("", "system", "sweeper", "demo")
JOB, TOKEN = "job ", "token "
# Actors that are neither people nor tokens.
PROGRAMS = {"command line": _l("Command line"), "anonymous": _l("Not signed in")}
MOST_EVENTS = 200


# -- words ----------------------------------------------------------------------------------------


class Sentence(NamedTuple):
    """`text` is lazy; it may name values of the event, as in "Refund %(number)s"."""

    text: Any
    icon: str


def _own_key(entry: AuditEntry) -> str:
    """The state that the subject came to, else what was done to it."""
    return entry.after.get("status", "") if entry.action == "changed" else entry.action


def _own_note(entry: AuditEntry) -> str:
    return entry.after.get("comment") or entry.why


def _no_values(_entry: AuditEntry) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Vocabulary:
    """The words of one subject's events, by the action or the state that an event brought. `key_of`
    finds an audit entry's key; a key without sentence says nothing to people."""

    subject: str
    sentences: Mapping[str, Sentence]
    key_of: Callable[[AuditEntry], str] = _own_key
    note_of: Callable[[AuditEntry], str] = _own_note
    values_of: Callable[[AuditEntry], Mapping[str, str]] = _no_values


class Link(NamedTuple):
    text: str
    url: str


# -- who ------------------------------------------------------------------------------------------


class ActorKind(enum.StrEnum):
    PERSON = "person"
    PROGRAM = "program"
    HOUSE = "house"


class Actor(NamedTuple):
    """Who did it, as people call them."""

    name: str
    kind: ActorKind

    @property
    def is_person(self) -> bool:
        return self.kind is ActorKind.PERSON


def who(actor: str) -> Actor:
    """The actor of an audit entry: a person by name, a program by its token, the house's own jobs
    as the house. One query for each person not met before in this request."""
    if "@" in actor:
        learn_names([actor])
        return Actor(g.names_of_people[actor], ActorKind.PERSON)
    if actor in HOUSE or actor.startswith(JOB):
        return Actor(HOUSE_NAME, ActorKind.HOUSE)
    if actor.startswith(TOKEN):
        name = gettext("Token “%(name)s”", name=actor.removeprefix(TOKEN))
        return Actor(name, ActorKind.PROGRAM)
    return Actor(str(PROGRAMS.get(actor, actor)), ActorKind.PROGRAM)


def actors_called(name: str) -> list[str]:
    """The actors that entries may bear of whom `name` is written: an e-mail address, or the house,
    a queue or a token by the name that pages show."""
    if "@" in name:
        return [name.lower()]
    queues = {actor for actor in _queues() if job_name(actor).casefold() == name.casefold()}
    if name.casefold() == HOUSE_NAME.casefold():
        queues |= {*HOUSE[1:], *_queues()}
    programs = {actor for actor, words in PROGRAMS.items() if str(words) == name}
    bare = name.removeprefix(gettext("Token “%(name)s”", name="").rstrip("”")).rstrip("”")
    return [name, TOKEN + bare, JOB + name, *sorted(queues | programs)]


def job_name(actor: str) -> str:
    """What a job of the house works on; empty for other actors."""
    queue = actor.removeprefix(JOB)
    return str(value_words("jobs", "queue", queue)) if queue != actor else ""


def _queues() -> list[str]:
    return [JOB + queue for queue in _registry().queues]


def value_words(subject: str, name: str, kept: Any) -> Any:
    """A kept value in the words of the feature that has some for it, else as it is."""
    tell_value = _registry().values.get((subject, name))
    return kept if tell_value is None else tell_value(kept)


def learn_names(actors: Iterable[str]) -> None:
    """Reads the names of all people among `actors` at once, for `who`. Who is not on the staff any
    more keeps their e-mail address."""
    if "names_of_people" not in g:
        g.names_of_people = {}
    new = {actor for actor in actors if "@" in actor} - g.names_of_people.keys()
    if new:
        found = _registry().names_of(new)
        g.names_of_people |= {email: found.get(email, email) for email in new}


# -- events ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HistoryEntry:
    """One event as a page shows it. `links` lead to what else it is about."""

    at: dt.datetime
    text: str
    icon: str
    actor: Actor
    note: str = ""
    links: list[Link] = field(default_factory=list)

    @property
    def when(self) -> str:
        is_today = shop_day(self.at) == shop_day(utc_now())
        return clock_text(self.at) if is_today else moment_text(self.at)


class Subject(NamedTuple):
    """A row that events are about: its table and its id."""

    table: str
    row_id: int


def entries_of(subjects: Iterable[Subject], most: int = MOST_EVENTS) -> list[AuditEntry]:
    """What was recorded about all of them, the newest first."""
    ids: dict[str, list[str]] = {}
    for subject in subjects:
        ids.setdefault(subject.table, []).append(str(subject.row_id))
    about = [
        and_(AuditEntry.subject == table, AuditEntry.subject_id.in_(rows))
        for table, rows in ids.items()
    ]
    query = select(AuditEntry).where(or_(*about)).order_by(AuditEntry.id.desc()).limit(most)
    return list(db.session.scalars(query)) if about else []


def history_of(subjects: Iterable[Subject]) -> list[HistoryEntry]:
    """What happened to all of them, the newest first."""
    return tell(entries_of(subjects))


def tell(entries: Collection[AuditEntry]) -> list[HistoryEntry]:
    """The entries that say something to people, in their order."""
    learn_names(entry.actor for entry in entries)
    told = [event_of(entry) for entry in entries]
    return [event for event in told if event is not None]


def event_of(entry: AuditEntry) -> HistoryEntry | None:
    """The entry in words; None when no vocabulary has words for it."""
    vocabulary = _registry().vocabularies.get(entry.subject)
    if vocabulary is None:
        return None
    sentence = vocabulary.sentences.get(vocabulary.key_of(entry))
    if sentence is None:
        return None
    text = str(sentence.text) % vocabulary.values_of(entry)
    return HistoryEntry(entry.at, text, sentence.icon, who(entry.actor), vocabulary.note_of(entry))


def sentence_of(subject: str, key: str) -> Sentence:
    """The words of an event that a feature keeps in a table of its own."""
    return _registry().vocabularies[subject].sentences[key]


# -- wiring ---------------------------------------------------------------------------------------


# What a value that the audit kept is called: by its subject and its name there.
ValueWords = Mapping[tuple[str, str], Callable[[Any], Any]]


class _Registry(NamedTuple):
    vocabularies: Mapping[str, Vocabulary]
    names_of: Callable[[Collection[str]], Mapping[str, str]]
    values: ValueWords
    queues: Collection[str]


def set_up(
    app: Flask,
    vocabularies: Iterable[Vocabulary],
    names_of: Callable[[Collection[str]], Mapping[str, str]],
    values: ValueWords,
    queues: Collection[str],
) -> None:
    """Binds the words of all features, their names for values, the reader of people's names by
    e-mail address, and the queues whose jobs act: none can be known on this floor."""
    by_subject = {vocabulary.subject: vocabulary for vocabulary in vocabularies}
    app.extensions["history"] = _Registry(by_subject, names_of, values, queues)
    app.jinja_env.filters["who"] = who


def _registry() -> _Registry:
    return current_app.extensions["history"]
