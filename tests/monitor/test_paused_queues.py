"""A queue that a person has paused: nothing of it is done until it is resumed."""

import pytest
from sqlalchemy import select

from tests.factories import api, make_sale, make_token, open_shop, sign_in
from webapp.audit.models import AuditEntry
from webapp.audit.tracking import acting_as
from webapp.monitor.troubles import PAUSE, watch
from webapp.platform.database import db as database
from webapp.platform.queue import QUEUES, redis_of_app
from webapp.processing.pausing import pause, pauses, resume
from webapp.processing.pipeline import work_off
from webapp.processing.sweeping import sweep_once
from webapp.sales.models import Sale, Status


def status_once_worked(sale_id):
    for queue in QUEUES:
        work_off(queue)
    database.session.expire_all()
    return database.session.get_one(Sale, sale_id).status


@pytest.mark.both_databases
def test_what_a_paused_queue_owes_rests_over_a_wiped_redis_and_goes_on_by_itself(db):
    open_shop()
    sale_id = make_sale().id
    pause("rules", "a rule is being mended")
    db.session.commit()
    redis_of_app().flushall()

    assert sweep_once() == ["addresses"]
    assert status_once_worked(sale_id) is Status.RULES and sweep_once() == []
    assert list(pauses()) == ["rules"]

    assert resume("rules")
    db.session.commit()
    assert redis_of_app().llen("rq:queue:rules") == 1
    assert status_once_worked(sale_id) is Status.INVOICED


def test_said_twice_the_first_reason_stands_and_each_act_is_in_the_audit(db):
    with acting_as("ana@balcao.example"):
        assert pause("mail", "the mail server moves") and not pause("mail", "another one")
        assert resume("mail") and not resume("mail")
    db.session.commit()
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.subject == "queues"))
    told = [(entry.action, entry.subject_id, entry.actor, entry.why) for entry in entries]
    assert told == [
        ("paused", "mail", "ana@balcao.example", "the mail server moves"),
        ("resumed", "mail", "ana@balcao.example", ""),
    ]


def test_a_manager_pauses_with_a_reason_that_every_page_tells(app, client, db):
    sign_in(client, "manager")
    refused = client.post("/jobs/queues/mail/pause", data={"reason": " "})
    assert refused.status_code == 422 and not pauses()

    client.post("/jobs/queues/mail/pause", data={"reason": "the <b>mail</b> server moves"})
    assert list(pauses()) == ["mail"]
    app.extensions.pop("watch")  # it looks every few seconds
    (told,) = [trouble for trouble in watch().troubles() if trouble.part == PAUSE]
    assert str(told.text).endswith(": the <b>mail</b> server moves")
    page = client.get("/jobs").text
    row = page.split('id="queue-mail"')[1].split("</tr>")[0]
    assert "the &lt;b&gt;mail&lt;/b&gt; server moves" in row and "/resumption" in row
    assert 'balcao_paused{queue="mail"} 1.0' in client.get("/metrics").text

    client.post("/jobs/queues/mail/resumption")
    assert not pauses()
    assert client.get("/jobs/queues/nothing/pause").status_code == 404


def test_the_api_pauses_and_resumes(client, db):
    manager = api(client, make_token("manager"))
    answer = manager.post("/queues/bulk/pause", {"reason": "an import runs"})
    assert answer.status_code == 200, answer.json
    assert answer.json["reason"] == "an import runs"
    assert answer.json["actor"].startswith("token")
    paused = {queue["name"]: queue["paused"] for queue in manager.get("/jobs").json["queues"]}
    assert paused.pop("bulk") == answer.json and set(paused.values()) == {None}

    assert manager.delete("/queues/bulk/pause").status_code == 204
    assert manager.delete("/queues/bulk/pause").status_code == 204
    assert manager.post("/queues/other/pause", {"reason": "x"}).status_code == 404
    assert api(client, make_token("reviewer")).delete("/queues/bulk/pause").status_code == 403
