"""For whom or what an order waits: one true sentence in every state, under every fault."""

import datetime as dt
from dataclasses import replace
from itertools import product as combined

import pytest
from flask import g

from webapp.addresses.questions import TEXTS
from webapp.authority import words
from webapp.authority.certificates import MISSING
from webapp.authority.models import AuthorityService, ServiceState
from webapp.fiscal.authority import Service
from webapp.fiscal.events import EventKind
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.invoices.issues import _SALE_ISSUES
from webapp.invoices.models import (
    CANNOT_SIGN,
    EventStatus,
    Invoice,
    InvoiceEvent,
    InvoiceStatus,
    Purpose,
    RejectedBy,
)
from webapp.messages.models import Message, MessageStatus
from webapp.payments.models import Charge, ChargeStatus, PaymentProvider
from webapp.platform.issues import Issue
from webapp.processing.payment_steps import NOT_SET
from webapp.processing.waiting import (
    Facts,
    OpenTask,
    Pause,
    PostalService,
    Surroundings,
    WaitsFor,
    clause,
    may_go_to_standby,
    wait_of,
    wait_of_note,
)
from webapp.rules.models import Effect, EffectStatus
from webapp.sales.models import OVER_LIMIT, Sale, Shipping, Status

NOW = dt.datetime(2026, 11, 30, 14, 10, tzinfo=dt.UTC)


def at(minutes: float) -> dt.datetime:
    """So long before (or, below zero, after) the moment that is looked at."""
    return NOW - dt.timedelta(minutes=minutes)


AWAKE, ASLEEP = (
    Surroundings(NOW, state="SP"),
    Surroundings(NOW, asleep_since=NOW - dt.timedelta(hours=2)),
)
PAUSE = Pause("Ana", at(60), "a rule is mended")
PAUSED = Surroundings(NOW, pauses=dict.fromkeys(("addresses", "rules", "invoices"), PAUSE))
OWN_KEY = "35261145678000195550010000000071" + "1" + "0" * 11
CHECKED = Issue("x", "customer.document", message="The CNPJ has a wrong check digit. Ask for it.")
BY_TAXES = Issue("x", "lines.*.icms", message="There is no rate for RJ.", who="accountant")
CANCELLATION = {"kind": EventKind.CANCELLATION, "status": EventStatus.PENDING}


# How the work of a row may stand: each fault of a worker, and none.
FRESH = {"due_at": at(0.1)}
LATE = {"due_at": at(20)}
HELD = {"due_at": at(-0.5), "lease": "5d41-1"}
LEFT_BEHIND = {"due_at": at(3), "lease": "5d41-1"}
FAILED = {"due_at": at(-0.2), "error": "OperationalError: locked", "unmet_since": at(5)}
FAILED_LATE = FAILED | {"due_at": at(20)}
LATER = {"due_at": at(-30)}
WORK = (FRESH, LATE, HELD, LEFT_BEHIND, FAILED, FAILED_LATE, LATER)


def a_row(model, **facts):
    known = {"lease": None, "error": "", "due_at": None, "unmet_since": None, "id": 1}
    if model not in (Effect, Message):
        known["updated_at"] = at(10)
    return model(**known | {"created_at": at(60)} | facts)


def a_sale(status, **facts) -> Sale:
    known = {"reason_code": None, "reason_params": {}, "reason_field": None, "waits_since": None}
    known |= {"needs_person": False, "shipping": Shipping.NONE, "carrier": "", "hold_until": None}
    return a_row(Sale, status=status, **known | facts)


def a_note(status, **facts) -> Invoice:
    known = {"purpose": Purpose.SALE, "reason": "", "findings": [], "answer_unknown": False}
    return a_row(Invoice, status=status, **known | {"access_key": OWN_KEY} | facts)


def order(status, note=None, slip=None, beside=(), titles=None, **facts) -> Facts:
    sale = a_sale(status, **facts)
    if note is not None:
        note.sale = sale
    return Facts(sale, note, slip, beside, titles or {})


def stopped(code, step="address", **facts) -> Facts:
    known = {"waits_since": at(20), "needs_person": True, "reason_code": code, "step": step}
    return order(Status.ATTENTION, **known | facts)


