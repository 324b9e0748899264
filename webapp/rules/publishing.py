"""From the draft to the version in force, and back to the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from webapp.audit.tracking import because, record
from webapp.http.formatting import shop_day
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.errors import FieldError, Invalid, NotFound, Refusal
from webapp.rules.core.book import RuleBook
from webapp.rules.core.changes import Change
from webapp.rules.core.examples import ExampleResult, run_examples
from webapp.rules.core.rule import Rule
from webapp.rules.drafting import Author
from webapp.rules.forms import PublicationIn, RestorationIn
from webapp.rules.linting.lint import LintWarning, lint
from webapp.rules.linting.references import References, gather, refused
from webapp.rules.models import DraftStatus, RuleDraft, RuleSetVersion
from webapp.rules.queries import (
    draft_book,
    in_force,
    other_publishers,
    version_before,
    version_book,
)


@dataclass(frozen=True, slots=True)
class Failing:
    """A rule whose own examples, these of them, do not come out as they should."""

    rule: Rule
    results: list[ExampleResult]


@dataclass(frozen=True, slots=True)
class Readiness:
    """book       the draft's rules
    changes    what the draft changes of the version it began from
    failing    enabled rules whose examples fail, changed or not
    warnings   lint of the changed rules; they are to be read, and keep nobody from publishing
    meanwhile what was published since the draft began; `clashing` are the codes of rules that both
    changed
    others     some who may publish it where this person may not
    blocks     why this person cannot publish it now, a sentence each
    """

    book: RuleBook
    changes: list[Change]
    failing: list[Failing]
    warnings: list[LintWarning]
    meanwhile: list[Change]
    clashing: set[str]
    needs_other: bool
    others: list[str]
    blocks: list[str]

    @property
    def moves_money(self) -> bool:
        return any(change.moves_money for change in self.changes)


def readiness(draft: RuleDraft, present: RuleSetVersion, person: Author) -> Readiness:
    """`present` is the version in force."""
    behind = draft.base_id != present.id
    book, base, newest = draft_book(draft), version_book(draft.base_id), version_book(present.id)
    changes = base.diff(book)
    changed = [change.rule for change in changes if change.after]
    known = gather(changed)
    author_ids = [author["id"] for author in draft.authors]
    needs_other = person.id in author_ids and any(change.moves_money for change in changes)
    found = Readiness(
        book=book,
        changes=changes,
        failing=_failing(book),
        warnings=_warnings(book, changed, known),
        meanwhile=base.diff(newest) if behind else [],
        clashing=book.clashes(newest, base) if behind else set(),
        needs_other=needs_other,
        others=other_publishers(author_ids) if needs_other else [],
        blocks=[],
    )
    found.blocks.extend(_blocks(found, present if behind else None, _archived(changed, known)))
    return found


def _failing(book: RuleBook) -> list[Failing]:
    tried = (
        (rule, [result for result in run_examples(rule) if not result.ok])
        for rule in book.rules
        if rule.enabled
    )
    return [Failing(rule, results) for rule, results in tried if results]


def _warnings(book: RuleBook, changed: Sequence[Rule], known: References) -> list[LintWarning]:
    codes = {rule.code for rule in changed}
    return lint(book, known, shop_day(utc_now()), only=codes) if codes else []


def _archived(changed: Sequence[Rule], known: References) -> list[str]:
    """A product may have been archived since the rule was written."""
    return [
        _("Rule %(code)s: %(problem)s", code=rule.code, problem=problem.message)
        for rule in changed
        for problem in refused(rule, known)
    ]


def _blocks(found: Readiness, newer: RuleSetVersion | None, archived: list[str]) -> list[str]:
    blocks = []
    if newer:
        blocks.append(
            _(
                "Version %(number)s was published since this draft began. Bring the draft up to "
                "date first.",
                number=newer.id,
            )
        )
    if not found.changes:
        blocks.append(_("The draft changes nothing yet."))
    if found.failing:
        blocks.append(
            ngettext(
                "The examples of %(num)s rule do not come out as they should.",
                "The examples of %(num)s rules do not come out as they should.",
                len(found.failing),
            )
        )
    blocks += archived
    if found.needs_other:
        blocks.append(_second_person(found.others))
    return blocks


def _second_person(others: Sequence[str]) -> str:
    if not others:
        return _(
            "The draft moves money and you wrote part of it, so somebody else must publish it; "
            "nobody else keeps rules here. Ask an administrator for a second manager."
        )
    return _(
        "The draft moves money and you wrote part of it, so somebody else must publish it: "
        "%(people)s.",
        people=", ".join(others),
    )


def publish(
    draft_id: int, seen_version: int, person: Author, wanted: PublicationIn
) -> RuleSetVersion:
    """Makes the draft the version in force. Idempotent for one person."""
    draft = db.session.get(RuleDraft, draft_id, with_for_update=True, populate_existing=True)
    if draft is None:
        raise NotFound(_("There is no such draft."))
    if draft.status is not DraftStatus.OPEN:
        return _done_already(draft, person)
    if draft.version != seen_version:
        raise Refusal(
            _(
                "Somebody changed the draft since you opened this page. Read what it changes now, "
                "then publish it."
            )
        )
    _refuse_unready(readiness(draft, _in_force_locked(), person), wanted)
    with because(wanted.reason):
        version = _added(
            RuleSetVersion(
                rules=draft.rules,
                published_by=person.name,
                reason=wanted.reason,
                drafted_by=[author["name"] for author in draft.authors],
            ),
            "published",
        )
        draft.publish_as(version)
        db.session.flush()
    return version


def _refuse_unready(found: Readiness, wanted: PublicationIn) -> None:
    if found.blocks:
        raise Refusal(" ".join(found.blocks))
    if found.warnings and not wanted.warnings_read:
        raise Invalid([FieldError("warnings_read", _("Read the warnings and mark that you did."))])


def _done_already(draft: RuleDraft, person: Author) -> RuleSetVersion:
    if draft.status is DraftStatus.DISCARDED:
        raise Refusal(_("Somebody discarded this draft meanwhile; nothing was published."))
    version = db.session.get_one(RuleSetVersion, draft.published_as)
    if version.published_by != person.name:
        raise Refusal(
            _(
                "%(person)s has just published this draft as version %(number)s. Nothing is left "
                "to do.",
                person=version.published_by,
                number=version.id,
            )
        )
    return version


def restore(version_id: int, person: Author, wanted: RestorationIn) -> RuleSetVersion:
    """Brings back the version that was in force right before the present one, as a new version. It
    takes one person: its rules went through the publishing once. Idempotent."""
    present = _in_force_locked()
    if present.restores == version_id:
        return present
    before = version_before(present.id)
    if before is None or before.id != version_id:
        raise Refusal(
            _(
                "Only the version right before the present one comes back at once. Start a draft "
                "from version %(number)s and publish it.",
                number=version_id,
            )
        )
    return _added(
        RuleSetVersion(
            rules=before.rules,
            published_by=person.name,
            reason=wanted.reason,
            drafted_by=before.drafted_by,
            restores=before.id,
        ),
        "restored",
    )


def _in_force_locked() -> RuleSetVersion:
    """Nobody else publishes until this transaction ends. Who waited for another one looks again:
    the version it locked is no longer the newest."""
    newest = select(func.max(RuleSetVersion.id))
    while True:
        locked = db.session.scalar(
            select(RuleSetVersion.id)
            .where(RuleSetVersion.id == newest.scalar_subquery())
            .with_for_update(key_share=True)
        )
        if locked is None:
            raise Refusal(_("The shop has no published rules yet."))
        if locked == db.session.scalar(newest):
            return in_force()


def _added(version: RuleSetVersion, action: str) -> RuleSetVersion:
    db.session.add(version)
    db.session.flush()
    record(
        db.session,
        action,
        "rule_sets",
        version.id,
        why=version.reason,
        drafted_by=", ".join(version.drafted_by),
        restores=version.restores,
    )
    return version
