"""What the page of one order shows beside the order itself: what stands in its way, its documents,
what the rules came to and why, and what happened when."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, true
from sqlalchemy.orm.attributes import set_committed_value

from webapp.addresses.questions import warnings_of
from webapp.addresses.sources import SOURCE_LABELS
from webapp.audit.history import HistoryEntry, Subject, entries_of, tell
from webapp.audit.models import AuditEntry
from webapp.fulfilment.parcels.codes import code_facts
from webapp.fulfilment.parcels.models import PackingSlip, Parcel
from webapp.fulfilment.tasks.models import Task
from webapp.fulfilment.tasks.words import task_title
from webapp.http.formatting import country_text, shop_day
from webapp.invoices.history import subjects_among
from webapp.invoices.issues import issue_of, over_limit
from webapp.invoices.models import Invoice, InvoiceEvent, InvoiceStatus
from webapp.invoices.returned_goods import units_back
from webapp.messages.models import Message
from webapp.messages.words import template_name
from webapp.payments.fees import Fee, fee_by
from webapp.payments.models import Charge, Finding, PaymentNotice, Receipt
from webapp.platform.database import db
from webapp.platform.issues import Issue
from webapp.platform.money import ZERO
from webapp.processing.models import QueuePause
from webapp.processing.wait_facts import pause_of, wait_at_hand
from webapp.processing.waiting import Wait
from webapp.rules.models import Decision
from webapp.rules.queries import decision_of, learn_newest_rule_set, newest_rule_set
from webapp.sale_pages.effect_words import EffectSum, EffectView, effect_views, summed
from webapp.sale_pages.fix_links import FixLink, fix_link
from webapp.sale_pages.progress import Progress, ProgressStep
from webapp.sale_pages.told_details import ToldFact, told_details
from webapp.sale_pages.why import Explanation, RuleRow
from webapp.sales.forms import CHANNELS
from webapp.sales.hanging import HangingKinds, rows_of_sales
from webapp.sales.models import Refund, Sale, SaleLine, SaleTag, Status, Tag

PART_LABELS = {
    "zip_code": _l("Postal code (CEP)"),
    "street": _l("Street"),
    "number": _l("Number"),
    "complement": _l("Complement"),
    "neighborhood": _l("Neighborhood"),
    "city": _l("City"),
    "state": _l("State"),
    "ibge": _l("IBGE code"),
    "country": _l("Country"),
}


# What of an order stands on its page.
_HANGING: HangingKinds = (
    (Invoice, true()),
    (PackingSlip, true()),
    (InvoiceEvent, true()),
    (Task, Task.done_at.is_(None)),
    (Refund, true()),
    (Message, true()),
    (Charge, true()),
    (Receipt, true()),
    (PaymentNotice, true()),
    (Finding, Finding.settled_at.is_(None)),
)
# What the customer said, or left blank, bears no source: it is the rest that one may want to check.
# That an order was handed over at the shop is told once, above.
WITHOUT_SOURCE = (None, "", "customer", "empty", "shop")


class SourcedPart(NamedTuple):
    """A part of an address, and in words where it came from, unless the customer said it."""

    term: Any
    value: str
    source: Any


class Ruling(NamedTuple):
    """A rule and what it brought about, which of its kind is told nowhere else on the page."""

    rule: RuleRow
    effects: list[EffectView]

    @property
    def told(self) -> tuple[list[EffectView], list[EffectSum]]:
        return summed(self.effects)


class SalePage:
    """Each part is read once, when the template needs it."""

    def __init__(self, sale: Sale):
        self.sale = sale
        self.issue = issue_of(sale)
        self.channel = CHANNELS.get(sale.channel, sale.channel)

    @property
    def waits_for_person(self) -> bool:
        return self.sale.status is Status.ATTENTION and self.sale.needs_person

    @cached_property
    def wait(self) -> Wait | None:
        """For whom or what it waits."""
        beside = [
            *self.returns,
            *self._events,
            *(self.decision.effects if self.decision else []),
            *(message for _title, message in self.messages),
            *(task for _title, task in self.open_tasks),
        ]
        pauses = {row.queue: pause_of(row) for row, *_rest in self._few if row}
        return wait_at_hand(self.sale, self.invoice, self.slip, beside, pauses, self.charges)

    @property
    def over_limit(self) -> Issue | None:
        """What a manager has to approve, whether it waits for that already or will; None for
        most."""
        limit = self.sale.discount_limit
        below = self.sale.below_catalog
        if limit is None or self.sale.status.is_final or not below.is_beyond(limit):
            return None
        return over_limit(below, limit)

    @property
    def why_undecided(self) -> str:
        """What the rules wait for."""
        if self.sale.status is Status.CANCELLED:
            return _("The order was cancelled before the rules were applied.")
        if self.sale.step != Status.RULES:
            return _("The rules are applied once the order is paid and its address is complete.")
        if self.over_limit:
            return _("The rules are applied once a manager has approved the order.")
        return _("The rules are applied next.")

    @property
    def fix(self) -> FixLink | None:
        """Where a person fixes what the order waits for, or goes on without waiting."""
        if self.issue is None:
            return None
        return fix_link(self.issue, self.sale, g.identity.role)

    @property
    def live_keys(self) -> str:
        """The rows whose changes make this page another one."""
        keys = [f"sale-{self.sale.id}"]
        keys += [f"invoice-{self.invoice.id}"] if self.invoice else []
        keys += [f"invoice-{each.id}" for each in self.returns]
        keys += [f"task-{task.id}" for _title, task in self.open_tasks]
        keys += [f"message-{message.id}" for _title, message in self.messages]
        return " ".join(keys)

    @property
    def split_skus(self) -> list[str]:
        """Bought on more than one line, each of which the rules judge by itself."""
        bought = Counter(line.sku for line in self.sale.lines if not line.gift)
        return [sku for sku, lines in bought.items() if lines > 1]

    # -- documents --------------------------------------------------------------------------------

    @property
    def code_facts(self) -> list[dict[str, Any]]:
        if self.slip is None:
            return []
        parcels = dict.fromkeys(parcel for *_rest, parcel in self._few if parcel)
        set_committed_value(self.slip, "parcel_rows", list(parcels))
        return code_facts(self.slip)

    @cached_property
    def _hanging(self) -> list[Any]:
        return rows_of_sales(_HANGING, [self.sale.id]).get(self.sale.id, [])

    def _rows(self, model: type[Any]) -> list[Any]:
        """The oldest first."""
        return [row for row in self._hanging if isinstance(row, model)]

    @cached_property
    def _invoices(self) -> list[Invoice]:
        """Each NF-e that it ever had, the newest first."""
        return self._rows(Invoice)[::-1]

    @property
    def _events(self) -> list[InvoiceEvent]:
        """What followed them."""
        return self._rows(InvoiceEvent)

    @property
    def invoice(self) -> Invoice | None:
        return next((each for each in self._invoices if each.is_present), None)

    @property
    def returns(self) -> list[Invoice]:
        """Its return notes, the oldest first; not those that were dropped."""
        kept = [each for each in self._invoices if each.is_return]
        return [each for each in reversed(kept) if each.status is not InvoiceStatus.DISCARDED]

    @property
    def can_be_returned(self) -> bool:
        """Its NF-e is authorized and not to be cancelled, and goods of it are with the buyer for
        all the shop knows."""
        if self.invoice is None or self.invoice.status is not InvoiceStatus.AUTHORIZED:
            return False
        if any(event.is_pending_cancellation for event in self._events):
            return False
        back = units_back(self._invoices)
        return self.sale.country == "BR" and any(
            line.is_on_note and line.quantity > back[line.position] for line in self.sale.lines
        )

    @property
    def slip(self) -> PackingSlip | None:
        return next(iter(self._rows(PackingSlip)), None)

    @cached_property
    def _few(self) -> list[tuple[QueuePause | None, Tag | None, Parcel | None]]:
        """Each paused queue beside each tag and each parcel: few of each, and one question, with
        what rules are named by."""
        query = (
            select(newest_rule_set(), QueuePause, Tag, Parcel)
            .select_from(Sale)
            .outerjoin(QueuePause, true())
            .outerjoin(SaleTag, SaleTag.id == Sale.id)
            .outerjoin(Tag, Tag.id == SaleTag.tag_id)
            .outerjoin(PackingSlip, PackingSlip.sale_id == Sale.id)
            .outerjoin(Parcel, Parcel.slip_id == PackingSlip.id)
            .where(Sale.id == self.sale.id)
            .order_by(Tag.name, Parcel.number)
        )
        found = db.session.execute(query).all()
        learn_newest_rule_set(found[0][0])
        return [(pause, tag, parcel) for _version, pause, tag, parcel in found]

    @cached_property
    def open_tasks(self) -> list[tuple[str, Task]]:
        """Each with its title."""
        return [(task_title(task), task) for task in self._rows(Task)]

    @property
    def tags(self) -> list[Tag]:
        return list(dict.fromkeys(tag for _pause, tag, _parcel in self._few if tag))

    @cached_property
    def messages(self) -> list[tuple[str, Message]]:
        """Each with its title."""
        return [(template_name(message.template), message) for message in self._rows(Message)]

    @property
    def owes_services(self) -> list[SaleLine]:
        """Lines that are services, for which the town hall's document (NFS-e) is owed."""
        return [
            line for line in self.sale.lines if line.kind == "streaming" or line.kind.is_membership
        ]

    # -- money ------------------------------------------------------------------------------------

    @property
    def products_total(self) -> Decimal:
        return _sum(line.gross for line in self.sale.lines)

    @property
    def discount_total(self) -> Decimal:
        return _sum(line.discount for line in self.sale.lines)

    @property
    def note_total(self) -> Decimal:
        """The NF-e's own total once it is out, whatever was refunded since."""
        return self.invoice.total if self.invoice and self.invoice.is_sent else self.sale.note_total

    @property
    def refunds(self) -> list[Refund]:
        return self._rows(Refund)

    @property
    def refunded_total(self) -> Decimal:
        return _sum(refund.amount for refund in self.refunds)

    @property
    def charges(self) -> list[Charge]:
        return self._rows(Charge)

    @property
    def receipts(self) -> list[Receipt]:
        return self._rows(Receipt)

    @property
    def payment_notices(self) -> list[PaymentNotice]:
        """Those of which no money is here: the others are told with it."""
        told = {receipt.notice_id for receipt in self.receipts}
        return [notice for notice in self._rows(PaymentNotice) if notice.id not in told]

    @property
    def findings(self) -> list[Finding]:
        """What is strange about its money and not settled."""
        return self._rows(Finding)

    @property
    def came_total(self) -> Decimal:
        return _sum(receipt.amount for receipt in self.receipts)

    @cached_property
    def fee(self) -> Fee:
        return fee_by(self.sale, self.receipts)

    @property
    def can_be_undone(self) -> bool:
        """Paid and not cancelled: what an unpaid order needs is another button."""
        return self.sale.status not in (Status.OPEN, Status.CANCELLED)

    @property
    def can_be_refunded(self) -> bool:
        is_decided = self.can_be_undone and self.decision is not None
        return is_decided and any(line.left for line in self.sale.lines)

    # -- address ----------------------------------------------------------------------------------

    @property
    def address(self) -> list[SourcedPart]:
        sources = self.sale.address_source
        parts = self.sale.address_parts | {"ibge": self.sale.ibge}
        if self.sale.country == "BR":
            parts.pop("country")
        else:
            parts["country"] = country_text(self.sale.country)
        return [
            SourcedPart(label, parts[part], _source_label(sources.get(part)))
            for part, label in PART_LABELS.items()
            if part in parts
        ]

    @property
    def told_details(self) -> list[ToldFact]:
        return told_details(self.sale.invoice_details)

    @property
    def address_warnings(self) -> list[str]:
        return [issue.text for issue in warnings_of(self.sale)]

    # -- steps and history ------------------------------------------------------------------------

    @cached_property
    def entries(self) -> list[AuditEntry]:
        events = [Subject("invoice_events", event.id) for event in self._events]
        rows: list[Any] = [*self._invoices, *self.refunds]
        return entries_of([*subjects_among(self.sale, rows), *events])

    @property
    def history(self) -> list[HistoryEntry]:
        return tell(self.entries)

    @property
    def steps(self) -> list[ProgressStep]:
        return Progress(self.sale, self.decision, self.slip, self.entries).steps()

    # -- rules and what came of them --------------------------------------------------------------

    @cached_property
    def decision(self) -> Decision | None:
        return decision_of(self.sale.id, "paid")

    @cached_property
    def explanation(self) -> Explanation | None:
        """Judged by the day of the payment, as the rules step did. None before the rules have
        decided."""
        if self.decision is None or self.sale.paid_at is None:
            return None
        return Explanation(self.decision, shop_day(self.sale.paid_at))

    @cached_property
    def effects(self) -> list[EffectView]:
        if self.decision is None:
            return []
        messages = [message for _title, message in self.messages]
        return effect_views(self.decision.effects, messages, self.sale.lines)

    @property
    def unfinished(self) -> int:
        """How many effects have not happened yet."""
        return sum(shown.effect.is_unfinished for shown in self.effects)

    @property
    def rulings(self) -> list[Ruling]:
        """Every rule whose condition held, each with its effects."""
        by_rule: dict[str, list[EffectView]] = {}
        for shown in self.effects:
            by_rule.setdefault(shown.effect.rule, []).append(shown)
        rows = self.explanation.rows() if self.explanation else []
        return [Ruling(row, by_rule.pop(row.code, []) if row.fired else []) for row in rows]

    def rule_name(self, code: str) -> str:
        """Of the rule that a line owes itself to."""
        return self.explanation.name(code) if self.explanation else code


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def _source_label(source: str | None) -> Any:
    return SOURCE_LABELS.get(source, source) if source not in WITHOUT_SOURCE else None