def found(issue, **more) -> Facts:
    return stopped(
        "nfe_check", "invoice", reason_params=issue.to_json() | more, reason_field=issue.field
    )


def away(**facts) -> Surroundings:
    service = AuthorityService(status=ServiceState.AWAY, since=at(8))
    return Surroundings(NOW, state="SP", services={("SP", Service.AUTHORIZATION): service}, **facts)


def sending(code, **facts) -> Facts:
    known = {"due_at": at(-1), "unmet_since": at(5), "error": f"authority: {code}"}
    return order(Status.INVOICE, a_note(InvoiceStatus.SENDING, **known | facts))


def slip(**moments) -> PackingSlip:
    return PackingSlip(created_at=at(50), released_at=at(50), **moments)


def unanswered(**facts) -> Facts:
    known = {"reason_code": "providers_unavailable", "waits_since": at(8), "due_at": at(-1)}
    return order(Status.ADDRESS, **known | facts)


def served_by(*providers) -> Surroundings:
    return Surroundings(NOW, state="SP", providers=providers)


VIACEP = PostalService("viacep", False, at(8), at(-2))
OPENCEP_AWAY = PostalService("opencep", False, at(5), at(-0.5))
OPENCEP = PostalService("opencep")
BUSY = PostalService("opencep", True, at(5), at(-30))


def collected(**facts) -> Facts:
    """An order that is not paid, and that a bank is told to collect."""
    known = {"provider": PaymentProvider.PIX, "status": ChargeStatus.OPEN, "asked": 1}
    found = order(Status.OPEN, hold_until=facts.pop("hold_until", None))
    charge = a_row(Charge, **known | {"due_at": at(-5), "created_at": at(30)} | facts)
    return replace(found, charge=charge)


ON_HOLD = (
    "Waits for the payment since 13:10; its stock is kept until it is paid or somebody cancels it"
)

