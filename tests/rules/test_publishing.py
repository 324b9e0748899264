"""Publishing a draft: what stands in its way, who may, and that it happens once."""

import threading

import pytest
from flask_babel import force_locale

from tests.factories import make_user, sign_in
from tests.rules.test_drafting import archived, naming
from tests.support.rule_drafts import drafted, in_force, paying, publish_draft, rule, somebody
from webapp.audit.models import AuditEntry
from webapp.catalog.models import Product
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.platform.errors import Invalid, NotFound, Refusal
from webapp.rules import drafting as services
from webapp.rules.forms import PublicationIn, RestorationIn
from webapp.rules.models import DraftStatus, RuleSetVersion
from webapp.rules.publishing import publish, readiness, restore
from webapp.rules.queries import open_draft, published, rule_set_in_force
from webapp.staff.models import Role, User

WRONG = {"examples": [{"facts": {"item_kind": "ebook"}, "expect": ["packing_slip"]}]}


@pytest.fixture(autouse=True)
def english(db):
    """Refusals are told in English, whoever asks."""
    with force_locale("en"):
        yield


def ready(draft, person):
    return readiness(draft, published(), person)


def refused(draft, person, **more) -> str:
    with pytest.raises(Refusal) as refusal:
        publish_draft(draft, person, **more)
    return str(refusal.value)


def test_what_moves_no_money_is_published_by_its_author(db):
    in_force(rule("a"))
    ana = somebody()
    draft = drafted(ana, rule("b"))
    version = publish_draft(draft, ana, "More slips")
    assert version.rules == [rule("a"), rule("b")] and rule_set_in_force().by_code.keys() == {
        "a",
        "b",
    }
    assert (version.published_by, version.drafted_by, version.reason, version.restores) == (
        "Ana",
        ["Ana"],
        "More slips",
        None,
    )
    assert (draft.status, draft.published_as) == (DraftStatus.PUBLISHED, version.id)


def test_what_moves_money_is_not_published_by_any_of_its_authors(db):
    in_force(rule("a"))
    ana, rui, eva = somebody("Ana"), somebody("Rui"), somebody("Eva")
    draft = drafted(ana, paying("b"))
    drafted(rui, rule("c"))
    for person in (ana, rui):
        assert "moves money" in refused(draft, person) and "Eva" in refused(draft, person)
    assert publish_draft(draft, eva).published_by == "Eva"


def test_only_who_keeps_rules_is_named_as_somebody_who_may(db):
    in_force(rule("a"))
    ana = somebody()
    make_user("reviewer", name="Olga")
    gone = make_user("manager", name="Ivo")
    gone.active = False
    draft = drafted(ana, paying("b"))
    told = refused(draft, ana)
    assert (
        "Ask an administrator for a second manager" in told
        and "Olga" not in told
        and "Ivo" not in told
    )
    make_user("admin", name="Adão")
    assert "Adão" in refused(draft, ana)


def test_money_that_is_taken_away_takes_a_second_person_too(db):
    in_force(paying("a"))
    ana = somebody()
    services.switch_rule(ana, "a", False)
    assert ready(open_draft(), ana).needs_other
    assert not ready(open_draft(), somebody("Rui")).needs_other


def test_a_name_of_a_rule_that_moves_money_takes_one_person(db):
    in_force(paying("a"))
    ana = somebody()
    assert publish_draft(drafted(ana, paying("a", name="Other")), ana)


def test_a_draft_that_changes_nothing_is_not_published(db):
    in_force(rule("a"))
    ana = somebody()
    draft = drafted(ana, rule("b"))
    services.remove_rule(ana, "b")
    db.session.commit()
    assert "changes nothing" in refused(draft, ana)


def test_examples_that_fail_keep_it_from_being_published(db):
    in_force(rule("a"))
    ana = somebody()
    draft = drafted(ana, rule("b") | WRONG)
    assert "examples of 1 rule" in refused(draft, ana)
    failing = ready(draft, ana).failing
    assert [(each.rule.code, [result.index for result in each.results]) for each in failing] == [
        ("b", [0])
    ]
    services.switch_rule(ana, "b", False)
    db.session.commit()
    assert publish_draft(draft, ana), "the examples of a rule that is switched off may wait"


def test_examples_of_a_rule_that_did_not_change_count_as_well(db):
    in_force(rule("a") | WRONG)
    ana = somebody()
    assert "examples of 1 rule" in refused(drafted(ana, rule("b")), ana)


