"""What the authority answers heals by itself wherever a machine can heal it."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from tests.factories import make_product, make_sale, open_shop, work_off
from tests.support.scripted_authority import DOWN, LOST, Script, later, the_invoices
from webapp.audit.models import AuditEntry
from webapp.authority.models import AuthorityService, SandboxNote, ServiceState
from webapp.authority.scenarios import play
from webapp.fulfilment.tasks.models import Task
from webapp.invoices.models import ForeignNumber, InvoiceStatus
from webapp.platform.clock import utc_now
from webapp.platform.database import db as database
from webapp.processing.attention import resume
from webapp.sales.models import Status


@pytest.fixture
def script(db, monkeypatch) -> Script:
    open_shop()
    return Script(monkeypatch)


def told() -> list[str]:
    """What the NF-e's history has of the authority, the oldest first."""
    query = select(AuditEntry.action).where(AuditEntry.subject == "invoices")
    return [
        action
        for action in database.session.scalars(query.order_by(AuditEntry.id))
        if action not in ("created", "changed")
    ]


@pytest.mark.parametrize("code", ["108", DOWN, LOST])
def test_it_is_asked_again_with_the_same_bytes_its_key_first(script, code):
    make_sale()
    script.next = [code]
    work_off()
    (invoice,) = the_invoices()
    assert (invoice.status, invoice.number) == (InvoiceStatus.SENDING, 1)
    away = code in (DOWN, LOST)
    assert invoice.error == f"authority: {'away: no answer' if away else code}"
    assert invoice.due_at > utc_now() + dt.timedelta(seconds=3)
    surely_not_there = code in ("108", DOWN)
    assert invoice.answer_unknown is not surely_not_there
    assert told() == ["waits"]
    assert script.take_asked() == ["authorize"]
    later()
    work_off()
    (invoice,) = the_invoices()
    assert (invoice.status, invoice.number) == (InvoiceStatus.AUTHORIZED, 1)
    again = [] if code == LOST else ["authorize"]
    assert script.take_asked() == ([] if surely_not_there else ["query"]) + again
    assert len(set(script.sent)) == 1 and invoice.sale.status is Status.INVOICED


def test_it_is_asked_more_and_more_rarely_and_told_once(script):
    make_sale()
    script.next, script.says_that_it_is_up = ["108"] * 9, False
    pauses = []
    for _try in range(9):
        later()
        work_off()
        (invoice,) = the_invoices()
        pauses.append((invoice.due_at - utc_now()).total_seconds())
    for pause, about in zip(pauses, (5, 10, 20, 40, 80, 160, 300, 300, 300), strict=True):
        assert about * 0.75 < pause <= about
    assert told() == ["waits"] and invoice.tries == 9


def test_with_the_first_that_gets_through_all_others_are_sent(script):
    script.says_that_it_is_up = False
    script.next = [DOWN]
    for _number in range(2):
        make_sale()
        work_off()
    later()
    second = the_invoices()[1]
    second.due_at = utc_now() + dt.timedelta(minutes=4)
    database.session.commit()
    work_off()
    assert [str(each.status) for each in the_invoices()] == ["authorized"] * 2


def test_one_that_waits_holds_up_no_other(script):
    for _number in range(3):
        make_sale()
    script.next = [lambda key: "108" if key[25:34] == "000000002" else ""]
    work_off()
    assert [str(each.status) for each in the_invoices()] == ["authorized", "sending", "authorized"]


def test_656_rests_the_service_for_an_hour_for_all(script):
    make_sale()
    script.next = ["656"]
    work_off()
    service = database.session.scalars(select(AuthorityService)).one()
    assert service.status is ServiceState.RESTING and service.code == "656"
    assert 3590 < (service.rests_until - utc_now()).total_seconds() <= 3600
    make_sale()
    work_off()
    assert script.take_asked() == ["authorize"], "nothing is asked meanwhile"
    first, second = the_invoices()
    assert first.error == second.error == "authority: 656" and not second.answer_unknown
    assert min(first.due_at, second.due_at) >= service.rests_until - dt.timedelta(seconds=5)
    later()
    work_off()
    assert {each.status for each in the_invoices()} == {InvoiceStatus.AUTHORIZED}
    database.session.refresh(service)
    assert (service.status, service.rests_until) == (ServiceState.UP, None)


