"""One job, one page; the list of attempts, its filters and its search; those of an order."""

import datetime as dt
import html

import pytest
from sqlalchemy import select

from tests.factories import make_attempt, make_sale, open_shop, sign_in, work_off
from webapp.attempts.models import Attempt, AttemptOutcome, FailingWork, FailureCause
from webapp.audit.models import AuditEntry
from webapp.audit.tracking import acting_as
from webapp.fulfilment.labels.models import Label
from webapp.http.query import WrongFilter
from webapp.invoices.issues import issue_of
from webapp.invoices.models import Invoice
from webapp.monitor import subjects
from webapp.monitor.attempts import ATTEMPTS, AttemptFilters, rows_of
from webapp.platform.clock import utc_now
from webapp.platform.errors import Refusal
from webapp.processing.giving_up import give_up, may_be_given_up
from webapp.processing.pipeline import PIPELINE, WORKED
from webapp.sales.models import Sale, Status

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
JOAO = {"name": "João Prado", "document": "390.533.447-05", "email": "joao@example.com"}
ADDRESS, SENDING = PIPELINE[0], PIPELINE[5]


def make_cause(db, error="ConnectionError: viacep refused", **facts):
    usual = {"queue": "addresses", "kind": "sale", "step": "address", "first_at": NOON}
    cause = FailureCause(**usual | {"fingerprint": error, "error": error, "last_at": NOON} | facts)
    db.session.add(cause)
    db.session.flush()
    return cause


@pytest.fixture
def found(db, app):
    """Ids of the attempts that an address lists, in its order."""

    def ids(**asked):
        with app.test_request_context("/jobs/attempts"):
            query = AttemptFilters.asked(asked).found
            sorting = ATTEMPTS.sorting({})
            return list(db.session.scalars(query.order_by(*(key.desc() for key in sorting.keys))))

    return ids


@pytest.mark.both_databases
def test_each_filter_holds_alone_and_with_the_others(db, found):
    cause, day = make_cause(db), dt.timedelta(1)
    failed = {"outcome": AttemptOutcome.FAILED, "cause_id": cause.id}
    address = make_attempt(NOON, **failed)
    rules = make_attempt(NOON + day, step="rules", queue="rules")
    late = make_attempt(NOON + 2 * day, step="rules", queue="rules", **failed | {"cause_id": None})
    db.session.commit()

    assert found() == [late, rules, address]
    assert found(queue="rules") == [late, rules]
    assert found(step="sale.address") == [address]
    assert found(outcome="failed") == [late, address]
    assert found(outcome="done", queue="rules") == [rules]
    assert found(outcome="failed", step="sale.rules") == [late]
    assert found(cause=str(cause.id)) == [address]
    assert found(since="2026-11-21", until="2026-11-21") == [rules]
    assert found(queue="rules", since="2026-11-22") == [late]
    assert found(queue="addresses", step="sale.rules") == []


@pytest.mark.parametrize(
    "asked", [{"queue": "cellar"}, {"step": "sale"}, {"outcome": "no"}, {"cause": "x"}]
)
def test_a_filter_that_does_not_exist_is_refused(found, asked):
    with pytest.raises(WrongFilter):
        found(**asked)


@pytest.mark.both_databases
def test_attempts_are_found_by_what_they_were_for_and_by_what_they_said(db, found):
    open_shop()
    sale, other = make_sale(), make_sale(customer=JOAO)
    work_off()
    db.session.query(Attempt).delete()
    invoice = db.session.scalar(select(Invoice).where(Invoice.sale_id == sale.id))
    cause = make_cause(db, "SMTPError: 550 100% full_box")
    first = make_attempt(NOON, sale_id=sale.id, row_id=sale.id)
    mail = {"kind": "message", "step": "pending", "queue": "mail", "cause_id": cause.id}
    second = make_attempt(NOON, sale_id=other.id, outcome=AttemptOutcome.FAILED, **mail)
    db.session.commit()

    for q in (sale.reference, "conceicao", invoice.access_key, f"NF-e {invoice.number}"):
        assert found(q=q) == [first], q
    assert found(q="smtperror") == found(q="100% full_box") == [second]
    assert found(q=other.reference, outcome="failed") == [second]
    assert found(q="100x") == []
    assert found(sale=str(other.id)) == [second]


def test_the_list_shows_and_exports_what_is_asked_for(db, client):
    sale, cause = make_sale(), make_cause(db, "viacep: timeout")
    facts = {"sale_id": sale.id, "row_id": sale.id, "times": 7, "error": cause.error}
    waited = make_attempt(
        NOON, outcome=AttemptOutcome.WAITED, took_ms=1500, cause_id=cause.id, **facts
    )
    make_attempt(NOON, row_id=2**31 - 1)
    db.session.commit()
    sign_in(client, "manager")

    page = html.unescape(client.get("/jobs/attempts?outcome=waited").text)
    assert page.count("<tr id=") == 1 and f"attempt-{waited.id}" in page
    assert "ViaCEP did not answer at the last try" in page and "7 times" in page
    assert f'href="/sales/{sale.id}">{sale.reference}</a>' in page
    assert rows_of([waited])[0].took == "1,5 s"
    lines = client.get("/exports/attempts.csv?outcome=waited", buffered=True).text.splitlines()
    assert len(lines) == 2 and sale.reference in lines[1]


