"""What waits are told from, read for many orders in a few statements."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import exists, select, true

from webapp.addresses.models import PostalProvider
from webapp.addresses.providers import SAMPLE
from webapp.audit.history import who
from webapp.authority.certificates import signing_hold
from webapp.authority.contingency import present_contingency
from webapp.authority.service_states import services_of
from webapp.authority.words import PREFIX
from webapp.fiscal.standby import standby_name
from webapp.fulfilment.parcels.models import PackingSlip
from webapp.fulfilment.tasks.models import Task
from webapp.fulfilment.tasks.words import task_title
from webapp.http.localization import learn_time_zone
from webapp.invoices.models import EventStatus, Invoice, InvoiceEvent, InvoiceStatus, Purpose
from webapp.messages.models import Message, MessageStatus
from webapp.payments.models import Charge, ChargeStatus
from webapp.platform.clock import utc_now
from webapp.platform.database import db
from webapp.platform.owed import Owed
from webapp.processing.effects import kind_of
from webapp.processing.models import QueuePause
from webapp.processing.waiting import (
    Beside,
    Facts,
    OpenTask,
    Pause,
    PostalService,
    Surroundings,
    Wait,
    wait_beside,
    wait_of,
    wait_of_note,
)
from webapp.rules.models import Effect, EffectStatus
from webapp.rules.queries import learn_newest_rule_set, newest_rule_set
from webapp.sales.hanging import rows_of_sales
from webapp.sales.models import Sale, Status
from webapp.store.models import Shop
from webapp.store.queries import the_shop

BUSY = "busy"
# What stands beside an order is not told before the rules were applied to it.
EARLY = (Status.OPEN, Status.ADDRESS, Status.RULES)
_RETURNS = (
    InvoiceStatus.PENDING,
    InvoiceStatus.REVIEW,
    InvoiceStatus.APPROVED,
    InvoiceStatus.SENDING,
    InvoiceStatus.REJECTED,
)
# A person is asked, and work follows.
_ASKS = (Status.ATTENTION, Status.REVIEW)
# Of events, effects and e-mails.
_OPEN = (EventStatus.PENDING, EffectStatus.PENDING, EffectStatus.FAILED)
_OPEN_CHARGES = ((Charge, Charge.status == ChargeStatus.OPEN),)
_BESIDE: tuple[tuple[type[Any], Any], ...] = (
    (
        Invoice,
        Invoice.is_present
        | (Invoice.purpose == Purpose.RETURN)
        & (Invoice.status.in_(_RETURNS) | Invoice.due_at.is_not(None)),
    ),
    (InvoiceEvent, InvoiceEvent.status == EventStatus.PENDING),
    (Effect, Effect.status.in_((EffectStatus.PENDING, EffectStatus.FAILED))),
    (Message, Message.status.in_((MessageStatus.PENDING, MessageStatus.FAILED))),
    (Task, Task.done_at.is_(None)),
    (PackingSlip, true()),
    *_OPEN_CHARGES,
)


_AT_ONCE = select(Shop.asleep_since, Shop.state, Shop.time_zone, exists(select(QueuePause.queue)))


class WaitingSale(NamedTuple):
    """Of one order."""

    wait: Wait | None
    invoice: Invoice | None
    slip: PackingSlip | None


def waits_of(sales: Sequence[Sale]) -> dict[int, WaitingSale]:
    """By the sale's id, with the NF-e and the packing slip that it has."""
    read = _beside([sale.id for sale in sales])
    rows: list[Any] = [*sales]
    for some in read.values():
        rows += some
    around = surroundings_of(rows)
    return {sale.id: _told(sale, read.get(sale.id, []), around) for sale in sales}


def _told(sale: Sale, read: Sequence[Any], around: Surroundings) -> WaitingSale:
    slip = next((row for row in read if isinstance(row, PackingSlip)), None)
    present = [row for row in read if isinstance(row, Invoice) and row.is_present]
    invoice = present[-1] if present else None
    charges = [row for row in read if isinstance(row, Charge)]
    beside = [row for row in read if row not in (slip, *present, *charges)]
    facts = _facts(sale, invoice, slip, beside, charges)
    return WaitingSale(wait_of(facts, around), invoice, slip)


def wait_of_sale(sale: Sale, invoice: Invoice | None, is_new: bool = False) -> Wait | None:
    """`is_new`: it was entered just now, and nothing hangs off it yet."""
    if is_new:
        return wait_of(Facts(sale, invoice), _surroundings_of_a_new_one())
    if sale.status in EARLY and sale.status is not Status.OPEN:
        return wait_of(Facts(sale, invoice), surroundings_of([sale]))
    return waits_of([sale])[sale.id].wait


def _surroundings_of_a_new_one() -> Surroundings:
    """In one statement, built once: each order that comes in pays for it, while it holds the
    database's writing lock."""
    asleep_since, state, zone, any_paused = db.session.execute(_AT_ONCE).one()
    learn_time_zone(zone)
    return Surroundings(utc_now(), asleep_since, state, pauses=_pauses() if any_paused else {})


def open_charges_of(sales: Iterable[Sale]) -> dict[int, Charge]:
    """By the id of those that are not paid yet."""
    found = rows_of_sales(_OPEN_CHARGES, [sale.id for sale in sales if sale.status is Status.OPEN])
    return {sale_id: charges[-1] for sale_id, charges in found.items()}


def wait_of_row(row: Any, around: Surroundings, charge: Charge | None = None) -> Wait | None:
    """Of one row by itself: an order that stopped, or is not paid, by `charge`; an NF-e; what is
    not done beside a way."""
    if isinstance(row, Sale):
        return wait_of(Facts(row, charge=charge), around)
    if isinstance(row, Invoice):
        return wait_of_note(row, around)
    return wait_beside(_beside_told(row), around, _titles([row]))