def test_204_takes_the_protocol(script):
    make_sale()
    script.next, script.query = [LOST], ["217"]
    work_off()
    later()
    work_off()
    (invoice,) = the_invoices()
    assert script.take_asked() == ["authorize", "query", "authorize", "query"]
    known = database.session.scalars(select(SandboxNote)).one()
    assert (invoice.status, invoice.protocol) == (InvoiceStatus.AUTHORIZED, known.protocol)


@pytest.mark.parametrize("code", ["218", "101"])
def test_cancelled_elsewhere_is_told_and_a_new_one_may_follow(script, code):
    make_sale()
    script.next = ["218"] if code == "218" else [LOST]

    def cancelled(answer):
        return replace(answer, code="101", reason="Cancelamento homologado")

    script.query = [cancelled]
    work_off()
    later()
    work_off()
    (invoice,) = the_invoices()
    assert invoice.status is InvoiceStatus.CANCELLED
    assert (invoice.proc_xml is not None) is (code == "101")
    assert invoice.sale.status is Status.ATTENTION
    task = database.session.scalars(select(Task)).one()
    assert task.code == "nfe_cancelled_elsewhere" and task.params["number"] == 1
    resume(invoice.sale)
    database.session.commit()
    work_off()
    first, second = the_invoices()
    assert (first.status, second.status) == (InvoiceStatus.CANCELLED, InvoiceStatus.AUTHORIZED)
    assert second.number == 2 and second.sale.status is Status.INVOICED
    assert database.session.scalar(select(func.count()).select_from(Task)) == 1


REFUSED = ("110", "301", "302", "303", "307")
WAITS = ("103", "105", "109", "999")
# By what an administrator lets the sandbox play: what becomes of the number that the NF-e bore.
PLAYED = {
    **dict.fromkeys(("204", "120", "150"), "authorized"),
    **dict.fromkeys(WAITS, "waits"),
    **dict.fromkeys(REFUSED, "mended"),
    "539": "left",
    **dict.fromkeys(("151", "155"), "cancelled"),
}


def test_whatever_the_sandbox_plays_ends_with_one_authorized_note(db):
    """None is a dead end; what must be mended keeps its number."""
    open_shop()
    sku = make_product(sku="PLAY", stock=1000).sku
    for code, outcome in PLAYED.items():
        sale = make_sale(sku=sku, reference=f"P-{code}")
        play(code, 1)
        database.session.commit()
        work_off()
        first = the_invoices()[-1]
        number, status, comment = first.number, first.status, first.comment
        later()
        work_off()
        if outcome in ("mended", "cancelled"):
            assert sale.status is Status.ATTENTION, code
            resume(sale)
            database.session.commit()
            work_off()
        last = the_invoices()[-1]
        assert (last.sale_id, last.status) == (sale.id, InvoiceStatus.AUTHORIZED), code
        kept = last.number == number or number is None
        assert kept is (outcome not in ("left", "cancelled")) or status is last.status, code
        if outcome == "waits":
            assert status is InvoiceStatus.SENDING, code
        if outcome == "mended":
            assert (status, last.number) == (InvoiceStatus.REJECTED, number), code
        assert bool(comment) is (code == "120" or outcome == "mended"), code
    numbers = [each.number for each in the_invoices()]
    foreign = database.session.scalars(select(ForeignNumber.number)).all()
    assert sorted([*numbers, *foreign]) == list(range(1, len(PLAYED) + 2 + 1 + 1))
