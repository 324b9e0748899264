"""The pipeline's table agrees with the steps, the models, the queues and the words for people."""

import pytest
from sqlalchemy import false, true

from webapp.attempts.models import CauseRetry
from webapp.authority.models import SERVICE_TRANSITIONS, AuthorityService
from webapp.batches.models import BATCH_TRANSITIONS, ProductBatch
from webapp.bulk.models import BulkAct
from webapp.closings.models import CLOSING_TRANSITIONS, Closing
from webapp.fulfilment.labels.models import LABEL_TRANSITIONS, Label
from webapp.fulfilment.memberships.models import Membership, MembershipStatus
from webapp.imports.models import IMPORT_TRANSITIONS, Import
from webapp.incoming.models import (
    INBOX_TRANSITIONS,
    MANIFESTATION_TRANSITIONS,
    Inbox,
    Manifestation,
)
from webapp.invoices.models import (
    EARLIER_TRANSITIONS,
    EVENT_TRANSITIONS,
    INVOICE_TRANSITIONS,
    VOIDING_TRANSITIONS,
    EarlierSend,
    Invoice,
    InvoiceEvent,
    SignedPaper,
    Voiding,
)
from webapp.messages.models import (
    LETTER_TRANSITIONS,
    MESSAGE_TRANSITIONS,
    Letter,
    Mailbox,
    MailboxStatus,
    Message,
    StaffLetter,
)
from webapp.payments.models import (
    CHARGE_TRANSITIONS,
    NOTICE_TRANSITIONS,
    Charge,
    PaymentNotice,
)
from webapp.platform.owed import Owed
from webapp.platform.queue import QUEUES
from webapp.platform.sliced import SLICE_TRANSITIONS, Sliced
from webapp.processing import pipeline
from webapp.processing.claims import Step, Turn
from webapp.processing.import_steps import ImportStep
from webapp.processing.letter_step import LetterStep
from webapp.processing.models import RUN_TRANSITIONS, RecurringRun
from webapp.processing.pipeline import PIPELINE, PROGRESS, WORKED, steps_of
from webapp.processing.slicing import SerialStep, SlicedStep
from webapp.rehearsals.models import Rehearsal
from webapp.reordering.models import ReorderLetter
from webapp.rules.models import (
    EFFECT_TRANSITIONS,
    TRIGGER_TRANSITIONS,
    Backtest,
    Effect,
    TriggerEvent,
)
from webapp.sales.models import STATUS_TRANSITIONS, Sale, Status
from webapp.views.models import ExportSchedule, ScheduleStatus

TRANSITIONS = {
    Sale: STATUS_TRANSITIONS,
    Invoice: INVOICE_TRANSITIONS,
    InvoiceEvent: EVENT_TRANSITIONS,
    Voiding: VOIDING_TRANSITIONS,
    Effect: EFFECT_TRANSITIONS,
    Message: MESSAGE_TRANSITIONS,
    Mailbox: {MailboxStatus.OPEN: set()},
    Backtest: SLICE_TRANSITIONS,
    Closing: CLOSING_TRANSITIONS,
    ReorderLetter: LETTER_TRANSITIONS,
    StaffLetter: LETTER_TRANSITIONS,
    # It goes on, or is paused by a person.
    ExportSchedule: {ScheduleStatus.ACTIVE: {*ScheduleStatus}},
    Rehearsal: SLICE_TRANSITIONS,
    Import: IMPORT_TRANSITIONS,
    RecurringRun: RUN_TRANSITIONS,
    EarlierSend: EARLIER_TRANSITIONS,
    AuthorityService: SERVICE_TRANSITIONS,
    Inbox: INBOX_TRANSITIONS,
    Manifestation: MANIFESTATION_TRANSITIONS,
    ProductBatch: BATCH_TRANSITIONS,
    PaymentNotice: NOTICE_TRANSITIONS,
    Charge: CHARGE_TRANSITIONS,
    Label: LABEL_TRANSITIONS,
    BulkAct: SLICE_TRANSITIONS,
    CauseRetry: SLICE_TRANSITIONS,
    TriggerEvent: TRIGGER_TRANSITIONS,
    # Its term is over, or a reminder goes out meanwhile.
    Membership: {MembershipStatus.ACTIVE: {*MembershipStatus}},
}


def _name(station):
    return f"{station.kind}-{station.status}"


@pytest.mark.parametrize("station", WORKED, ids=_name)
def test_a_stations_step_takes_its_rows(station):
    assert (station.step.model, station.step.status) == (station.model, station.status)
    assert station.queue in QUEUES
    assert station.step in steps_of(station.queue)


@pytest.mark.parametrize("station", PIPELINE, ids=_name)
def test_a_station_leads_where_its_rows_may_go(station):
    assert set(station.leads_to) <= TRANSITIONS[station.model][station.status]


@pytest.mark.parametrize("station", WORKED, ids=_name)
def test_a_row_rings_the_queue_of_its_station(station):
    assert station.model(status=station.status).queue == station.queue


def test_no_step_and_no_queue_is_left_out():
    assert {type(station.step) for station in WORKED} == below(
        Step, SlicedStep, SerialStep, ImportStep, LetterStep
    )
    assert {station.queue for station in WORKED} == set(QUEUES)
    assert {station.model for station in WORKED} == below(Owed, Sliced, SignedPaper, Letter)


def below(base, *kinds):
    """The classes of a base, those of each kind of it in its place."""
    found = {*base.__subclasses__()}
    return found.union(*(kind.__subclasses__() for kind in kinds)) - {*kinds}


def test_a_state_stands_in_the_table_once():
    places = [(station.model, station.status) for station in PIPELINE]
    assert len(set(places)) == len(places)


def test_a_sale_that_moves_has_work_and_one_that_rests_has_none():
    worked = {station.status for station in WORKED if station.model is Sale}
    assert worked == {status for status in Status if status.is_moving}
    assert Sale(status=Status.REVIEW).queue is None


def test_those_in_front_of_a_long_line_come_to_their_end_first(app, db, monkeypatch):
    """By turns: a step does not do the whole line before the next one begins."""
    turns, left = [], {"build": 3, "send": 3}

    class Counted:
        looks = (true(), false())

        def __init__(self, name):
            self.name = name

        def turn(self, look):
            assert look == (True, False)
            turns.append(self.name)
            left[self.name] -= 1
            return Turn(50, left[self.name] > 0)

    steps = Counted("build"), Counted("send")
    monkeypatch.setattr(pipeline, "steps_of", lambda _queue: steps)
    assert pipeline.work_off("invoices", seconds=60) is False
    assert turns == ["build", "send"] * 3


def test_the_progress_bar_goes_a_sales_way():
    assert [status for status, _name in PROGRESS] == [
        Status.ADDRESS,
        Status.RULES,
        Status.INVOICE,
        Status.REVIEW,
        Status.INVOICED,
    ]