EXACT = [
    # The payment.
    (
        collected(asked=0, hold_until=at(-120)),
        AWAKE,
        "payment",
        "Waits for the payment since 13:10; not paid by 16:10 it is cancelled by itself and its "
        "stock comes back; the bank of the Pix collects it since 13:40; asked at 14:15:00 unless "
        "its notice comes before.",
    ),
    (
        collected(provider=PaymentProvider.MERCADO_PAGO),
        AWAKE,
        "payment",
        f"{ON_HOLD}; Mercado Pago has been asked about it since 13:40; tried again at 14:15:00.",
    ),
    (
        collected(error="HTTP 503", unmet_since=at(8)),
        AWAKE,
        "payment",
        f"{ON_HOLD}; the bank of the Pix has not answered since 14:02 (HTTP 503); tried again at "
        "14:15:00.",
    ),
    (
        collected(error=NOT_SET, unmet_since=at(8)),
        AWAKE,
        "payment",
        f"{ON_HOLD}; the bank of the Pix is to be asked, which an administrator has to set up "
        "first; tried again at 14:15:00.",
    ),
    (
        collected(due_at=at(20)),
        AWAKE,
        "payment",
        f"{ON_HOLD}; the bank of the Pix has been asked about it since 13:40; due again since "
        "13:50, as soon as a worker is free.",
    ),
    (
        collected(lease="5d41-1", due_at=at(-0.5)),
        AWAKE,
        "payment",
        f"{ON_HOLD}; the bank of the Pix has been asked about it since 13:40; being asked now, or "
        "again at 14:10:30.",
    ),
    (
        collected(),
        Surroundings(NOW, pauses={"mail": PAUSE}),
        "payment",
        f"{ON_HOLD}; asking the bank of the Pix is paused by Ana since 13:10.",
    ),
    (collected(), ASLEEP, "payment", f"{ON_HOLD}."),
    (
        order(Status.OPEN, hold_until=at(-120)),
        AWAKE,
        "payment",
        "Waits for the payment since 13:10; not paid by 16:10 it is cancelled by itself and its "
        "stock comes back.",
    ),
    (
        order(Status.OPEN, hold_until=at(1)),
        AWAKE,
        "payment",
        "Was not paid since 13:10, and its time was over at 14:09; it is cancelled by itself next.",
    ),
    (
        order(Status.OPEN),
        AWAKE,
        "payment",
        "Waits for the payment since 13:10; its stock is kept until it is paid or somebody cancels "
        "it.",
    ),
    (
        order(Status.OPEN, hold_until=at(1)),
        ASLEEP,
        "payment",
        "Waits for the payment since 13:10; not paid by 14:09 it is cancelled, once the shop, "
        "which sleeps, was woken.",
    ),
    # The program's own work, and how its workers are.
    (
        order(Status.ADDRESS, **FRESH),
        AWAKE,
        "worker",
        "Checking the address: in line since 14:09; it is taken up next.",
    ),
    (
        order(Status.RULES, **LATE),
        AWAKE,
        "worker",
        "Applying the rules: in line since 13:50, and no worker has taken it up yet; it goes on as "
        "soon as one is free.",
    ),
    (
        order(Status.INVOICE, a_note(InvoiceStatus.PENDING), **HELD),
        AWAKE,
        "worker",
        "Preparing the NF-e: a worker has been at it since 14:00; should that one stop, another "
        "takes it up at 14:10:30.",
    ),
    (
        order(Status.RULES, **LEFT_BEHIND),
        AWAKE,
        "worker",
        "Applying the rules: the worker that was at it stopped; it has been due again since 14:07, "
        "and the next worker takes it up.",
    ),
    (
        order(Status.RULES, **FAILED),
        AWAKE,
        "worker",
        "Applying the rules: has not succeeded since 14:05; tried again at 14:10:12, and after 8 "
        "tries a person is asked.",
    ),
    (
        order(Status.RULES, **FAILED_LATE),
        AWAKE,
        "worker",
        "Applying the rules: has not succeeded since 14:05; due again since 13:50, as soon as a "
        "worker is free, and after 8 tries a person is asked.",
    ),
    (
        order(Status.ADDRESS, **LATER),
        AWAKE,
        "worker",
        "Checking the address: begins at 14:40:00.",
    ),
    (
        order(Status.ADDRESS, **FRESH),
        ASLEEP,
        "admin",
        "Checking the address: waits until an administrator wakes the shop, which sleeps since it "
        "came out of the backup of 12:10.",
    ),
    (
        stopped("zip_code_missing"),
        PAUSED,
        "team",
        "Waits for the team since 13:50: the address has no postal code; once fixed, it goes on by "
        "itself, after a manager has resumed the queue, which is paused.",
    ),
    # Postal code services.
    (
        unanswered(),
        served_by(VIACEP, OPENCEP),
        "postal_codes",
        "ViaCEP has not answered since 14:02; tried again at 14:11:00; OpenCEP is next.",
    ),
    (
        unanswered(),
        served_by(VIACEP, OPENCEP_AWAY),
        "postal_codes",
        "No postal code service has answered since 14:02: ViaCEP away since 14:02, OpenCEP away "
        "since 14:05; tried again at 14:11:00; OpenCEP is next.",
    ),
    (
        unanswered(needs_person=True),
        served_by(VIACEP, BUSY),
        "postal_codes",
        "No postal code service has answered since 14:02: ViaCEP away since 14:02, OpenCEP at its "
        "limit since 14:05; tried again at 14:11:00; ViaCEP is next; who does not want to wait "
        "completes the address by hand.",
    ),
    (
        unanswered(lease="5d41-1"),
        served_by(VIACEP, OPENCEP),
        "postal_codes",
        "ViaCEP has not answered since 14:02; they are being asked now, or again at 14:11:00; "
        "OpenCEP is next.",
    ),
    (
        unanswered(due_at=at(9)),
        served_by(OPENCEP),
        "postal_codes",
        "No postal code service has answered for it since 14:02; due again since 14:01, as soon as "
        "a worker is free; OpenCEP is next.",
    ),
    # People.
    (
        stopped("zip_code_missing"),
        AWAKE,
        "team",
        "Waits for the team since 13:50: the address has no postal code; once fixed, it goes on by "
        "itself.",
    ),
    (
        stopped("zip_code_missing"),
        ASLEEP,
        "team",
        "Waits for the team since 13:50: the address has no postal code; once fixed, it goes on by "
        "itself, after an administrator has woken the shop, which sleeps.",
    ),
    (
        found(CHECKED, book="7"),
        AWAKE,
        "team",
        "Waits for the team since 13:50: the CNPJ has a wrong check digit; once fixed, it goes on "
        "by itself.",
    ),
    (
        found(CHECKED),
        AWAKE,
        "team",
        "Waits for the team since 13:50: the CNPJ has a wrong check digit; once fixed, it goes on "
        "with “Try again”.",
    ),
    (
        found(BY_TAXES, book="7"),
        AWAKE,
        "accountant",
        "Waits for the accountant since 13:50: there is no rate for RJ; once fixed, it goes on by "
        "itself.",
    ),
    (
        stopped("step_failed", "rules", reason_params={"error": "ValueError"}),
        AWAKE,
        "team",
        "Waits for the team since 13:50: this step failed several times; it is done once more with "
        "“Try again”.",
    ),
    (
        stopped(OVER_LIMIT, "rules", reason_params={"percent": "20.00", "limit": "10.00"}),
        AWAKE,
        "manager",
        "Waits for a manager since 13:50: it is 20.00 % below the catalog's prices, discount and "
        "lowered prices together; up to 10.00 % needs no manager; approved, it goes on by itself.",
    ),
    (
        stopped("returned", "invoice", reason_params={"code": "items", "comment": "Two boxes."}),
        AWAKE,
        "team",
        "Waits for the team since 13:50: returned by the reviewer (Items): Two boxes; once fixed, "
        "it goes on with “Try again”.",
    ),
    (
        stopped("note_cancelled", "invoice", reason_params={"number": 7, "series": 1}),
        AWAKE,
        "team",
        "Waits for the team since 13:50: NF-e 7 (series 1) was cancelled at SEFAZ; another NF-e is "
        "issued, or the order cancelled, as somebody chooses.",
    ),
    (
        order(Status.REVIEW, waits_since=at(30), reason_code="held"),
        AWAKE,
        "reviewer",
        "Waits for a reviewer since 13:40: a rule holds the order; released, it goes on by itself.",
    ),
    (
        order(Status.REVIEW, a_note(InvoiceStatus.REVIEW, reason="policy"), waits_since=at(30)),
        AWAKE,
        "reviewer",
        "Waits for a reviewer since 13:40: the shop has every NF-e reviewed; approved, it goes to "
        "SEFAZ by itself.",
    ),
    (
        order(Status.REVIEW, a_note(InvoiceStatus.REVIEW, reason="kata"), waits_since=at(30)),
        ASLEEP,
        "reviewer",
        "Waits for a reviewer since 13:40: the rule “kata” holds it; approved, it goes to SEFAZ by "
        "itself, after an administrator has woken the shop, which sleeps.",
    ),
    # The certificate, and the authority.
    (
        order(
            Status.INVOICE,
            a_note(InvoiceStatus.APPROVED),
            reason_code=CANNOT_SIGN,
            reason_params=Issue("x", "settings.certificate", message=MISSING).to_json(),
            waits_since=at(15),
        ),
        AWAKE,
        "admin",
        "Waits for an administrator since 13:55: there is no digital certificate yet; once fixed, "
        "it goes on by itself.",
    ),
    (
        order(Status.INVOICE, a_note(InvoiceStatus.APPROVED, **FRESH)),
        AWAKE,
        "worker",
        "Signing the NF-e: in line since 14:09; it is taken up next.",
    ),
    (
        order(
            Status.INVOICE,
            a_note(InvoiceStatus.APPROVED, error="authority: turns", due_at=at(-1)),
        ),
        AWAKE,
        "authority",
        "Waits for its number since 14:00: out of a backup, NF-e take their numbers one at a time "
        "until one is free; tried again at 14:11:00.",
    ),
    (
        order(Status.INVOICE, a_note(InvoiceStatus.SENDING, **LEFT_BEHIND)),
        AWAKE,
        "worker",
        "Sending to SEFAZ: the worker that was at it stopped; it has been due again since 14:07, "
        "and the next worker takes it up.",
    ),
    (
        order(Status.INVOICE, a_note(InvoiceStatus.SENDING, **FAILED)),
        AWAKE,
        "worker",
        "Sending to SEFAZ: has not succeeded since 14:05; tried again at 14:10:12.",
    ),
    (
        sending("away: The connection timed out."),
        away(),
        "authority",
        "SEFAZ SP has not answered since 14:02 (the connection timed out); it is asked again at "
        "14:11:00.",
    ),
    (
        sending("108"),
        AWAKE,
        "authority",
        "SEFAZ SP has stood still since 14:05 (108); it is asked again at 14:11:00.",
    ),
    (
        sending("656", lease="5d41-1"),
        AWAKE,
        "authority",
        "SEFAZ SP was asked too often (656) and is left alone for an hour; it is being asked now, "
        "or again at 14:11:00.",
    ),
    (
        sending("105", due_at=at(9)),
        AWAKE,
        "authority",
        "SEFAZ SP has had it since 14:05 and is at work on it; due again since 14:01, as soon as a "
        "worker is free.",
    ),
    (
        sending("999"),
        AWAKE,
        "authority",
        "SEFAZ SP since 14:05: it met an error of its own (999); it is asked again at 14:11:00.",
    ),
    (
        sending("away", answer_unknown=True),
        away(in_contingency=True),
        "authority",
        "SEFAZ SP has not answered since 14:02; it is asked again at 14:11:00; it may have arrived "
        "there, and goes to SVC-AN once SEFAZ SP has told that it does not have it.",
    ),
    (
        sending("away"),
        ASLEEP,
        "admin",
        "Sending to SEFAZ: waits until an administrator wakes the shop, which sleeps since it came "
        "out of the backup of 12:10.",
    ),
    # A cancellation under way.
    (
        stopped(
            "note_being_cancelled",
            "invoice",
            reason_params={"number": 7, "series": 1},
            beside=[a_row(InvoiceEvent, at=at(9), **CANCELLATION, **FRESH)],
        ),
        AWAKE,
        "worker",
        "Cancellation of the NF-e: in line since 14:09; it is taken up next.",
    ),
    (
        order(
            Status.CANCELLED,
            beside=[
                a_row(
                    InvoiceEvent,
                    at=at(9),
                    error="authority: away",
                    due_at=at(-1),
                    unmet_since=at(5),
                    **CANCELLATION,
                )
            ],
        ),
        AWAKE,
        "authority",
        "Cancellation of the NF-e: SEFAZ SP has not answered since 14:05; it is asked again at "
        "14:11:00.",
    ),
    (
        order(
            Status.CANCELLED,
            beside=[a_row(InvoiceEvent, at=None, error="x", due_at=at(-1), **CANCELLATION)],
        ),
        Surroundings(
            NOW, unsigned=Issue("x", "settings.certificate", message=MISSING, who="admin")
        ),
        "admin",
        "Waits for an administrator since 14:00: there is no digital certificate yet; once fixed, "
        "it goes on by itself.",
    ),
    (
        stopped("note_being_cancelled", "invoice", reason_params={"number": 7, "series": 1}),
        AWAKE,
        "authority",
        "SEFAZ was asked at 13:50 to cancel the NF-e; the order goes on as it answers.",
    ),
    # A return under way.
    (
        order(
            Status.INVOICED,
            shipping=Shipping.DELIVERED,
            slip=slip(),
            beside=[
                a_note(
                    InvoiceStatus.SENDING,
                    purpose=Purpose.RETURN,
                    error="authority: 109",
                    due_at=at(-1),
                    unmet_since=at(5),
                )
            ],
        ),
        AWAKE,
        "authority",
        "SEFAZ SP has stood still since 14:05 (109); it is asked again at 14:11:00.",
    ),
    # E-mails, effects and tasks.
    (
        order(
            Status.COMPLETED,
            beside=[
                a_row(
                    Message,
                    template="invoice_authorized",
                    status=MessageStatus.PENDING,
                    error="away: refused",
                    due_at=at(-1),
                    unmet_since=at(5),
                )
            ],
        ),
        AWAKE,
        "mail_server",
        "The e-mail “NF-e authorized” has waited since 14:05: the mail server does not answer; "
        "tried again at 14:11:00.",
    ),
    (
        order(
            Status.INVOICED,
            shipping=Shipping.TO_PACK,
            slip=slip(),
            beside=[
                a_row(
                    Message,
                    template="invoice_authorized",
                    status=MessageStatus.FAILED,
                    sent_at=at(9),
                    error="bounced_address: 550",
                )
            ],
        ),
        AWAKE,
        "team",
        "Waits for the team since 14:01: the e-mail “NF-e authorized” did not arrive (it was sent "
        "and came back: there is no such address); once its address is right, it is sent again.",
    ),
    (
        order(
            Status.INVOICED,
            beside=[a_row(Effect, status=EffectStatus.FAILED, created_at=at(40))],
            titles={1: ("Membership gold", "The buyer has no active membership.")},
        ),
        AWAKE,
        "manager",
        "Waits for a manager since 13:30: “Membership gold” was not done (the buyer has no active "
        "membership); it is done once more with “Try again”.",
    ),
    (
        order(
            Status.INVOICED,
            beside=[a_row(Effect, status=EffectStatus.PENDING, created_at=at(40), **FAILED)],
            titles={1: ("Membership gold", "")},
        ),
        AWAKE,
        "worker",
        "Membership gold: has not succeeded since 14:05; tried again at 14:10:12, and after 8 "
        "tries a person is asked.",
    ),
    (
        order(Status.COMPLETED, beside=[OpenTask("The gift was left out", at(40))]),
        AWAKE,
        "team",
        "Waits for the team since 13:30: task “The gift was left out”; it is done once somebody "
        "has settled it.",
    ),
    # The parcel.
    (
        order(Status.INVOICED, slip=slip(), shipping=Shipping.TO_PACK),
        AWAKE,
        "packing",
        "Waits to be packed since 13:20; then it is shipped.",
    ),
    (
        order(Status.INVOICED, slip=slip(packed_at=at(9)), shipping=Shipping.PACKED),
        AWAKE,
        "carrier",
        "Packed, it waits for the carrier since 14:01; then it is marked as shipped.",
    ),
    (
        order(
            Status.INVOICED,
            slip=slip(shipped_at=at(9)),
            shipping=Shipping.SHIPPED,
            carrier="Correios",
        ),
        AWAKE,
        "carrier",
        "On its way with Correios since 14:01; done once it is delivered.",
    ),
]
# Nothing is awaited any more.
DONE = [
    order(Status.INVOICED),
    order(Status.COMPLETED),
    order(Status.CANCELLED),
    order(Status.INVOICED, slip=slip(), shipping=Shipping.DELIVERED),
    order(Status.CANCELLED, slip=slip(), shipping=Shipping.SHIPPED),
]


