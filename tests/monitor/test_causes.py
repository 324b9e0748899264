"""Failures weighed by cause: what waits for one, who puts it aside or tries it again, and why."""

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import select

from tests.factories import (
    api,
    make_cause,
    make_failing,
    make_sale,
    make_token,
    open_shop,
    sign_in,
    work_off,
)
from webapp.attempts.cause_queries import cause_by_id
from webapp.attempts.models import CauseRetry, CauseState, FailingWork, FailureCause
from webapp.audit.models import AuditEntry
from webapp.messages.models import Message, MessageStatus
from webapp.monitor.weighing import most_pressing
from webapp.platform.clock import utc_now
from webapp.platform.sliced import SliceStatus
from webapp.processing.pipeline import WORKED
from webapp.processing.retrying import GIVEN_UP
from webapp.processing.rules_step import RulesStep
from webapp.sales.models import Sale, Status

LATER = dt.timedelta(hours=3)


@pytest.fixture
def manager(client, db):
    return sign_in(client, "manager")


def waiting_sales(db, cause, count, minutes=41):
    """Orders whose address step was tried in vain, the oldest `minutes` ago."""
    sales = [make_sale() for _each in range(count)]
    for place, sale in enumerate(sales):
        sale.retry(utc_now() + LATER, "no_provider")
        make_failing(cause, sale, since=utc_now() - dt.timedelta(minutes=minutes - place))
    db.session.commit()
    return sales


def entries(db):
    mine = select(AuditEntry).where(AuditEntry.subject == "failure_causes")
    found = db.session.scalars(mine.order_by(AuditEntry.id))
    return [(entry.action, entry.why) for entry in found]


def page_of(client, cause):
    return client.get(f"/jobs/causes/{cause.id}").text


def test_a_cause_is_weighed_by_its_orders_their_money_and_the_oldest(db, manager, client):
    open_shop()
    cause, dear = make_cause(count=9), make_cause(step="rules", queue="rules", error="a: rule")
    waiting_sales(db, cause, 2)
    make_failing(dear, make_sale(), amount=Decimal("90000.00"))
    db.session.commit()

    first, second = most_pressing({})["pressing"]
    assert (first.cause.id, second.cause.id) == (dear.id, cause.id)
    page = client.get("/jobs").text
    assert "No postal code service could be asked" in page
    assert "2 orders, R$259.80, the oldest has waited for 41 min" in page.replace("\xa0", "")
    assert page_of(client, cause).count('data-status="waiting"') == 2


def test_what_healed_is_folded_and_counted(db, manager, client):
    make_cause(healed=300)
    make_cause(healed=40)
    make_cause(healed=7, last_at=utc_now() - dt.timedelta(days=8))
    make_cause()
    db.session.commit()
    page = client.get("/jobs").text
    assert "Healed by themselves: 2 causes, 340 steps" in page
    assert "Nothing waits because of a failure" in page
    assert client.get("/jobs/causes?view=healed").text.count('<tr id="cause-') == 3


def test_put_aside_with_a_reason_until_a_time_or_a_number(db, manager, client):
    cause = make_cause(count=5)
    waiting_sales(db, cause, 1)
    url = f"/jobs/causes/{cause.id}"
    assert client.post(f"{url}/resolution", data={"reason": " "}).status_code == 422
    refused = client.post(f"{url}/ignoring", data={"reason": "known", "hours": "", "more": ""})
    assert refused.status_code == 422 and "Say for how many hours" in refused.text
    assert cause_by_id(cause.id).state is CauseState.OPEN

    client.post(f"{url}/ignoring", data={"reason": "known", "hours": "4", "more": "10"})
    db.session.refresh(cause)
    assert (cause.state, cause.reason, cause.ignored_below) == (CauseState.IGNORED, "known", 15)
    assert most_pressing({})["pressing"] == [] and "known" in page_of(client, cause)

    cause.ignored_until = utc_now() - dt.timedelta(seconds=1)
    db.session.commit()
    assert [each.cause.id for each in most_pressing({})["pressing"]] == [cause.id]

    client.post(f"{url}/resolution", data={"reason": "mended"})
    client.post(f"{url}/opening")
    db.session.refresh(cause)
    assert (cause.state, cause.reason, cause.ignored_until) == (CauseState.OPEN, "", None)
    assert entries(db) == [("ignored", "known"), ("resolved", "mended"), ("opened", "")]


