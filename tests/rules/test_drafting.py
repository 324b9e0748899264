"""The draft of the rules: everybody who keeps rules writes in the same one, and nobody overwrites
anybody."""

import threading

import pytest
from flask_babel import force_locale

from tests.factories import make_product, sign_in
from tests.support.rule_drafts import (
    drafted,
    in_force,
    kept,
    paying,
    publish_draft,
    rule,
    rule_named,
    somebody,
)
from webapp.audit.models import AuditEntry
from webapp.platform.clock import utc_now
from webapp.platform.errors import Invalid, NotFound, Refusal, Stale
from webapp.rules import drafting as services
from webapp.rules.core.written import fingerprint
from webapp.rules.drafting import keep_rule
from webapp.rules.models import DraftStatus, RuleDraft, RuleSetVersion
from webapp.rules.queries import book_to_edit, open_draft, published


@pytest.fixture(autouse=True)
def english(db):
    """Refusals are told in English, whoever asks."""
    with force_locale("en"):
        yield


def codes(draft=None):
    return [raw["code"] for raw in (draft.rules if draft else book_to_edit().to_json())]


def errors(invalid):
    return {error.field: str(error.message) for error in invalid.value.errors}


def archived() -> str:
    product = make_product()
    product.archived_at = utc_now()
    return product.sku


def naming(sku: str, **more) -> dict:
    return rule("named", when={"field": "item_sku", "op": "eq", "value": sku}, examples=[], **more)


def test_a_fresh_shop_has_no_draft_and_edits_what_is_in_force(db):
    assert open_draft() is None
    assert book_to_edit().to_json() == published().rules


def test_the_first_change_opens_a_draft_and_leaves_what_is_in_force_alone(db):
    before, ana = in_force(rule("a"), rule("b")), somebody()
    draft = drafted(ana, rule("a", name="New name"))
    assert (draft.base_id, draft.status, draft.version) == (before.id, DraftStatus.OPEN, 1)
    assert rule_named(draft.rules, "a")["name"] == "New name" and draft.authors == [
        {"id": ana.id, "name": "Ana"}
    ]
    assert published().rules == [rule("a"), rule("b")]


def test_a_rule_keeps_its_place_and_a_new_one_stands_last(db):
    in_force(rule("a"), rule("b"))
    draft = drafted(somebody(), rule("a", name="Other"), rule("c"))
    assert codes(draft) == ["a", "b", "c"]


def test_a_rule_may_change_its_code(db):
    in_force(rule("a"), rule("b"))
    keep_rule(somebody(), rule("x"), "a", fingerprint(rule("a")))
    assert codes() == ["x", "b"]


def test_everybody_who_changes_it_is_an_author_once(db):
    in_force(rule("a"))
    ana, rui = somebody("Ana"), somebody("Rui")
    draft = drafted(ana, rule("b"), rule("c"))
    drafted(rui, rule("d"))
    drafted(ana, rule("e"))
    assert draft.authors == [{"id": ana.id, "name": "Ana"}, {"id": rui.id, "name": "Rui"}]


def test_saving_what_is_there_already_changes_nothing(db):
    in_force(rule("a"))
    assert kept(somebody(), rule("a")) is None and open_draft() is None
    draft = drafted(somebody(), rule("b"))
    seen = draft.version
    drafted(somebody("Rui"), rule("b"), rule("a"))
    assert (draft.version, [author["name"] for author in draft.authors]) == (seen, ["Ana"])


def test_who_edits_what_another_one_changed_meanwhile_is_told(db):
    in_force(rule("a"))
    seen = fingerprint(rule("a"))
    drafted(somebody(), rule("a", name="First"))
    with pytest.raises(Stale):
        keep_rule(somebody("Rui"), rule("a", name="Second"), "a", seen)
    db.session.rollback()
    assert rule_named(book_to_edit().to_json(), "a")["name"] == "First"


def test_who_edits_what_another_one_removed_meanwhile_is_told(db):
    in_force(rule("a"), rule("b"))
    services.remove_rule(somebody(), "a")
    with pytest.raises(Stale):
        keep_rule(somebody("Rui"), rule("a", name="Second"), "a", fingerprint(rule("a")))


