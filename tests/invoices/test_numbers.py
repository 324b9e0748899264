"""The ledger of numbers: what became of each, what is left over, and how that is voided."""

import datetime as dt

import pytest
from lxml import etree

from tests.factories import api, make_sale, make_token, open_shop, sign_in, work_off
from tests.support.processed_sales import book, counted, sold
from webapp.authority.sandbox import Sandbox
from webapp.fiscal.authority import AuthorityAway, Service, VoidingAnswer
from webapp.fiscal.schema import VOIDING, problems
from webapp.invoices.ledger import (
    due_day,
    left_over,
    numbers_between,
    parts_without,
    runs_of,
)
from webapp.invoices.models import ForeignNumber, Invoice, InvoiceStatus, Voiding, VoidingStatus
from webapp.platform.clock import utc_now
from webapp.store.forms import NextNumberIn, SeriesIn
from webapp.store.models import Series, SkippedNumbers
from webapp.store.numbering import add_series, renumber
from webapp.store.queries import every_series, the_shop

WHY = "Numeração pulada por engano"


@pytest.fixture
def series(db) -> Series:
    """Stands at 31: of each kind of number one, and ten that a person left out."""
    open_shop()
    (series,) = every_series()
    sale = make_sale(paid=False)
    states = ["authorized", "cancelled", "sending", "rejected", "discarded", "discarded"]
    notes = [
        Invoice(sale=sale, series=1, number=n, status=InvoiceStatus(status), total=sale.total)
        for n, status in enumerate(states, 1)
    ]
    db.session.add_all(notes)
    db.session.flush()
    facts = {"code": "539", "access_key": "9" * 44, "found_at": utc_now()}
    facts["invoice_id"] = notes[0].id
    db.session.add(ForeignNumber(series=1, number=7, **facts))
    asked = {"text": WHY, "asked_by": "x"}
    db.session.add(Voiding(series=1, first=6, last=6, status=VoidingStatus.DONE, **asked))
    series.next_number = 8
    move(series, 18)
    series.next_number = 31
    db.session.add(Voiding(series=1, first=10, last=11, status=VoidingStatus.PENDING, **asked))
    db.session.commit()
    return series


def move(series: Series, number: int, **facts) -> None:
    wanted = {"series": 1, "next_number": number, "reason": "x", "confirmed": number}
    renumber(series, NextNumberIn(**wanted | facts), 0)


def told(series: Series, first: int = 1, last: int = 12) -> list[tuple[int, str]]:
    return [(each.number, str(each.state)) for each in numbers_between(series, first, last)]


def test_what_became_of_each_number(series):
    assert told(series) == [
        (1, "authorized"),
        (2, "cancelled"),
        (3, "sending"),
        (4, "kept"),
        (5, "spare"),
        (6, "voided"),
        (7, "elsewhere"),
        (8, "spare"),
        (9, "spare"),
        (10, "sending"),
        (11, "sending"),
        (12, "spare"),
    ]
    runs = runs_of(numbers_between(series, 7, 12))
    assert [(run.first, run.last, str(run.state), run.is_gap) for run in runs] == [
        (7, 7, "elsewhere", False),
        (8, 9, "spare", True),
        (10, 11, "sending", True),
        (12, 12, "spare", True),
    ]


def test_what_is_left_over_is_named_with_its_day(series, db):
    left = left_over([series])
    assert {(each.first, each.last, each.is_gap) for each in left} == {
        (5, 5, False),
        (8, 9, True),
        (12, 17, True),
    }
    taken = [(6, 6), (10, 11), (17, 17), (18, 19)]
    assert list(parts_without(8, 17, taken)) == [(8, 9), (12, 16)]
    assert list(parts_without(8, 16, taken[2:])) == [(8, 16)]
    assert due_day(dt.date(2026, 12, 31)) == dt.date(2027, 1, 10)


def test_numbers_used_elsewhere_are_never_voided(series, db):
    move(series, 41, used_elsewhere=True)
    add_series(SeriesIn(number=2, first_number=501))
    db.session.commit()
    assert told(series, 31, 32) == [(31, "elsewhere"), (32, "elsewhere")]
    second = every_series()[1]
    assert told(second, 1, 500) == [(number, "elsewhere") for number in range(1, 501)]
    assert all(each.last < 18 for each in left_over(every_series()))


def test_numbers_gone_back_to_are_left_out_no_more(series, db):
    move(series, 15)
    db.session.commit()
    rows = db.session.scalars(db.select(SkippedNumbers)).all()
    assert [(row.first, row.last) for row in rows] == [(8, 14)]
    move(series, 8)
    db.session.commit()
    assert db.session.scalars(db.select(SkippedNumbers)).all() == []


def test_it_costs_the_same_at_the_end_of_a_long_series(series, db):
    """By ranges of an index: nothing is counted or walked through."""
    with counted() as few:
        numbers_between(series, 1, 5)
        left_over([series])
    series.next_number = 900_000_000
    db.session.commit()
    with counted() as many:
        assert len(numbers_between(series, 800_000_000, 800_000_999)) == 1000
        left_over([series])
    assert len(many) <= len(few) + 1
    assert len(numbers_between(series, 1, 900_000_000)) == 1000


NOT_VOIDED = [
    (4, 5, 409, "Number 4"),
    (7, 7, 409, "another system"),
    (9, 10, 409, "Number 10"),
    (17, 12, 422, "before the first"),
    (30, 31, 422, "31"),
    (12, 1200, 422, "1000"),
]


