"""Published versions: listed, compared in words, downloaded, brought back."""

import json

import pytest

from tests.factories import api, make_token, sign_in
from tests.support.rule_drafts import drafted, in_force, paying, publish_draft, rule, somebody
from webapp.rules.models import RuleSetVersion
from webapp.rules.queries import open_draft, published


def test_versions_say_who_published_them_who_wrote_them_and_why(db, client):
    first = in_force(rule("a"))
    version = publish_draft(
        drafted(somebody("Ana"), paying("b")), somebody("Rui"), "A share for agents"
    )
    sign_in(client, "manager")
    page = client.get("/rules/versions").text
    row = page.split(f'id="version-{version.id}"')[1].split("</tr>")[0]
    assert all(word in row for word in ("In force", "A share for agents", "Rui", "Ana"))
    assert "In force" not in page.split(f'id="version-{first.id}"')[1].split("</tr>")[0]


def test_a_version_is_compared_with_the_one_before(db, client):
    in_force(paying("a"), rule("gone"))
    version = in_force(paying("a", "8.00"))
    sign_in(client, "manager")
    page = client.get(f"/rules/versions/{version.id}").text
    assert (
        "2 changes" in page
        and "It says: If" in page
        and "Rule gone" in page
        and "Moves money" in page
    )


def test_a_version_is_compared_with_any_other(db, client):
    first, _second, third = (
        in_force(rule("a", name="One")),
        in_force(rule("a", name="Two")),
        in_force(rule("a", name="Three")),
    )
    sign_in(client, "manager")
    assert "“One” → “Three”" in client.get(f"/rules/versions/{third.id}?against={first.id}").text
    assert "“Three” → “One”" in client.get(f"/rules/versions/{first.id}?against={third.id}").text
    assert "“Two” → “Three”" in client.get(f"/rules/versions/{third.id}").text


def test_the_first_version_has_nothing_before_it(db, client):
    sign_in(client, "manager")
    assert "none before it to compare with" in client.get("/rules/versions/1").text


@pytest.mark.parametrize(
    "path", ["999999", "1?against=999999", "1?against=x", "99999999999999999999", "999999.json"]
)
def test_a_version_that_is_not_there_is_not_found(db, client, path):
    sign_in(client, "manager")
    assert client.get(f"/rules/versions/{path}").status_code == 404


def test_an_old_versions_rules_are_shown_without_buttons(db, client):
    old = in_force(rule("a"), rule("b", enabled=False))
    in_force(rule("c"))
    sign_in(client, "manager")
    page = client.get(f"/rules/versions/{old.id}").text
    assert 'id="rule-a"' in page and "Disabled" in page.split('id="rule-b"')[1].split("</tr>")[0]
    assert "/rules/draft/rules/" not in page


def test_downloads_have_the_shape_of_the_api(db, client):
    old, new = in_force(rule("a", name="Ação")), in_force(rule("b"))
    token = make_token("manager")
    sign_in(client, "manager")
    present = client.get("/rules/export.json")
    assert json.loads(present.text) == api(client, token).get("/rules").json
    assert present.headers["Content-Disposition"] == f'attachment; filename="rules-v{new.id}.json"'
    earlier = client.get(f"/rules/versions/{old.id}.json")
    assert json.loads(earlier.text)["rules"] == old.rules and "Ação" in earlier.text


def test_the_version_before_is_brought_back_with_one_click_and_a_reason(db, client):
    first, second = in_force(paying("a")), in_force(paying("a", "9.00"))
    sign_in(client, "manager")
    assert 'id="restore"' in client.get(f"/rules/versions/{first.id}").text
    refused = client.post(f"/rules/versions/{first.id}/restoration", data={"reason": ""})
    assert refused.status_code == 422 and "Fill this in." in refused.text and published() == second
    data = {"reason": "Too dear"}
    for _twice in range(2):
        done = client.post(f"/rules/versions/{first.id}/restoration", data=data)
        assert done.status_code == 303
    assert published().rules == first.rules and published().restores == first.id
    assert (
        db.session.scalar(db.select(db.func.count()).where(RuleSetVersion.restores == first.id))
        == 1
    )
    assert "are in force again" in client.get(done.headers["Location"]).text
    assert f"brings back version {first.id}" in client.get("/rules/versions").text


def test_an_older_version_is_brought_back_by_a_draft(db, client):
    old, _between, _last = in_force(rule("a")), in_force(rule("b")), in_force(rule("c"))
    sign_in(client, "manager")
    page = client.get(f"/rules/versions/{old.id}").text
    assert 'id="restore"' not in page and "Start a draft from this version" in page
    answer = client.post(f"/rules/versions/{old.id}/restoration", data={"reason": "Why not"})
    assert answer.status_code == 409 and "Start a draft from version" in answer.text
    assert client.post(f"/rules/versions/{old.id}/draft").headers["Location"] == "/rules/draft"
    assert open_draft().rules == old.rules
    draft = client.get("/rules/draft").text
    assert "2 changes" in draft and "Removed rule" in draft


def test_while_a_draft_is_open_no_other_is_begun(db, client):
    old, _new = in_force(rule("a")), in_force(rule("b"))
    drafted(somebody(), rule("c"))
    sign_in(client, "manager")
    answer = client.post(f"/rules/versions/{old.id}/draft", follow_redirects=True)
    assert "A draft is open already" in answer.text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Compared with version", "It says: If", "Priority: 0 → 5"]),
        ("pt_BR", ["Em comparação com a versão", "Diz: Se", "Prioridade: 0 → 5"]),
    ],
)
def test_what_changed_is_told_in_the_readers_language(db, client, language, words):
    in_force(paying("a"))
    version = in_force(paying("a", "7.00", priority=5))
    sign_in(client, "manager", locale=language)
    page = client.get(f"/rules/versions/{version.id}").text
    assert [word for word in words if word not in page] == []


def test_the_draft_tells_what_was_published_meanwhile_and_is_brought_up_to_date(db, client):
    in_force(rule("a"), rule("b"))
    draft = drafted(somebody(), rule("a", name="Ours"))
    in_force(rule("a", name="Theirs"), rule("b"))
    sign_in(client, "manager")
    page = client.get("/rules/draft").text
    assert "The draft changes it too" in page and "Bring the draft up to date" in page
    done = client.post(
        "/rules/draft/rebase",
        data={"draft_id": draft.id, "version": draft.version},
        follow_redirects=True,
    )
    assert (
        "up to date with the version in force" in done.text
        and open_draft().base_id == published().id
    )
    assert "“Theirs” → “Ours”" in done.text


def test_a_draft_is_discarded(db, client):
    in_force(rule("a"))
    draft = drafted(somebody(), rule("b"))
    sign_in(client, "manager")
    data = {"draft_id": draft.id, "version": draft.version}
    for _twice in range(2):
        assert client.post("/rules/draft/discarding", data=data).status_code == 303
    assert open_draft() is None and "There is no draft" in client.get("/rules/draft").text


def test_failing_examples_and_warnings_lead_to_their_rules(db, client):
    in_force(rule("a"))
    wrong = rule("b", when={"field": "item_sku", "op": "eq", "value": "NO-SUCH"})
    drafted(somebody(), wrong)
    sign_in(client, "manager")
    page = client.get("/rules/draft").text
    failing = page.split('id="failing"')[1].split("</section>")[0]
    assert "/rules/b/edit" in failing and "expected packing slip · got nothing" in failing
    warnings = page.split('id="warnings"')[1].split("</section>")[0]
    assert (
        "/rules/b/edit" in warnings and "NO-SUCH" in warnings and "I have read the warnings" in page
    )
