"""Tasks: asked in words, settled once, by page and by call."""

import pytest

from tests.factories import api, make_product, make_token, sign_in
from tests.support.processed_sales import publish, sold
from tests.support.rule_facts import rule
from webapp.fulfilment.tasks.models import Task
from webapp.fulfilment.tasks.words import task_question
from webapp.rules.core.vocabulary import TASK_TITLES


@pytest.fixture
def task(db):
    """An upgrade that somebody without a membership paid for."""
    sold(make_product(kind="membership_upgrade", name="Upgrade Gold").sku)
    return db.session.scalars(db.select(Task)).one()


def test_an_upgrade_without_a_membership_asks_staff_what_to_do(task, client):
    sign_in(client)
    page = client.get("/tasks").text
    assert f'id="task-{task.id}" data-status="open"' in page
    assert "José da Conceição paid for the upgrade but has no active membership." in page


@pytest.mark.parametrize("code", TASK_TITLES)
def test_every_task_of_the_house_has_its_question(app, code):
    task = Task(
        code=code,
        params={
            "customer": "Ana",
            "sku": "VD-0002",
            "template": "streaming_links",
            "reference": "W-1",
        },
    )
    with app.test_request_context(headers={"Accept-Language": "en"}):
        question = task_question(task)
    assert "Ana" in question and "%(" not in question


def test_a_code_of_a_shops_own_rule_stands_for_itself(task, client, db):
    task.code, task.params = "call_the_customer", {}
    db.session.commit()
    sign_in(client)
    assert "Call the customer" in client.get(f"/tasks/{task.id}").text


def test_settling_a_task_moves_it_to_the_done_ones_with_its_outcome(task, client):
    sign_in(client)
    answer = client.post(f"/tasks/{task.id}/completion", data={"outcome": "Sold the membership"})
    assert (answer.status_code, answer.location) == (303, "/tasks")
    assert f"task-{task.id}" not in client.get("/tasks").text
    assert "Sold the membership" in client.get("/tasks?status=done").text


def test_an_outcome_is_asked_for_and_what_was_typed_stays(task, client, db):
    sign_in(client)
    assert (
        "Fill this in." in client.post(f"/tasks/{task.id}/completion", data={"outcome": " "}).text
    )
    answer = client.post(f"/tasks/{task.id}/completion", data={"outcome": "x" * 501})
    assert answer.status_code == 422 and "x" * 501 in answer.text
    db.session.refresh(task)
    assert task.status == "open"


def test_said_twice_the_first_outcome_stays(task, client, db):
    sign_in(client)
    client.post(f"/tasks/{task.id}/completion", data={"outcome": "Gave the money back"})
    client.post(f"/tasks/{task.id}/completion", data={"outcome": "Sold the membership"})
    assert "their outcome stays" in client.get("/tasks").text
    db.session.refresh(task)
    assert task.outcome == "Gave the money back"


def test_the_row_of_a_task_can_be_fetched_alone(task, client):
    sign_in(client)
    rows = client.get(f"/tasks/rows?ids={task.id},999,x").text
    assert rows.count("<tr") == rows.count("<template>") == 1


def test_programs_list_and_settle_tasks(task, client, db):
    calls = api(client, make_token())
    [item] = calls.get("/tasks?status=open").json["items"]
    assert (item["id"], item["code"], item["status"]) == (
        task.id,
        "upgrade_without_membership",
        "open",
    )
    done = calls.post(f"/tasks/{task.id}/completion", {"outcome": "Sold it"})
    again = calls.post(f"/tasks/{task.id}/completion", {"outcome": "Another word"})
    assert done.status_code == again.status_code == 200
    assert done.json == again.json and done.json["outcome"] == "Sold it"
    assert calls.get("/tasks?status=open").json["items"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "outcome"),
        ({"outcome": 5}, "outcome"),
        ({"outcome": ""}, "outcome"),
        ({"outcome": "ok", "by": "me"}, "by"),
        ({"outcome": "a\0b"}, "outcome"),
    ],
)
def test_a_call_of_the_wrong_shape_names_the_field(task, client, body, field):
    answer = api(client, make_token()).post(f"/tasks/{task.id}/completion", body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


@pytest.mark.parametrize(
    "path", ["/tasks/999/completion", "/tasks/99999999999999999999/completion"]
)
def test_a_task_that_is_not_there_is_not_found(db, client, path):
    assert api(client, make_token()).post(path, {"outcome": "done"}).status_code == 404


def test_an_unknown_status_is_refused(db, client):
    assert (
        api(client, make_token()).get("/tasks?status=closed").json["errors"][0]["field"] == "status"
    )


# -- filters, and the rule behind a task


def test_a_rules_own_task_has_readable_words_and_names_its_rule(db, client):
    call = rule(
        "call_big_ones",
        {"field": "sale_total", "op": "gte", "value": "0.00"},
        [{"do": "task", "text_code": "call_the_customer"}],
        scope="sale",
        name="Call who buys much",
    )
    publish([call])
    sale = sold(make_product().sku)
    task = db.session.scalars(db.select(Task)).one()
    sign_in(client)
    for path in ("/tasks", f"/tasks/{task.id}"):
        page = client.get(path).text
        assert "Call the customer" in page and "Call who buys much" in page
    assert f'href="/sales/{sale.id}/rules/call_big_ones"' in page
    publish([])
    assert "call_big_ones" in client.get("/tasks").text


def test_a_task_that_no_rule_asked_for_has_no_rule(task, client, db):
    task.effect_id, task.code, task.params = None, "unpack", {"customer": "Ana", "items": "1 × Mug"}
    db.session.commit()
    sign_in(client)
    page = client.get(f"/tasks/{task.id}").text
    assert "Unpack a cancelled order" in page and f"/sales/{task.sale_id}/rules" not in page


def test_tasks_are_found_by_kind_and_by_order_open_and_done_alike(task, client, db):
    other = Task(
        sale_id=task.sale_id, code="unpack", params={"customer": "Ana", "items": "1 × Mug"}
    )
    db.session.add(other)
    db.session.commit()
    sign_in(client)

    def shown(query):
        page = client.get(f"/tasks?{query}").text
        return [one.code for one in (task, other) if f'id="task-{one.id}"' in page]

    assert shown("kind=unpack") == ["unpack"]
    assert (
        shown("q=conceicao") == ["upgrade_without_membership", "unpack"] and shown("q=nobody") == []
    )
    client.post(f"/tasks/{other.id}/completion", data={"outcome": "On the shelf"})
    assert shown("kind=unpack") == [] and shown("kind=unpack&status=done") == ["unpack"]
    assert shown("kind=never%00") == []