@pytest.fixture(autouse=True)
def reader(app, monkeypatch):
    """Reads English in UTC, at that moment, where no rule has a name of its own."""
    monkeypatch.setattr(words, "utc_now", lambda: NOW)
    with app.test_request_context(headers={"Accept-Language": "en"}):
        g.time_zone, g.rules_by_code = "UTC", {}
        yield


def test_each_state_under_each_fault_has_its_true_sentence():
    told = [wait_of(facts, house) for facts, house, _who, _words in EXACT]
    assert [wait and wait.sentence for wait in told] == [words for *_facts, words in EXACT]
    assert [wait and str(wait.waits_for) for wait in told] == [who for *_, who, _words in EXACT]
    assert [wait_of(facts, AWAKE) for facts in DONE] == [None] * len(DONE)
    assert {str(wait.waits_for) for wait in told if wait} == set(map(str, WaitsFor))
    assert {facts.sale.status for facts, *_others in EXACT} | {
        facts.sale.status for facts in DONE
    } == set(Status)


def test_every_state_of_work_tells_what_its_row_says_and_no_more():
    """All states that owe work, of sale, NF-e and return, however the work stands, awake and
    asleep."""
    notes = [InvoiceStatus.PENDING, InvoiceStatus.APPROVED, InvoiceStatus.SENDING]
    waits = []
    for work, house in combined(WORK, (AWAKE, ASLEEP, PAUSED)):
        for status in (Status.ADDRESS, Status.RULES, Status.INVOICE):
            waits.append((wait_of(order(status, **work), house), work, house))
        for status in notes:
            sold, back = (a_note(status, purpose=purpose, **work) for purpose in Purpose)
            on_sale = work if status is InvoiceStatus.PENDING else {}
            waits.append((wait_of(order(Status.INVOICE, sold, **on_sale), house), work, house))
            waits.append((wait_of_note(back, house), work, house))
        for status in (InvoiceStatus.AUTHORIZED, InvoiceStatus.CANCELLED):
            back = a_note(status, purpose=Purpose.RETURN, **work)
            waits.append((wait_of_note(back, house), work, house))
    for wait, work, house in waits:
        assert wait and wait.sentence.endswith(".") and "%" not in wait.sentence
        assert wait.since <= NOW and (wait.next_at is None or wait.next_at > NOW)
        if house is ASLEEP:
            assert wait.waits_for is WaitsFor.ADMIN and "wakes the shop" in wait.sentence
            assert wait.next_at is None and "next" not in wait.sentence
            continue
        if house is PAUSED:
            assert "paused by Ana" in wait.sentence and wait.next_at is None
            continue
        assert wait.waits_for is WaitsFor.WORKER
        assert ("worker that was at it stopped" in wait.sentence) == (work is LEFT_BEHIND)
        assert ("has been at it" in wait.sentence) == (work is HELD)
        assert ("no worker has taken it up" in wait.sentence) == (work is LATE)
        assert ("not succeeded" in wait.sentence) == (work in (FAILED, FAILED_LATE))
        assert (wait.next_at is None) == (work["due_at"] <= NOW)