def test_a_draft_behind_the_version_in_force_is_brought_up_to_date_first(db):
    in_force(rule("a"))
    ana = somebody()
    draft = drafted(ana, rule("b"))
    newer = in_force(rule("a", name="Newer"))
    assert f"Version {newer.id} was published since" in refused(draft, ana)
    found = ready(draft, ana)
    assert [change.code for change in found.meanwhile] == ["a"] and found.clashing == set()
    services.rebase(draft.id, draft.version)
    db.session.commit()
    assert publish_draft(draft, ana).rules == [rule("a", name="Newer"), rule("b")]


def test_a_product_archived_after_the_rule_was_written_stops_it(db):
    in_force(rule("a"))
    ana, sku = somebody(), archived()
    product = db.session.scalars(db.select(Product)).one()
    product.archived_at = None
    draft = drafted(ana, naming(sku))
    product.archived_at = utc_now()
    db.session.commit()
    assert "is archived" in refused(draft, ana)


def test_warnings_are_to_be_read_and_stop_nobody(db):
    in_force(rule("a"))
    ana = somebody()
    draft = drafted(ana, naming("NO-SUCH-SKU"))
    assert ready(draft, ana).warnings
    with pytest.raises(Invalid) as told:
        publish_draft(draft, ana)
    assert [error.field for error in told.value.errors] == ["warnings_read"]
    db.session.rollback()
    assert publish_draft(draft, ana, warnings_read=True)


def test_a_draft_changed_since_it_was_read_is_not_published(db):
    in_force(rule("a"))
    draft = drafted(somebody(), rule("b"))
    seen = draft.version
    drafted(somebody(), rule("c"))
    with pytest.raises(Refusal, match="changed the draft since"):
        publish(draft.id, seen, somebody("Rui"), PublicationIn(reason="Why"))


def test_published_twice_by_the_same_person_it_is_published_once(db):
    in_force(rule("a"))
    ana = somebody()
    draft = drafted(ana, rule("b"))
    seen = draft.version
    version = publish_draft(draft, ana)
    assert publish(draft.id, seen, ana, PublicationIn(reason="Again")) is version
    with pytest.raises(Refusal, match=f"Ana has just published this draft as version {version.id}"):
        publish(draft.id, seen, somebody("Rui"), PublicationIn(reason="Me too"))


def test_a_discarded_draft_is_not_published(db):
    in_force(rule("a"))
    draft = drafted(somebody(), rule("b"))
    services.discard_draft(draft.id, draft.version)
    db.session.commit()
    assert "discarded this draft" in refused(draft, somebody("Rui"))
    with pytest.raises(NotFound):
        publish(999_999, 1, somebody(), PublicationIn(reason="Why"))


def test_the_version_before_comes_back_by_one_person(db):
    first = in_force(paying("a"))
    ana, rui = somebody("Ana"), somebody("Rui")
    second = publish_draft(drafted(ana, paying("a", "8.00")), rui)
    third = restore(first.id, ana, RestorationIn(reason="Too dear"))
    db.session.commit()
    assert (third.rules, third.restores, third.published_by, third.reason) == (
        first.rules,
        first.id,
        "Ana",
        "Too dear",
    )
    assert restore(first.id, ana, RestorationIn(reason="Again")) is third, "said twice"
    assert restore(second.id, ana, RestorationIn(reason="And back")).rules == second.rules


def test_an_older_version_does_not_come_back_at_once(db):
    first, _second, _third = in_force(rule("a")), in_force(rule("b")), in_force(rule("c"))
    with pytest.raises(Refusal, match="Start a draft from version"):
        restore(first.id, somebody(), RestorationIn(reason="Why"))


def test_a_draft_that_brings_an_older_version_back_goes_the_usual_way(db):
    first, _second = in_force(paying("a")), in_force(paying("a", "9.00"))
    in_force(paying("a", "10.00"))
    ana = somebody()
    draft = services.draft_from(ana, first.id)
    db.session.commit()
    assert "moves money" in refused(draft, ana)
    assert publish_draft(draft, somebody("Rui")).rules == first.rules


