"""Writing the draft that becomes the next rule set. Everybody who keeps rules shares it; each verb
opens one where none is open. Two people may open a draft at once: the request of the second one
begins anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from webapp.audit.models import AuditEntry
from webapp.audit.tracking import actor, record
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, NotFound, Refusal, Stale
from webapp.rules.core.book import RuleBook
from webapp.rules.core.changes import Change
from webapp.rules.core.problems import RuleProblem
from webapp.rules.core.rule import RawRule
from webapp.rules.core.written import WrittenRule
from webapp.rules.linting.references import gather, refused
from webapp.rules.models import RuleDraft, RuleSetVersion
from webapp.rules.queries import draft_book, in_force, open_draft, version_book


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody who keeps rules."""

    id: int
    name: str


def keep_rule(
    author: Author, raw: RawRule, replaces: str | None, seen: str | None
) -> RuleDraft | None:
    """Puts `raw` in the place of the rule coded `replaces`, or behind all others where that is
    None.

    Returns the draft; None where nothing differs and none is open. Raises Stale when the rule is no
    longer what `seen` is the fingerprint of, and Invalid with fields such as "when.all.0.value";
    what another rule would suffer is told in the message.
    """
    rule = WrittenRule(raw)

    def put(book: RuleBook) -> RuleBook:
        if rule in book.written:
            return book
        present = book.get(replaces) if replaces is not None else None
        if replaces is not None and (present is None or present.fingerprint != seen):
            raise Stale
        return book.with_rule(rule, replaces)

    return _edit(author, put, own=rule)


def remove_rule(author: Author, code: str) -> RuleDraft | None:
    """Idempotent."""
    return _edit(author, lambda book: book.without(code))


def switch_rule(author: Author, code: str, enabled: bool) -> RuleDraft | None:
    return _edit(author, lambda book: _having(book, code).switched(code, enabled))


def duplicate_rule(author: Author, code: str, seen_version: int) -> RuleDraft | None:
    """A copy right behind it, switched off. `seen_version` is the draft's that was on the screen; 0
    where there was none."""
    return _edit(author, lambda book: _having(book, code).duplicated(code), seen_version)


def move_rule(author: Author, code: str, up: bool, seen_version: int) -> RuleDraft | None:
    """One step earlier or later in the order of evaluation; see `duplicate_rule` for
    `seen_version`."""
    return _edit(author, lambda book: _having(book, code).moved(code, up), seen_version)


def draft_from(author: Author, version_id: int) -> RuleDraft:
    """A draft with the rules of an earlier version, to be published the usual way."""
    version = db.session.get(RuleSetVersion, version_id)
    draft, present = open_draft(lock=True), in_force()
    if version is None:
        raise NotFound(_("There is no such version."))
    if draft and draft.rules != version.rules:
        raise Refusal(_("A draft is open already. Publish or discard it first."))
    if version.rules == present.rules:
        raise Refusal(
            _("The rules in force are the same as those of version %(number)s.", number=version.id)
        )
    if draft is None:
        draft = RuleDraft(base_id=present.id, rules=version.rules, authors=[_signed(author)])
        db.session.add(draft)
        db.session.flush()
        record(db.session, "draft_from", "rule_drafts", draft.id, from_version=version.id)
    return draft


def discard_draft(draft_id: int, seen_version: int) -> None:
    """Idempotent."""
    draft = open_draft(lock=True)
    if draft and draft.id == draft_id:
        _refuse_other_version(draft, seen_version)
        draft.discard()


def rebase(draft_id: int, seen_version: int) -> list[Change]:
    """Brings the draft up to the version in force; returns what that version had changed meanwhile.
    Nobody becomes an author by it: what the draft itself changes stays what its authors wrote."""
    draft, present = open_draft(lock=True), in_force()
    if draft is None or draft.id != draft_id or draft.base_id == present.id:
        return []
    _refuse_other_version(draft, seen_version)
    before, theirs = version_book(draft.base_id), version_book(present.id)
    rebased = draft_book(draft).rebased_onto(theirs, before)
    _checked(theirs, rebased)
    draft.rules, draft.base_id = rebased.to_json(), present.id
    return before.diff(theirs)