def test_a_paused_queue_is_told_of_what_it_owes_and_of_nothing_else():
    pause = Pause("Ana", at(5), "a rule is mended")
    house = Surroundings(NOW, state="SP", pauses={"rules": pause})
    waits = [wait_of(order(Status.RULES, **work), house) for work in WORK]
    assert {(wait.sentence, wait.waits_for, wait.next_at) for wait in waits if wait} == {
        (
            "Applying the rules: paused by Ana since 14:05 (a rule is mended); it goes on by "
            "itself once a manager resumes it.",
            WaitsFor.MANAGER,
            None,
        )
    }
    for facts in (order(Status.ADDRESS, **FRESH), unanswered(), sending("108")):
        assert wait_of(facts, house) == wait_of(facts, AWAKE)


@pytest.mark.parametrize("house", [AWAKE, ASLEEP, PAUSED], ids=["awake", "asleep", "paused"])
def test_every_reason_that_an_order_stops_for_is_a_person_s(house):
    params = {"percent": "9.00", "limit": "5.00", "code": "items", "comment": "No", "number": 1}
    for code in (*TEXTS, *_SALE_ISSUES):
        facts = stopped(code, reason_params=CHECKED.to_json() | params | {"series": 1})
        wait = wait_of(facts, house)
        assert wait and wait.since == at(20) and "%(" not in wait.sentence, code
        if code != "note_being_cancelled":
            assert wait.waits_for.is_person, code