def test_publishing_and_bringing_back_are_in_the_audit_with_their_reasons(db):
    first = in_force(rule("a"))
    ana = somebody()
    version = publish_draft(drafted(ana, rule("b")), ana, "More slips")
    restored = restore(first.id, ana, RestorationIn(reason="Too many"))
    db.session.commit()
    entries = db.session.scalars(
        db.select(AuditEntry).where(AuditEntry.subject == "rule_sets").order_by(AuditEntry.id)
    ).all()
    assert [(entry.action, entry.subject_id, entry.why) for entry in entries] == [
        ("published", str(version.id), "More slips"),
        ("restored", str(restored.id), "Too many"),
    ]
    closed = db.session.scalars(
        db.select(AuditEntry).where(AuditEntry.after["status"].as_string() == "published")
    ).one()
    assert (closed.subject, closed.why) == ("rule_drafts", "More slips")


def people_at_once(app, client, *posts):
    """Posts each (path, data) by a manager of its own, at the very same moment; answers (status,
    text) of each."""
    people = [client, *(app.test_client() for _more in posts[1:])]
    for number, each in enumerate(people):
        sign_in(each, "manager", name=f"Person {number}")
    database.session.rollback()
    start, told = threading.Barrier(len(posts)), [None] * len(posts)

    def act(number, path, data):
        start.wait()
        answer = people[number].post(path, data=data)
        told[number] = (answer.status_code, answer.text)

    acts = [threading.Thread(target=act, args=(number, *post)) for number, post in enumerate(posts)]
    for thread in acts:
        thread.start()
    for thread in acts:
        thread.join()
    return told


@pytest.mark.both_databases
def test_of_two_who_publish_at_once_one_wins_and_the_other_is_told(app, db, client):
    in_force(rule("a"))
    draft = drafted(somebody("Zoe"), paying("b"))
    data = {"draft_id": draft.id, "version": draft.version, "reason": "Now"}
    count = db.session.scalar(db.select(db.func.count(RuleSetVersion.id)))
    told = people_at_once(app, client, *[("/rules/draft/publication", data)] * 3)
    assert sorted(status for status, _text in told) == [303, 409, 409]
    assert all("has just published this draft" in text for status, text in told if status == 409)
    assert db.session.scalar(db.select(db.func.count(RuleSetVersion.id))) == count + 1


@pytest.mark.both_databases
def test_of_publishing_and_bringing_back_at_once_one_wins(app, db, client):
    first = in_force(rule("a"))
    in_force(rule("b"))
    draft = drafted(somebody("Zoe"), paying("c"))
    count = db.session.scalar(db.select(db.func.count(RuleSetVersion.id)))
    posts = [
        (
            "/rules/draft/publication",
            {"draft_id": draft.id, "version": draft.version, "reason": "Now"},
        ),
        (f"/rules/versions/{first.id}/restoration", {"reason": "Back"}),
    ]
    told = people_at_once(app, client, *posts)
    assert sorted(status for status, _text in told) == [303, 409]
    assert db.session.scalar(db.select(db.func.count(RuleSetVersion.id))) == count + 1


def test_a_reason_is_asked_for_and_what_was_typed_stays(db, client):
    in_force(rule("a"))
    draft = drafted(somebody(), rule("b"))
    sign_in(client, "manager")
    data = {"draft_id": draft.id, "version": draft.version, "reason": " "}
    answer = client.post("/rules/draft/publication", data=data)
    assert answer.status_code == 422 and "Fill this in." in answer.text and open_draft()
    answer = client.post("/rules/draft/publication", data=data | {"reason": "x" * 501})
    assert answer.status_code == 422 and "x" * 501 in answer.text


def test_the_author_of_a_money_change_reads_who_may_publish_it(db, client):
    in_force(rule("a"))
    sign_in(client, "manager", name="Ana")
    ana = db.session.scalars(
        db.select(User).where(User.name == "Ana", User.role == Role.MANAGER)
    ).one()
    somebody("Rui")
    draft = drafted(services.Author(ana.id, "Ana"), paying("b"))
    page = client.get("/rules/draft").text
    assert "somebody else must publish it: Rui." in page and "Moves money" in page
    answer = client.post(
        "/rules/draft/publication",
        data={"draft_id": draft.id, "version": draft.version, "reason": "Mine"},
    )
    assert answer.status_code == 409 and "Rui" in answer.text and open_draft()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"draft_id": "x", "version": "y"},
        {"draft_id": "9" * 30, "version": "1"},
        {"draft_id": "1", "version": "-1", "unknown": "1"},
    ],
)
def test_a_form_of_nonsense_is_refused_in_words(db, client, data):
    sign_in(client, "manager")
    assert client.post("/rules/draft/publication", data=data | {"reason": "Why"}).status_code in (
        404,
        409,
        422,
    )