def changes_of(draft: RuleDraft) -> list[Change]:
    """What the draft changes of the version it began from."""
    return version_book(draft.base_id).diff(draft_book(draft))


# Editing


def _edit(
    author: Author,
    change: Callable[[RuleBook], RuleBook],
    seen_version: int | None = None,
    own: WrittenRule | None = None,
) -> RuleDraft | None:
    """`change` makes a new book of the draft's; `own` is the rule whose problems are the form's."""
    draft = open_draft(lock=True)
    if seen_version is not None:
        _refuse_other_version(draft, seen_version)
    base_id = draft.base_id if draft else in_force().id
    before = draft_book(draft) if draft else version_book(base_id)
    book = change(before)
    if book == before:
        return draft
    changes = _checked(before, book, own)
    if draft is None:
        draft = RuleDraft(base_id=base_id, authors=[])
        db.session.add(draft)
    draft.rules = book.to_json()
    if author.id not in [known["id"] for known in draft.authors]:
        draft.authors = [*draft.authors, _signed(author)]
    db.session.flush()
    for difference in changes:
        _note(draft, difference)
    return draft


def _signed(author: Author) -> dict[str, Any]:
    return {"id": author.id, "name": author.name}


def _having(book: RuleBook, code: str) -> RuleBook:
    """The book, which has a rule of that code."""
    if code not in book:
        raise NotFound(_("There is no such rule any more."))
    return book


def _refuse_other_version(draft: RuleDraft | None, seen_version: int) -> None:
    if (draft.version if draft else 0) != seen_version:
        raise Stale


def _note(draft: RuleDraft, change: Change) -> None:
    """An audit entry that names the rule and what it said before and after."""
    before = change.before.raw if change.before else {}
    after = change.after.raw if change.after else {}
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    db.session.add(
        AuditEntry(
            actor=actor(),
            action=f"rule_{change.kind}",
            subject="rule_drafts",
            subject_id=str(draft.id),
            subject_name=change.code,
            before={name: _plain(before[name]) for name in names if name in before},
            after={name: _plain(after[name]) for name in names if name in after},
        )
    )


def _plain(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


# Refusing


def _checked(before: RuleBook, book: RuleBook, own: WrittenRule | None = None) -> list[Change]:
    """What differs, where all of it may be published. Raises Invalid."""
    if own is not None:
        code = own.raw.get("code")
        if any(rule.code == code for rule in book if rule is not own):
            message = _("another rule has the code '%(code)s' already", code=code)
            raise Invalid([FieldError("code", message)])
    _raise_if_any(book.problems(), book, own)
    changes = before.diff(book)
    _raise_if_any(_archived(book, changes), book, own)
    return changes


def _archived(book: RuleBook, changes: list[Change]) -> list[RuleProblem]:
    """Products that are no longer sold, named by enabled rules that changed."""
    changed = [change.after for change in changes if change.after]
    known = gather(rule.rule for rule in changed)
    place_of = {rule.code: place for place, rule in enumerate(book)}
    return [
        RuleProblem(f"{place_of[rule.code]}.{problem.path}", problem.message)
        for rule in changed
        for problem in refused(rule.rule, known)
    ]


def _raise_if_any(problems: Iterable[RuleProblem], book: RuleBook, own: WrittenRule | None) -> None:
    """`problems` have paths within the whole book, such as "3.when.value"; those of `own` belong to
    the form's fields."""
    errors: list[FieldError] = []
    others: list[str] = []
    for problem in problems:
        place, _dot, path = problem.path.partition(".")
        rule = book.written[int(place)] if place else None
        if rule is not None and rule is own:
            errors.append(FieldError(path, problem.message))
        elif rule is not None:
            others.append(_("Rule %(code)s: %(problem)s", code=rule.code, problem=problem.message))
        else:
            others.append(problem.message)
    if errors or others:
        raise Invalid(errors, " ".join(others) or None)