def test_a_return_that_waits_for_a_person_says_for_what():
    note = a_note(InvoiceStatus.REJECTED, purpose=Purpose.RETURN, rejected_by=RejectedBy.CHECKS)
    note.findings, note.sale = [BY_TAXES.to_json()], a_sale(Status.INVOICED)
    wait = wait_of_note(note, AWAKE)
    assert wait and wait.sentence == (
        "Waits for the accountant since 14:00: there is no rate for RJ; once fixed, it goes on "
        "with “Check again”."
    )
    assert wait_of_note(a_note(InvoiceStatus.AUTHORIZED, purpose=Purpose.RETURN), AWAKE) is None
    assert wait_of_note(a_note(InvoiceStatus.DISCARDED, purpose=Purpose.RETURN), AWAKE) is None


def test_who_may_send_it_by_the_standby_service():
    note = a_note(InvoiceStatus.SENDING, answer_unknown=True)
    assert may_go_to_standby(note, Surroundings(NOW, state="SP", in_contingency=True))
    assert not may_go_to_standby(note, AWAKE)


def test_a_text_becomes_a_clause():
    assert clause("The address has no CEP. Ask for it.") == "the address has no CEP"
    assert clause("NF-e 7 was refused.") == "NF-e 7 was refused"
    assert clause("SEFAZ SP is away") == "SEFAZ SP is away"
    assert clause("O CEP não existe. É outro.") == "o CEP não existe"