@pytest.mark.both_databases
def test_one_is_tried_first_then_all(db, manager, client):
    open_shop()
    cause = make_cause()
    sales = waiting_sales(db, cause, 3)
    url = f"/jobs/causes/{cause.id}"
    assert client.post(f"{url}/trial", data={"reason": ""}).status_code == 422
    client.post(f"{url}/trial", data={"reason": "ViaCEP is back"})
    work_off()
    states = [sale.status for sale in sales]
    assert states == [Status.INVOICED, Status.ADDRESS, Status.ADDRESS]
    assert "ViaCEP is back" in page_of(client, cause)

    client.post(f"{url}/retries", data={"reason": "all of them"})
    work_off()
    retry = db.session.scalars(select(CauseRetry).order_by(CauseRetry.id.desc())).first()
    assert (retry.status, retry.reason) == (SliceStatus.DONE, "all of them")
    assert retry.result["tried"] == 2
    assert {sale.status for sale in sales} == {Status.INVOICED}
    assert entries(db) == [("retried", "ViaCEP is back"), ("retried", "all of them")]


def test_marked_ones_that_wait_for_a_person_go_on_and_what_refuses_is_counted(db, manager, client):
    sale, mail = (
        make_sale(),
        {"template": "streaming", "locale": "pt_BR", "recipient": "a@b.example"},
    )
    failed = Message(sale_id=sale.id, status=MessageStatus.FAILED, error="refused", **mail)
    sent = Message(sale_id=sale.id, status=MessageStatus.SENT, **mail)
    db.session.add_all([failed, sent])
    db.session.flush()
    cause = make_cause(kind="message", step="pending", queue="mail", error="refused")
    works = [
        make_failing(cause, sale, row_id=failed.id, is_given_up=True),
        make_failing(cause, row_id=sent.id, is_given_up=True),
    ]
    db.session.commit()
    marked = {
        "reason": "the server is mended",
        "hours": "",
        "more": "",
        "ids": [each.id for each in works],
    }
    answer = client.post(f"/jobs/causes/{cause.id}/marked", data=marked)
    assert answer.status_code == 303
    work_off()
    (retry,) = db.session.scalars(select(CauseRetry))
    why = retry.result.pop("why")
    assert retry.result == {"tried": 1, "refused": 1}
    assert list(why.values()) == [1] and next(iter(why)) in page_of(client, cause)
    db.session.refresh(failed)
    assert failed.status is MessageStatus.KEPT


def test_marked_ones_are_given_up_together_with_one_reason(db, manager, client):
    open_shop()
    cause = make_cause()
    first, second, third = waiting_sales(db, cause, 3)
    done = make_failing(cause, make_sale())
    done_sale = db.session.get_one(Sale, done.row_id)
    done_sale.park_in(Status.COMPLETED)
    works = db.session.scalars(select(FailingWork).order_by(FailingWork.id)).all()
    db.session.commit()
    url = f"/jobs/causes/{cause.id}/givings-up"
    marked = [work.id for work in works if work.row_id != third.id]
    assert client.post(url, data={"reason": "", "ids": marked}).status_code == 422
    client.post(url, data={"reason": "no such postal codes", "ids": marked})
    work_off()
    (retry,) = db.session.scalars(select(CauseRetry))
    assert (retry.status, retry.sales) == (SliceStatus.DONE, 3)
    assert (retry.result["given_up"], retry.result["refused"]) == (2, 1)
    assert list(retry.result["why"].values()) == [1]
    states = [sale.status for sale in (first, second, third)]
    assert states == [Status.ATTENTION, Status.ATTENTION, Status.ADDRESS]
    entries_of = select(AuditEntry.subject_id, AuditEntry.why).where(
        AuditEntry.action == "given_up", AuditEntry.subject == "sales"
    )
    told = {tuple(row) for row in db.session.execute(entries_of)}
    assert told == {(str(sale.id), "no such postal codes") for sale in (first, second)}
    assert entries(db) == [("given_up", "no such postal codes")]


