"""Writing the draft that becomes the next rule set. Everybody who keeps rules shares it; each verb
opens one where none is open. The caller commits, within `in_transaction`: two people may open a
draft at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask_babel import gettext as _

from webapp.audit.models import AuditEntry
from webapp.audit.tracking import actor, record
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, NotFound, Refusal, Stale
from webapp.rules.core.changes import Change, changes_between
from webapp.rules.core.engine import parse_rules
from webapp.rules.core.problems import RuleInvalid, RuleProblem
from webapp.rules.core.sets import doubled, laid_over, stepped
from webapp.rules.linting.references import gather, refused
from webapp.rules.models import DraftStatus, RuleDraft, RuleSetVersion
from webapp.rules.queries import open_draft, published, rule_named

Rules = list[dict]


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody who keeps rules."""

    id: int
    name: str


def fingerprint(raw: dict | None) -> str:
    """What a form remembers of the rule it shows; empty for none."""
    return hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest() if raw else ""


def keep_rule(
    author: Author, raw: dict, replaces: str | None, seen: str | None
) -> RuleDraft | None:
    """Puts `raw` in the place of the rule coded `replaces`, or behind all others where that is
    None.

    Answers the draft; None where nothing differs and none is open. Raises Stale when the rule is no
    longer what `seen` is the fingerprint of, and Invalid with fields such as "when.all.0.value";
    what another rule would suffer is told in the message.
    """

    def put(rules: Rules) -> Rules:
        if raw in rules:
            return rules
        if replaces is None:
            return [*rules, raw]
        present = rule_named(rules, replaces)
        if present is None or fingerprint(present) != seen:
            raise Stale
        return [raw if rule is present else rule for rule in rules]

    return _edit(author, put, own=raw)


def remove_rule(author: Author, code: str) -> RuleDraft | None:
    """Said twice, it is removed once."""
    return _edit(author, lambda rules: [raw for raw in rules if raw["code"] != code])


def switch_rule(author: Author, code: str, enabled: bool) -> RuleDraft | None:
    def switched(rules: Rules) -> Rules:
        present = _present(rules, code)
        if present.get("enabled", True) is enabled:
            return rules
        return [raw | {"enabled": enabled} if raw is present else raw for raw in rules]

    return _edit(author, switched)


def duplicate_rule(author: Author, code: str, seen_version: int) -> RuleDraft | None:
    """A copy right behind it, switched off. `seen_version` is the draft's that was on the screen; 0
    where there was none."""
    return _edit(author, lambda rules: _present(rules, code) and doubled(rules, code), seen_version)


def move_rule(author: Author, code: str, up: bool, seen_version: int) -> RuleDraft | None:
    """One step earlier or later among those heard; see `duplicate_rule` for `seen_version`."""
    return _edit(
        author, lambda rules: _present(rules, code) and stepped(rules, code, up), seen_version
    )


def draft_from(author: Author, version_id: int) -> RuleDraft:
    """A draft with the rules of an earlier version, to be published the usual way."""
    version, draft, present = (
        db.session.get(RuleSetVersion, version_id),
        open_draft(lock=True),
        published(),
    )
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
    """Said twice, it is discarded once."""
    draft = open_draft(lock=True)
    if draft and draft.id == draft_id:
        _refuse_other_version(draft, seen_version)
        draft.status = DraftStatus.DISCARDED


def rebase(draft_id: int, seen_version: int) -> list[Change]:
    """Brings the draft up to the version in force; answers what that version had changed meanwhile.
    Nobody becomes an author by it: what the draft itself changes stays what its authors wrote."""
    draft, present = open_draft(lock=True), published()
    if draft is None or draft.id != draft_id or draft.base_id == present.id:
        return []
    _refuse_other_version(draft, seen_version)
    before = draft.base.rules
    rules = laid_over(before, draft.rules, present.rules)
    _checked(present.rules, rules)
    draft.rules, draft.base_id = rules, present.id
    return changes_between(before, present.rules)


def changes_of(draft: RuleDraft) -> list[Change]:
    """What the draft changes of the version it began from."""
    return changes_between(draft.base.rules, draft.rules)


# Editing


def _edit(
    author: Author,
    change: Callable[[Rules], Rules],
    seen_version: int | None = None,
    own: dict | None = None,
) -> RuleDraft | None:
    """`change` makes new rules of the draft's; `own` is the rule whose problems are the form's."""
    draft = open_draft(lock=True)
    if seen_version is not None:
        _refuse_other_version(draft, seen_version)
    base = draft or published()
    if base is None:
        raise Refusal(_("The shop has no published rules yet."))
    before = base.rules
    rules = change(before)
    if rules == before:
        return draft
    changes = _checked(before, rules, own)
    if draft is None:
        draft = RuleDraft(base_id=base.id, authors=[])
        db.session.add(draft)
    draft.rules = rules
    if author.id not in [known["id"] for known in draft.authors]:
        draft.authors = [*draft.authors, _signed(author)]
    db.session.flush()
    for each in changes:
        _note(draft, each)
    return draft


def _signed(author: Author) -> dict:
    return {"id": author.id, "name": author.name}


def _present(rules: Rules, code: str) -> dict:
    found = rule_named(rules, code)
    if found is None:
        raise NotFound(_("There is no such rule any more."))
    return found


def _refuse_other_version(draft: RuleDraft | None, seen_version: int) -> None:
    if (draft.version if draft else 0) != seen_version:
        raise Stale


def _note(draft: RuleDraft, change: Change) -> None:
    """An audit entry that names the rule and what it said before and after."""
    before, after = change.before or {}, change.after or {}
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


def _checked(before: Rules, rules: Rules, own: dict | None = None) -> list[Change]:
    """What differs, where all of it may be published. Raises Invalid."""
    if own is not None and sum(raw["code"] == own.get("code") for raw in rules if raw is not own):
        message = _("another rule has the code '%(code)s' already", code=own["code"])
        raise Invalid([FieldError("code", message)])
    try:
        parse_rules(rules)
    except RuleInvalid as invalid:
        raise _refusal(invalid.problems, rules, own) from None
    changes = changes_between(before, rules)
    known = gather(change.new for change in changes if change.new)
    problems = [
        RuleProblem(f"{rules.index(change.after)}.{problem.path}", problem.message)
        for change in changes
        if change.new
        for problem in refused(change.new, known)
    ]
    if problems:
        raise _refusal(problems, rules, own)
    return changes


def _refusal(problems: Iterable[RuleProblem], rules: Rules, own: dict | None) -> Invalid:
    """`problems` have paths within the whole set, such as "3.when.value"; those of `own` belong to
    the form's fields."""
    errors, others = [], []
    for problem in problems:
        place, _dot, path = problem.path.partition(".")
        rule = rules[int(place)] if place else None
        if rule is not None and rule is own:
            errors.append(FieldError(path, problem.message))
        elif rule is not None:
            others.append(
                _("Rule %(code)s: %(problem)s", code=rule["code"], problem=problem.message)
            )
        else:
            others.append(problem.message)
    return Invalid(errors, " ".join(others) or None)