def test_two_rules_may_be_edited_side_by_side(db):
    in_force(rule("a"), rule("b"))
    drafted(somebody(), rule("a", name="First"))
    keep_rule(somebody("Rui"), rule("b", name="Second"), "b", fingerprint(rule("b")))
    assert [raw["name"] for raw in book_to_edit().to_json()] == ["First", "Second"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"when": {"all": [{"field": "item_knd", "op": "is_set"}]}}, "when.all.0.field"),
        ({"then": [{"do": "commission", "percent": "500"}]}, "then.0.percent"),
        ({"name": ""}, "name"),
        ({"code": "Not A Code"}, "code"),
        ({"code": ["a"]}, "code"),
        ({"code": None}, "code"),
        ({"valid_from": "soon"}, "valid_from"),
        ({"code": "b"}, "code"),
        ({"examples": [{"facts": {"nothing": 1}, "expect": []}]}, "examples.0.facts"),
    ],
)
def test_a_mistake_is_told_at_its_place_in_the_rule(db, changes, field):
    in_force(rule("a"), rule("b", priority=5))
    with pytest.raises(Invalid) as refused:
        keep_rule(somebody(), rule("a") | changes, "a", fingerprint(rule("a")))
    assert list(errors(refused)) == [field]
    db.session.rollback()
    assert open_draft() is None


def test_what_another_rule_would_suffer_is_told_by_its_code(db):
    in_force(rule("a"), rule("guard", [{"do": "skip_rule", "codes": ["a"]}], priority=5))
    ana = somebody()
    with pytest.raises(Invalid) as refused:
        keep_rule(ana, rule("a", priority=9), "a", fingerprint(rule("a")))
    assert refused.value.errors == [] and "Rule guard:" in str(refused.value)
    with pytest.raises(Invalid, match="Rule guard: rule 'a' does not exist"):
        services.remove_rule(ana, "a")


def test_an_enabled_rule_that_names_an_archived_product_is_refused_at_the_field(db):
    in_force(rule("a"))
    ana, sku = somebody(), archived()
    with pytest.raises(Invalid) as refused:
        keep_rule(ana, naming(sku), None, "")
    assert list(errors(refused)) == ["when.value"] and "archived" in errors(refused)["when.value"]
    keep_rule(ana, naming(sku, enabled=False), None, "")
    with pytest.raises(Refusal, match="is archived"):
        services.switch_rule(ana, "named", True)


def test_a_rule_is_switched_removed_moved_and_copied(db):
    in_force(rule("a"), rule("b"))
    ana = somebody()
    services.switch_rule(ana, "a", False)
    services.switch_rule(ana, "a", False)
    draft = open_draft()
    assert rule_named(draft.rules, "a")["enabled"] is False and draft.version == 1
    services.move_rule(ana, "b", True, 1)
    services.duplicate_rule(ana, "b", 2)
    assert codes() == ["b", "b_2", "a"]
    services.remove_rule(ana, "b")
    services.remove_rule(ana, "b")
    assert codes() == ["b_2", "a"]


@pytest.mark.parametrize(
    "verb",
    [
        lambda ana: services.switch_rule(ana, "gone", True),
        lambda ana: services.move_rule(ana, "gone", True, 0),
        lambda ana: services.duplicate_rule(ana, "gone", 0),
    ],
)
def test_a_rule_that_is_gone_is_told_as_that(db, verb):
    with pytest.raises(NotFound):
        verb(somebody())


def test_a_button_pressed_twice_copies_once(db):
    in_force(rule("a"))
    services.duplicate_rule(somebody(), "a", 0)
    with pytest.raises(Stale):
        services.duplicate_rule(somebody(), "a", 0)


def test_a_discarded_draft_is_gone_and_the_next_change_opens_another(db):
    before = in_force(rule("a"))
    draft = drafted(somebody(), rule("b"))
    services.discard_draft(draft.id, draft.version)
    services.discard_draft(draft.id, draft.version)
    assert draft.status is DraftStatus.DISCARDED and book_to_edit().to_json() == before.rules
    assert drafted(somebody(), rule("c")).id != draft.id


def test_a_draft_that_somebody_wrote_on_is_not_discarded_unseen(db):
    in_force(rule("a"))
    draft = drafted(somebody(), rule("b"))
    seen = draft.version
    drafted(somebody("Rui"), rule("c"))
    with pytest.raises(Stale):
        services.discard_draft(draft.id, seen)