def test_what_a_person_hurried_has_not_healed_by_itself(db, manager, client):
    open_shop()
    cause = make_cause()
    first, second, third = waiting_sales(db, cause, 3)
    client.post(f"/jobs/work/sale/{first.id}/attempts")
    work_off()
    client.post(f"/jobs/causes/{cause.id}/trial", data={"reason": "it is back"})
    work_off()
    db.session.refresh(cause)
    assert {first.status, second.status} == {Status.INVOICED} and cause.healed == 0
    third.due_at = utc_now()
    db.session.commit()
    work_off()
    db.session.refresh(cause)
    assert (third.status, cause.healed) == (Status.INVOICED, 1)


def test_a_retry_is_stopped_on_the_way(db, manager, client):
    cause = make_cause()
    waiting_sales(db, cause, 2)
    client.post(f"/jobs/causes/{cause.id}/retries", data={"reason": "it is back"})
    (retry,) = db.session.scalars(select(CauseRetry))
    assert "/stop" in page_of(client, cause)
    client.post(f"/jobs/causes/{cause.id}/retries/{retry.id}/stop")
    work_off()
    db.session.refresh(retry)
    assert (retry.status, retry.sales) == (SliceStatus.STOPPED, 0)


def test_programs_read_causes_and_try_them_again(db, client):
    cause = make_cause(count=300, healed=12)
    waiting_sales(db, cause, 1)
    manager = api(client, make_token("manager"))
    (told,) = manager.get("/jobs/failures").json["items"]
    assert (told["id"], told["count"], told["healed"], told["sales"]) == (cause.id, 300, 12, 1)
    assert told["amount"] == str(cause.amount) and told["oldest_at"] and told["first_at"]

    answer = manager.post(f"/jobs/failures/{cause.id}/retry", {"first": True})
    assert answer.status_code == 202 and answer.json["total"] == 1
    assert manager.post("/jobs/failures/999/retry", {}).status_code == 404
    bare = client.post(f"/api/v1/jobs/failures/{cause.id}/retry", headers=manager.headers)
    assert bare.status_code == 202
    assert api(client, make_token("clerk")).get("/jobs/failures").status_code == 403


def test_every_kind_that_waits_for_a_person_is_one_of_the_pipeline():
    assert set(GIVEN_UP) <= {each.kind for each in WORKED}


def test_an_errand_from_the_first_failure_to_the_cure(db, manager, client, monkeypatch):
    open_shop()
    sale_id = make_sale().id
    with monkeypatch.context() as broken:
        broken.setattr(RulesStep, "_decide", lambda *_all: 1 / 0)
        work_off()
        cause = db.session.scalars(select(FailureCause)).one()
        told = client.get("/jobs").text.replace("\xa0", "")
        assert "ZeroDivisionError" in told and "1 order, R$129.90, the oldest has waited" in told
        client.post(f"/jobs/causes/{cause.id}/resolution", data={"reason": "mended"})
        client.post(f"/jobs/causes/{cause.id}/trial", data={"reason": "is it?"})
        work_off()
        db.session.refresh(cause)
        # It came again.
        assert (cause.state, cause.count, cause.waiting) == (CauseState.OPEN, 2, 1)
        assert "Failed, tries again" in page_of(client, cause)
    client.post(f"/jobs/causes/{cause.id}/retries", data={"reason": "now it is"})
    work_off()
    assert db.session.get_one(Sale, sale_id).status is Status.INVOICED
    page = client.get("/jobs").text
    assert "Nothing waits because of a failure" in page
    # A person had it tried: that it healed by itself is not said.
    assert "Healed by themselves" not in page
