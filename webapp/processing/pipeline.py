"""The pipeline as one table: every state in which a row owes work, and a sale's way through them.

Workers and the sweeper do what it says, rows ring the queue that it names, and the progress bar,
the queue monitor and docs/architecture.md tell of it. Which states may follow at all stands with
each model (`STATUS_TRANSITIONS` and the like); `leads_to` is where the work itself leads.
"""

import time
from enum import StrEnum
from typing import NamedTuple

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from webapp.attempts.models import CauseRetry
from webapp.authority.models import AuthorityService, ServiceState
from webapp.batches.models import BatchStatus, ProductBatch
from webapp.bulk.models import BulkAct
from webapp.closings.models import Closing, ClosingStatus
from webapp.fulfilment.labels.models import Label, LabelStatus
from webapp.fulfilment.memberships.models import Membership, MembershipStatus
from webapp.imports.models import Import, ImportStatus
from webapp.incoming.models import Inbox, InboxStatus, Manifestation, ManifestationStatus
from webapp.invoices.models import (
    EarlierSend,
    EarlierStatus,
    EventStatus,
    Invoice,
    InvoiceEvent,
    InvoiceStatus,
    Voiding,
    VoidingStatus,
)
from webapp.messages.models import (
    LetterStatus,
    Mailbox,
    MailboxStatus,
    Message,
    MessageStatus,
    StaffLetter,
)
from webapp.payments.models import Charge, ChargeStatus, NoticeStatus, PaymentNotice
from webapp.platform.owed import Owed
from webapp.platform.sliced import SliceStatus
from webapp.processing.address_step import AddressStep
from webapp.processing.backtest_step import BacktestStep
from webapp.processing.batch_steps import ApplyBatchStep, PreviewBatchStep, UndoBatchStep
from webapp.processing.bounce_step import BounceStep
from webapp.processing.bulk_step import BulkStep
from webapp.processing.claims import AnyStep, by_turns, look_at
from webapp.processing.closing_step import ClosingStep
from webapp.processing.earlier_step import EarlierStep
from webapp.processing.effect_step import EffectStep
from webapp.processing.event_step import EventStep
from webapp.processing.export_step import ExportStep
from webapp.processing.import_steps import CheckStep, TakeStep
from webapp.processing.inbox_step import InboxStep
from webapp.processing.invoice_steps import BuildStep, SignStep
from webapp.processing.label_step import LabelStep
from webapp.processing.mail_step import MailStep
from webapp.processing.manifestation_step import ManifestationStep
from webapp.processing.membership_step import MembershipStep
from webapp.processing.models import RecurringRun, RunStatus
from webapp.processing.pausing import pauses
from webapp.processing.payment_steps import ChargeStep, NoticeStep
from webapp.processing.recurring_step import RecurringStep
from webapp.processing.rehearsal_step import RehearsalStep
from webapp.processing.reorder_step import ReorderStep
from webapp.processing.retry_step import RetryStep
from webapp.processing.return_steps import ReturnStep, TakeInStep, TakeOutStep
from webapp.processing.rules_step import RulesStep
from webapp.processing.send_step import SendStep
from webapp.processing.staff_letter_step import StaffLetterStep
from webapp.processing.status_step import AskStep, StatusStep
from webapp.processing.tracking_step import TrackingStep
from webapp.processing.trigger_step import TriggerStep
from webapp.processing.voiding_step import VoidingStep
from webapp.rehearsals.models import Rehearsal
from webapp.reordering.models import ReorderLetter
from webapp.rules.models import Backtest, Effect, EffectStatus, TriggerEvent, TriggerStatus
from webapp.sales.models import Sale, Status
from webapp.views.models import ExportSchedule, ScheduleStatus


class Station(NamedTuple):
    """A state of a row, the queue and the step that work on it (none where the row owes nothing: a
    person decides, or the way is at its end), where that leads, and its name for people. `part` is
    its name in the progress bar of a sale."""

    model: type[Owed]
    status: StrEnum
    queue: str
    step: AnyStep | None
    leads_to: tuple[StrEnum, ...]
    label: LazyString
    part: LazyString | None = None

    @property
    def kind(self) -> str:
        """What the queue monitor calls its rows."""
        return self.model.work_kind()