def wait_at_hand(
    sale: Sale,
    invoice: Invoice | None,
    slip: PackingSlip | None,
    beside: Iterable[Any],
    pauses: Mapping[str, Pause],
    charges: Sequence[Charge] = (),
) -> Wait | None:
    """Where the rows beside its way, those that are done among them, are at hand already, and so is
    since when which queues are paused."""
    rows = _once([row for row in beside if _stands(row)])
    of_note = [invoice] if invoice else []
    around = surroundings_of([sale, *of_note, *rows], pauses)
    return wait_of(_facts(sale, invoice, slip, rows, charges), around)


def _stands(row: Any) -> bool:
    """As `_BESIDE` says of rows that are asked for."""
    if isinstance(row, Invoice):
        return row.status in _RETURNS or row.due_at is not None
    if isinstance(row, Task):
        return row.done_at is None
    return row.status in _OPEN


def waits_of_notes(notes: Sequence[Invoice]) -> dict[int, Wait | None]:
    """By the NF-e's id: a return's own, else that of its sale, as far as the NF-e is concerned."""
    around = surroundings_of([row for note in notes for row in (note, note.sale)])
    events = _events_of([note.id for note in notes if note.is_issued])
    return {
        note.id: wait_of_note(note, around)
        if note.is_return
        else wait_of(Facts(note.sale, note, beside=events.get(note.id, [])), around)
        if note.is_present
        else None
        for note in notes
    }


def surroundings_of(
    rows: Iterable[Sale | Owed], known_pauses: Mapping[str, Pause] | None = None
) -> Surroundings:
    """With as much of it as the sentences of these rows tell."""
    shop, rows = the_shop(), list(rows)
    asks_providers = any(
        isinstance(row, Sale) and row.reason_code == "providers_unavailable" for row in rows
    )
    owed = [row for row in rows if isinstance(row, Owed)]
    asks_authority = any(row.error.startswith(PREFIX) for row in owed)
    goes_on = any(row.due_at or (isinstance(row, Sale) and row.status in _ASKS) for row in owed)
    unsigned = [
        row for row in owed if isinstance(row, InvoiceEvent) and row.error and row.at is None
    ]
    return Surroundings(
        now=utc_now(),
        asleep_since=shop.asleep_since,
        state=shop.state,
        providers=_providers() if asks_providers else (),
        services=services_of([shop.state, standby_name(shop.state)]) if asks_authority else {},
        in_contingency=asks_authority and present_contingency() is not None,
        unsigned=signing_hold() if unsigned else None,
        pauses=(_pauses() if goes_on else {}) if known_pauses is None else known_pauses,
    )


def _pauses() -> dict[str, Pause]:
    """And what rules are named by, which the rows that have a wait often are told with."""
    query = select(newest_rule_set(), QueuePause).select_from(Shop)
    found = db.session.execute(query.outerjoin(QueuePause, true())).all()
    learn_newest_rule_set(found[0][0])
    return {row.queue: pause_of(row) for _version, row in found if row}


def pause_of(row: QueuePause) -> Pause:
    return Pause(who(row.actor).name, row.since, row.reason)


def _providers() -> list[PostalService]:
    """Those that the shop asks, in that order; the demo's sample is no service."""
    known = {row.name: row for row in db.session.scalars(select(PostalProvider))}
    names = current_app.extensions["settings"].cep_providers
    return [_provider(name, known.get(name)) for name in names if name != SAMPLE]


def _provider(name: str, row: PostalProvider | None) -> PostalService:
    if row is None or not row.reason:
        return PostalService(name)
    return PostalService(name, row.reason == BUSY, row.failing_since, row.rests_until)


def _facts(
    sale: Sale,
    invoice: Invoice | None,
    slip: PackingSlip | None,
    beside: Sequence[Any],
    charges: Sequence[Charge] = (),
) -> Facts:
    """Of several charges the last one is told."""
    due = [charge for charge in charges if charge.status is ChargeStatus.OPEN]
    told = [_beside_told(row) for row in beside]
    return Facts(sale, invoice, slip, told, _titles(beside), due[-1] if due else None)


def _beside_told(row: Any) -> Beside:
    return OpenTask(task_title(row), row.created_at) if isinstance(row, Task) else row


def _titles(rows: Iterable[Any]) -> dict[int, tuple[str, str]]:
    return {
        row.id: (kind_of(row).title(row), kind_of(row).error_text(row))
        for row in rows
        if isinstance(row, Effect)
    }


def _beside(sale_ids: Collection[int]) -> dict[int, list[Any]]:
    """What is not done beside these orders' ways, with their NF-e, packing slips and charges, by
    the order's id, in one statement. An e-mail stands for its effect."""
    return {sale_id: _once(rows) for sale_id, rows in rows_of_sales(_BESIDE, sale_ids).items()}


def _once(rows: list[Any]) -> list[Any]:
    told = {row.effect_id for row in rows if isinstance(row, Message)}
    return [row for row in rows if not (isinstance(row, Effect) and row.id in told)]


def _events_of(note_ids: Collection[int]) -> dict[int, list[Any]]:
    """Those that the authority was asked for, by the NF-e's id."""
    if not note_ids:
        return {}
    pending = InvoiceEvent.status == EventStatus.PENDING
    query = select(InvoiceEvent).where(InvoiceEvent.invoice_id.in_(note_ids), pending)
    events: dict[int, list[Any]] = {}
    for event in db.session.scalars(query.order_by(InvoiceEvent.id)):
        events.setdefault(event.invoice_id, []).append(event)
    return events