def test_only_what_is_left_over_is_voided(series, client, subtests):
    calls = api(client, make_token("manager"))
    for first, last, status, says in NOT_VOIDED:
        with subtests.test(first=first, last=last):
            asked = {"first": first, "last": last, "reason": WHY}
            answer = calls.post("/series/1/voidings", asked)
            assert answer.status_code == status and says in answer.text
    for first, last in ((12, 17), (5, 5)):
        asked = {"first": first, "last": last, "reason": WHY}
        ids = {calls.post("/series/1/voidings", asked).json["id"] for _time in range(2)}
        assert len(ids) == 1, "said twice, they are voided once"
        assert {state for _number, state in told(series, first, last)} == {"sending"}


def test_the_calls_tell_the_ledger(series, client):
    calls = api(client, make_token("accountant"))
    (only,) = calls.get("/series").json["items"]
    assert (only["number"], only["next_number"], len(only["left_over"])) == (1, 31, 3)
    numbers = calls.get("/series/1/numbers?from=5&to=6").json
    assert [item["state"] for item in numbers["items"]] == ["spare", "voided"]
    assert calls.get("/series/1/numbers").json["to"] == 30
    assert calls.get("/series/9/numbers").status_code == 404
    asked = {"first": 5, "last": 5, "reason": WHY}
    for role in ("clerk", "reviewer", "accountant"):
        refused = api(client, make_token(role)).post("/series/1/voidings", asked)
        assert refused.status_code == 403


def test_a_voided_number_is_no_notes_any_more(client, db):
    """It was spare: the next NF-e would have taken it."""
    open_shop()
    sku, calls = book(stock=9), api(client, make_token("manager"))
    sold(sku)
    db.session.scalars(db.select(Invoice)).one().status = InvoiceStatus.DISCARDED
    db.session.commit()
    calls.post("/series/1/voidings", {"first": 1, "last": 1, "reason": WHY})
    sold(sku)
    numbers = db.session.scalars(db.select(Invoice.number).order_by(Invoice.id)).all()
    assert numbers == [1, 2]


# -- at the authority -----------------------------------------------------------------------------


@pytest.fixture
def asked(db) -> Voiding:
    """Of an issuer with letters in its CNPJ."""
    open_shop()
    the_shop().cnpj = "12ABC34501DE35"
    (series,) = every_series()
    move(series, 11)
    voiding = Voiding(series=1, first=2, last=3, text=WHY, asked_by="x", status="pending")
    voiding.owe(utc_now())
    db.session.add(voiding)
    db.session.commit()
    return voiding


def answering(monkeypatch, change) -> list[bytes]:
    sent = []

    class Answering:
        def void(self, signed):
            sent.append(signed)
            return change(signed)

    monkeypatch.setattr("webapp.processing.voiding_step.authority", Answering)
    return sent


@pytest.mark.both_databases
def test_numbers_are_voided(asked, client):
    work_off()
    assert (asked.status, asked.code) == (VoidingStatus.DONE, "102")
    assert asked.protocol and asked.signed_xml in asked.proc_xml
    assert problems(etree.fromstring(asked.signed_xml), VOIDING) == []
    calls = api(client, make_token("accountant"))
    assert calls.get(f"/voidings/{asked.id}/xml").data == asked.proc_xml
    assert told(every_series()[0], 1, 3) == [(1, "spare"), (2, "voided"), (3, "voided")]


def test_a_lost_answer_is_learned_by_asking_again(asked, db, monkeypatch):
    def lose(signed):
        Sandbox().void(signed)
        raise AuthorityAway(Service.VOIDING, "cut off")

    lost = answering(monkeypatch, lose)
    work_off()
    assert asked.status is VoidingStatus.PENDING and asked.due_at > utc_now()
    asked.due_at = utc_now() - dt.timedelta(seconds=1)
    again = answering(monkeypatch, Sandbox().void)
    work_off()
    assert lost == again, "with the same bytes"
    assert asked.status is VoidingStatus.DONE and asked.protocol


def test_a_refusal_leaves_the_numbers_over(asked, monkeypatch):
    answering(monkeypatch, lambda signed: VoidingAnswer("241", "Rejeicao: numero ja utilizado"))
    work_off()
    assert (asked.status, asked.code) == (VoidingStatus.REFUSED, "241")
    assert told(every_series()[0], 2, 3) == [(2, "spare"), (3, "spare")]


# -- the page -------------------------------------------------------------------------------------


def test_the_page_voids_and_tells(series, client, db):
    sign_in(client, "manager")
    page = client.get("/series").text
    assert "8–9" in page and "12–17" in page and "Used by another system" in page
    short = {"series": 1, "first": 12, "last": 17, "reason": "short"}
    refused = client.post("/series/voidings", data=short)
    assert refused.status_code == 422 and "15 characters" in refused.text
    done = client.post("/series/voidings", data=short | {"reason": WHY})
    assert done.status_code == 303 and "12–17" in client.get("/series").text
    skipped = db.session.scalars(db.select(SkippedNumbers)).one()
    for _time in range(2):
        assert client.post(f"/series/skipped/{skipped.id}/elsewhere").status_code == 303
    assert told(series, 8, 9) == [(8, "elsewhere"), (9, "elsewhere")]
    assert client.post("/series/skipped/999/elsewhere").status_code == 404