def test_a_job_tells_what_it_is_for_what_was_tried_and_what_comes(db, client):
    sale, cause = make_sale(), make_cause(db, trace="Traceback: lookup.py, line 7")
    sale.retry(utc_now() + dt.timedelta(hours=3, minutes=1), "TimeoutError: nobody answers")
    failed = {"outcome": AttemptOutcome.FAILED, "cause_id": cause.id, "error": "TimeoutError: x"}
    make_attempt(NOON, sale_id=sale.id, row_id=sale.id, **failed)
    db.session.commit()
    sign_in(client, "manager")

    page = html.unescape(client.get(f"/jobs/work/sale/{sale.id}").text)
    assert f'href="/sales/{sale.id}">{sale.reference}</a>' in page
    assert "in 3 h 00 min" in page and "Checking the address" in page
    assert "Traceback: lookup.py, line 7" in page
    assert "Something that the work needs did not answer in time." in page
    client.post(f"/jobs/work/sale/{sale.id}/attempts")
    db.session.refresh(sale)
    assert sale.due_at <= utc_now()
    assert "Tried now" in client.get(f"/jobs/work/sale/{sale.id}").text


def test_what_is_gone_keeps_its_attempts_and_what_never_was_has_no_page(db, client):
    make_attempt(NOON, kind="effect", row_id=77, step="pending", queue="rules")
    db.session.commit()
    sign_in(client, "manager")
    assert "Is no more" in client.get("/jobs/work/effect/77").text
    for path in ("effect/78", "sale/77", "cellar/1"):
        assert client.get(f"/jobs/work/{path}").status_code == 404


@pytest.mark.both_databases
def test_a_step_given_up_waits_for_a_person_and_the_audit_says_why(db, client):
    sale, cause = make_sale(), make_cause(db)
    work = FailingWork(
        kind="sale", row_id=sale.id, step="address", cause_id=cause.id, attempt_id=1, since=NOON
    )
    db.session.add(work)
    db.session.commit()
    email = sign_in(client, "manager")

    path = f"/jobs/work/sale/{sale.id}/giving-up"
    assert client.post(path, data={"reason": " "}).status_code == 422
    client.post(path, data={"reason": "she moves house"})
    db.session.expire_all()
    assert (sale.status, sale.step, sale.due_at) == (Status.ATTENTION, "address", None)
    assert "gave this step up" in issue_of(sale).message
    assert work.is_given_up
    entry = db.session.scalar(select(AuditEntry).where(AuditEntry.action == "given_up"))
    assert (entry.actor, entry.subject, entry.why) == (email, "sales", "she moves house")
    # Said twice, nothing more happens.
    answer = client.post(path, data={"reason": "again"}, follow_redirects=True)
    assert "It owes nothing any more" in answer.text


def test_what_a_worker_holds_or_may_have_arrived_is_not_given_up(db):
    sale = make_sale()
    sale.lease, sale.due_at = "worker-1", utc_now() + dt.timedelta(seconds=15)
    db.session.commit()
    with acting_as("ana@example.com"), pytest.raises(Refusal):
        give_up(ADDRESS, sale.id, "no")
    db.session.rollback()
    assert sale.status is Status.ADDRESS
    assert may_be_given_up(ADDRESS) and not may_be_given_up(SENDING)


def test_an_order_and_its_note_show_their_jobs(db, client):
    open_shop()
    sale = make_sale()
    work_off()
    db.session.query(Attempt).delete()
    make_attempt(NOON, sale_id=sale.id, row_id=sale.id)
    make_attempt(NOON, sale_id=sale.id, row_id=sale.id, step="invoice", queue="invoices")
    db.session.commit()
    invoice = db.session.scalar(select(Invoice))
    sign_in(client, "clerk")

    assert f'hx-get="/sales/{sale.id}/jobs"' in client.get(f"/sales/{sale.id}").text
    assert f'hx-get="/invoices/{invoice.id}/jobs"' in client.get(f"/invoices/{invoice.id}").text
    jobs = client.get(f"/sales/{sale.id}/jobs", headers={"HX-Request": "true"}).text
    assert jobs.count("timeline-item") == 2 and "<html" not in jobs and "/jobs/work" not in jobs
    jobs = client.get(f"/invoices/{invoice.id}/jobs").text
    assert jobs.count("timeline-item") == 1 and "Preparing the NF-e" in jobs and "<html" in jobs


def test_every_kind_of_work_can_be_said_to_be_about_something(db):
    """Their rows are read as they are: none asks for what its kind does not have."""
    models = {station.model for station in WORKED}
    of_none = {model for model in models if not hasattr(model, "sale_id")}
    assert of_none <= subjects.SUBJECTS.keys() | {Label, Sale}