def test_a_draft_is_brought_up_to_what_was_published_meanwhile(db):
    in_force(rule("a"), rule("b"))
    draft = drafted(somebody(), rule("a", name="Ours"))
    newer = in_force(rule("a"), rule("b", name="Theirs"), rule("c"))
    news = services.rebase(draft.id, draft.version)
    assert [(change.code, change.kind) for change in news] == [("b", "changed"), ("c", "added")]
    assert draft.base_id == newer.id and [raw["name"] for raw in draft.rules] == [
        "Ours",
        "Theirs",
        "Rule c",
    ]
    assert [author["name"] for author in draft.authors] == ["Ana"]
    assert services.rebase(draft.id, draft.version) == [], "said twice"


def test_what_does_not_go_together_with_the_newer_version_is_told(db):
    in_force(rule("a"), rule("b"))
    draft = drafted(somebody(), rule("guard", [{"do": "skip_rule", "codes": ["a"]}], priority=5))
    in_force(rule("b"))
    with pytest.raises(Invalid, match="Rule guard: rule 'a' does not exist"):
        services.rebase(draft.id, draft.version)


def test_a_draft_begins_with_an_earlier_version(db):
    old = in_force(rule("a"))
    new = in_force(rule("b"))
    ana = somebody()
    draft = services.draft_from(ana, old.id)
    db.session.commit()
    assert (draft.base_id, draft.rules, draft.authors[0]["name"]) == (new.id, [rule("a")], "Ana")
    assert services.draft_from(ana, old.id) is draft, "said twice"
    with pytest.raises(Refusal, match="A draft is open already"):
        services.draft_from(ana, new.id)


def test_a_draft_does_not_begin_with_what_is_in_force(db):
    version = in_force(rule("a"))
    with pytest.raises(Refusal, match="are the same"):
        services.draft_from(somebody(), version.id)
    with pytest.raises(NotFound):
        services.draft_from(somebody(), 999_999)


def test_before_any_version_there_is_nothing_to_change(db):
    db.session.execute(db.delete(RuleSetVersion))
    with pytest.raises(Refusal, match="no published rules"):
        services.switch_rule(somebody(), "a", True)


def test_each_change_is_in_the_audit_with_what_the_rule_said(db):
    in_force(paying("a"))
    ana = somebody()
    drafted(ana, paying("a", "8.00"))
    services.switch_rule(ana, "a", False)
    db.session.commit()
    entries = db.session.scalars(
        db.select(AuditEntry).where(AuditEntry.subject == "rule_drafts").order_by(AuditEntry.id)
    ).all()
    told = [(entry.action, entry.subject_name) for entry in entries]
    assert sorted(told) == [("created", ""), ("rule_changed", "a"), ("rule_changed", "a")]
    first = next(entry for entry in entries if "then" in entry.before)
    assert (
        '"5.00"' in first.before["then"]
        and '"8.00"' in first.after["then"]
        and "when" not in first.after
    )
    assert entries[-1].after == {"enabled": False}


@pytest.mark.both_databases
def test_two_people_open_the_draft_at_once_and_both_changes_are_in_it(app, db, client):
    in_force(rule("a"), rule("b"))
    people = [client, app.test_client()]
    for number, each in enumerate(people):
        sign_in(each, "manager", name=f"Person {number}")
    db.session.rollback()
    start, told = threading.Barrier(2), {}

    def switch_off(person, code):
        start.wait()
        told[code] = person.post(
            f"/rules/draft/rules/{code}/switch", data={"enabled": "0"}
        ).status_code

    acts = [
        threading.Thread(target=switch_off, args=pair) for pair in zip(people, "ab", strict=True)
    ]
    for act in acts:
        act.start()
    for act in acts:
        act.join()
    assert told == {"a": 303, "b": 303}
    draft = db.session.scalars(db.select(RuleDraft)).one()
    assert [raw["enabled"] for raw in draft.rules] == [False, False]
    assert {author["name"] for author in draft.authors} == {"Person 0", "Person 1"}


def test_after_publishing_the_next_change_begins_from_the_new_version(db):
    in_force(rule("a"))
    version = publish_draft(drafted(somebody(), rule("b")), somebody("Rui"))
    assert open_draft() is None
    assert drafted(somebody(), rule("c")).base_id == version.id