PIPELINE: tuple[Station, ...] = (
    # A sale's way, in its order.
    Station(
        Sale,
        Status.ADDRESS,
        "addresses",
        AddressStep(),
        (Status.RULES, Status.ATTENTION),
        _l("Checking the address"),
        _l("address"),
    ),
    Station(
        Sale,
        Status.RULES,
        "rules",
        RulesStep(),
        (Status.INVOICE, Status.REVIEW, Status.COMPLETED, Status.ATTENTION),
        _l("Applying the rules"),
        _l("rules"),
    ),
    Station(
        Sale,
        Status.INVOICE,
        "invoices",
        BuildStep(),
        (Status.REVIEW, Status.INVOICED, Status.ATTENTION),
        _l("Preparing the NF-e"),
        _l("NF-e"),
    ),
    Station(
        Sale,
        Status.REVIEW,
        "",
        None,
        (Status.INVOICE, Status.COMPLETED, Status.ATTENTION),
        _l("NF-e under review"),
        _l("review"),
    ),
    Station(
        Invoice,
        InvoiceStatus.APPROVED,
        "invoices",
        SignStep(),
        (InvoiceStatus.SENDING,),
        _l("Signing the NF-e"),
    ),
    Station(
        Invoice,
        InvoiceStatus.SENDING,
        "invoices",
        SendStep(),
        (
            InvoiceStatus.AUTHORIZED,
            InvoiceStatus.REJECTED,
            InvoiceStatus.APPROVED,
            InvoiceStatus.CANCELLED,
        ),
        _l("Sending to SEFAZ"),
    ),
    Station(Sale, Status.INVOICED, "", None, (), _l("Invoiced"), _l("NF-e authorized")),
    # Beside the way: what never holds a sale up. Goods that come back.
    Station(
        Invoice,
        InvoiceStatus.PENDING,
        "invoices",
        ReturnStep(),
        (InvoiceStatus.REVIEW, InvoiceStatus.APPROVED, InvoiceStatus.REJECTED),
        _l("Preparing a return note"),
    ),
    Station(
        Invoice,
        InvoiceStatus.AUTHORIZED,
        "invoices",
        TakeInStep(),
        (),
        _l("Taking returned goods in"),
    ),
    Station(
        Invoice,
        InvoiceStatus.CANCELLED,
        "invoices",
        TakeOutStep(),
        (),
        _l("Taking goods of a cancelled return out"),
    ),
    Station(
        EarlierSend,
        EarlierStatus.UNKNOWN,
        "invoices",
        EarlierStep(),
        (EarlierStatus.ABSENT, EarlierStatus.AUTHORIZED),
        _l("Asking whether an earlier sending of an NF-e arrived"),
    ),
    Station(
        AuthorityService,
        ServiceState.AWAY,
        "invoices",
        StatusStep(),
        (ServiceState.UP,),
        _l("Asking whether SEFAZ is back"),
    ),
    Station(
        AuthorityService,
        ServiceState.ASKED,
        "invoices",
        AskStep(),
        (ServiceState.UP, ServiceState.AWAY),
        _l("Asking how SEFAZ is"),
    ),
    Station(
        InvoiceEvent,
        EventStatus.PENDING,
        "invoices",
        EventStep(),
        (EventStatus.REGISTERED, EventStatus.REFUSED),
        _l("Registering an event of an NF-e"),
    ),
    Station(
        Voiding,
        VoidingStatus.PENDING,
        "invoices",
        VoidingStep(),
        (VoidingStatus.DONE, VoidingStatus.REFUSED),
        _l("Voiding numbers of NF-e"),
    ),
    Station(
        TriggerEvent,
        TriggerStatus.PENDING,
        "rules",
        TriggerStep(),
        (TriggerStatus.DONE, TriggerStatus.FAILED),
        _l("Applying the rules that hear more than a payment"),
    ),
    Station(
        Effect,
        EffectStatus.PENDING,
        "rules",
        EffectStep(),
        (EffectStatus.DONE, EffectStatus.FAILED),
        _l("Carrying out an effect of the rules"),
    ),
    Station(
        Message,
        MessageStatus.PENDING,
        "mail",
        MailStep(),
        (MessageStatus.SENT, MessageStatus.KEPT, MessageStatus.FAILED),
        _l("Sending the e-mail"),
    ),
    Station(
        PaymentNotice,
        NoticeStatus.PENDING,
        "mail",
        NoticeStep(),
        (
            NoticeStatus.APPLIED,
            NoticeStatus.KNOWN,
            NoticeStatus.STRANGE,
            NoticeStatus.NOTHING,
        ),
        _l("Asking about a payment that was told of"),
    ),
    Station(
        Charge,
        ChargeStatus.OPEN,
        "mail",
        ChargeStep(),
        (ChargeStatus.PAID, ChargeStatus.ENDED),
        _l("Asking for a payment that was not told of"),
    ),
    Station(
        Mailbox,
        MailboxStatus.OPEN,
        "mail",
        BounceStep(),
        (),
        _l("Looking for e-mails that came back"),
    ),
    Station(
        Closing,
        ClosingStatus.PENDING,
        "mail",
        ClosingStep(),
        (ClosingStatus.SENT, ClosingStatus.KEPT, ClosingStatus.FAILED),
        _l("Sending the month's closing"),
    ),
    Station(
        ExportSchedule,
        ScheduleStatus.ACTIVE,
        "mail",
        ExportStep(),
        (ScheduleStatus.ACTIVE, ScheduleStatus.PAUSED),
        _l("Sending a list on its schedule"),
    ),
    Station(
        ReorderLetter,
        LetterStatus.PENDING,
        "mail",
        ReorderStep(),
        (LetterStatus.SENT, LetterStatus.KEPT, LetterStatus.FAILED),
        _l("Telling managers what is low"),
    ),
    Station(
        StaffLetter,
        LetterStatus.PENDING,
        "mail",
        StaffLetterStep(),
        (LetterStatus.SENT, LetterStatus.KEPT, LetterStatus.FAILED),
        _l("Telling managers of an alert by e-mail"),
    ),
    Station(
        Membership,
        MembershipStatus.ACTIVE,
        "bulk",
        MembershipStep(),
        (MembershipStatus.LAPSED,),
        _l("Reminding of a membership's end, and ending it"),
    ),
    Station(
        Backtest,
        SliceStatus.PENDING,
        "bulk",
        BacktestStep(),
        (SliceStatus.DONE, SliceStatus.FAILED),
        _l("Testing rules on past orders"),
    ),
    Station(
        Rehearsal,
        SliceStatus.PENDING,
        "bulk",
        RehearsalStep(),
        (SliceStatus.DONE, SliceStatus.FAILED),
        _l("Building past NF-e as of a day to come"),
    ),
    Station(
        Import,
        ImportStatus.CHECKING,
        "bulk",
        CheckStep(),
        (ImportStatus.READY, ImportStatus.REFUSED),
        _l("Looking files over"),
    ),
    Station(
        Import,
        ImportStatus.TAKING,
        "bulk",
        TakeStep(),
        (ImportStatus.DONE, ImportStatus.REFUSED),
        _l("Taking files in"),
    ),
    Station(
        ProductBatch,
        BatchStatus.PREVIEWING,
        "bulk",
        PreviewBatchStep(),
        (BatchStatus.READY, BatchStatus.APPLYING),
        _l("Looking over a change of many products"),
    ),
    Station(
        ProductBatch,
        BatchStatus.APPLYING,
        "bulk",
        ApplyBatchStep(),
        (BatchStatus.DONE,),
        _l("Changing many products"),
    ),
    Station(
        ProductBatch,
        BatchStatus.UNDOING,
        "bulk",
        UndoBatchStep(),
        (BatchStatus.UNDONE,),
        _l("Undoing a change of many products"),
    ),
    Station(
        BulkAct,
        SliceStatus.PENDING,
        "bulk",
        BulkStep(),
        (SliceStatus.DONE, SliceStatus.FAILED),
        _l("Doing one thing to many orders"),
    ),
    Station(
        CauseRetry,
        SliceStatus.PENDING,
        "bulk",
        RetryStep(),
        (SliceStatus.DONE, SliceStatus.FAILED),
        _l("Trying again what failed for one cause"),
    ),
    Station(
        Label,
        LabelStatus.WANTED,
        "bulk",
        LabelStep(),
        (LabelStatus.READY, LabelStatus.REFUSED),
        _l("Buying a label"),
    ),
    Station(
        Label,
        LabelStatus.READY,
        "bulk",
        TrackingStep(),
        (LabelStatus.DELIVERED, LabelStatus.CANCELLED),
        _l("Asking where a parcel is"),
    ),
    Station(
        RecurringRun,
        RunStatus.PENDING,
        "bulk",
        RecurringStep(),
        (RunStatus.DONE, RunStatus.FAILED),
        _l("Doing recurring work"),
    ),
    Station(
        Inbox,
        InboxStatus.OPEN,
        "invoices",
        InboxStep(),
        (),
        _l("Fetching NF-e issued against the shop"),
    ),
    Station(
        Manifestation,
        ManifestationStatus.PENDING,
        "invoices",
        ManifestationStep(),
        (ManifestationStatus.REGISTERED, ManifestationStatus.REFUSED),
        _l("Telling SEFAZ about an incoming NF-e"),
    ),
)
# (status, name): the parts of a sale's progress bar. One that waits for a person stands at its
# `step`.
PROGRESS = tuple((station.status, station.part) for station in PIPELINE if station.part is not None)


# Where there is work to do.
WORKED: tuple[Station, ...] = tuple(station for station in PIPELINE if station.step)


def steps_of(queue: str) -> tuple[AnyStep, ...]:
    """What the workers of a queue do, in this order."""
    return tuple(station.step for station in PIPELINE if station.step and station.queue == queue)


def owing_queues() -> list[str]:
    """Names of the queues whose work is due and may be done."""
    stations = {station.step: station.queue for station in PIPELINE if station.step}
    looks = zip(stations.values(), look_at(tuple(stations)), strict=True)
    due = {queue for queue, look in looks if any(look)}
    return sorted(due - pauses().keys()) if due else []


def hand_queues_to_rows() -> None:
    """Tells each model which queue its rows ring in which state: models stand below this table."""
    for model in {station.model for station in WORKED}:
        model.queues = {
            str(station.status): station.queue for station in WORKED if station.model is model
        }


def work_off(queue: str, seconds: float = 5.0) -> bool:
    """Does the queue's steps by turns, for as long as batches are full and rows are left behind and
    nobody pauses it; True when the time was over before the rows were. By turns, so that in
    a long line those in front come to their end, however often a worker dies on the way.

    What is committed meanwhile has rung for itself. It waits for the next job instead of being
    picked up row by row: the batch is what makes a rush cheap.
    """
    end, steps = time.monotonic() + seconds, steps_of(queue)
    while any([turn.goes_on for turn in by_turns(steps, queue)]):
        if time.monotonic() > end:
            return True
    return False
